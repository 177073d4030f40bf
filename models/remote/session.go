package remote

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ragprune/ragprune/internal/breaker"
)

// ErrUnavailable is wrapped by the error of a run that no endpoint could be
// asked for.
var ErrUnavailable = errors.New("remote: no endpoint of the serving engine can be used now")

// transport speaks to one endpoint.
type transport interface {
	// ready returns nil if the server and the model are.
	ready(ctx context.Context, model string) error
	// ports are the inputs and outputs of the model.
	ports(ctx context.Context, model string) (inputs, outputs []port, err error)
	// infer runs the model and returns the values of the outputs in the order
	// of g. An error of a request that no endpoint would take is a
	// *refusedError.
	infer(ctx context.Context, g graph, inputs [][]int64) ([][]float32, error)
	close() error
}

// graph names a model on the engine with its inputs, which are the ids, the mask
// and perhaps the types, and its outputs.
type graph struct {
	model           string
	inputs, outputs []string
}

// port is an input or output of a model on the engine.
type port struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"`
}

// endpoint is one process of the engine.
type endpoint struct {
	name string
	transport
	breaker *breaker.Breaker
}

// Session runs one model on the endpoints of an engine. It is safe for
// concurrent use.
type Session struct {
	options   Options
	graph     graph
	endpoints []*endpoint
	metrics   *metrics
	turn      atomic.Uint64
	close     sync.Once
	closed    error
}

// New connects to the engine. It is an error if no endpoint answers, or if one
// has another model than the manifest says; an endpoint that does not answer yet
// is asked again until it does. Close the session.
func New(ctx context.Context, o Options) (*Session, error) {
	o = o.withDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	g, err := o.graph()
	if err != nil {
		return nil, err
	}
	s := &Session{options: o, graph: g}
	if s.metrics, err = newMetrics(o.Registry); err != nil {
		return nil, fmt.Errorf("remote: metrics: %w", err)
	}
	if err := s.connect(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(&OptionError{"Endpoints", err}, s.Close())
	}
	return s, nil
}

// connect makes the endpoints; nothing is sent.
func (s *Session) connect() error {
	addresses, err := s.options.addresses()
	if err != nil {
		return err
	}
	trust, err := s.options.tls()
	if err != nil {
		return err
	}
	for _, a := range addresses {
		e := &endpoint{name: a.String()}
		if e.transport, err = newTransport(a, trust); err != nil {
			return fmt.Errorf("remote: %s: %w", a, err)
		}
		up := s.metrics.up.WithLabelValues(e.name)
		up.Set(1)
		log := s.options.Logger.With("endpoint", e.name)
		e.breaker = breaker.New(
			func() { up.Set(0); log.Warn("the serving engine fails; it is not asked until it answers again") },
			func() { up.Set(1); log.Info("the serving engine answers again") },
		)
		s.endpoints = append(s.endpoints, e)
	}
	return nil
}

// start probes all endpoints side by side. One must work, and none may have
// another model.
func (s *Session) start(ctx context.Context) error {
	errs := make([]error, len(s.endpoints))
	var probes sync.WaitGroup
	for i, e := range s.endpoints {
		probes.Go(func() { errs[i] = s.probe(ctx, e) })
	}
	probes.Wait()
	var failed error
	working := 0
	for i, err := range errs {
		if err == nil {
			working++
			continue
		}
		failed = fmt.Errorf("%s: %w", s.endpoints[i].name, err)
		if errors.As(err, new(*mismatchError)) {
			return failed
		}
		s.options.Logger.Warn("an endpoint of the serving engine does not answer yet", "endpoint", s.endpoints[i].name, "error", err)
		s.endpoints[i].breaker.Trip(s.probing(s.endpoints[i]))
	}
	if working == 0 {
		return failed
	}
	return nil
}

// Run is RunContext without a deadline of the caller.
func (s *Session) Run(ids, types []int64) ([][]float32, error) {
	return s.RunContext(context.Background(), ids, types)
}

// RunContext reads one sequence of token ids with their types, of equal length,
// and returns each output's values flat, in row-major order. An endpoint that
// fails is followed by the next; each is asked at most once.
func (s *Session) RunContext(ctx context.Context, ids, types []int64) ([][]float32, error) {
	inputs := s.inputs(ids, types)
	first := int(s.turn.Add(1) % uint64(len(s.endpoints))) //nolint:gosec // below their number
	err := ErrUnavailable
	tried := 0
	for i := range s.endpoints {
		e := s.endpoints[(first+i)%len(s.endpoints)]
		if !e.breaker.Allows() {
			continue
		}
		if tried++; tried > 1 {
			s.metrics.retries.Inc()
		}
		var outputs [][]float32
		if outputs, err = s.attempt(ctx, e, inputs); err == nil {
			return outputs, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.As(err, new(*refusedError)) {
			break
		}
	}
	return nil, err
}

func (s *Session) inputs(ids, types []int64) [][]int64 {
	mask := make([]int64, len(ids))
	for i := range mask {
		mask[i] = 1
	}
	return [][]int64{ids, mask, types}[:len(s.graph.inputs)]
}

// Healthy reports whether an endpoint can be asked now.
func (s *Session) Healthy() bool {
	for _, e := range s.endpoints {
		if e.breaker.Allows() {
			return true
		}
	}
	return false
}

// Close ends the connections. No run may be under way.
func (s *Session) Close() error {
	s.close.Do(func() {
		for _, e := range s.endpoints {
			e.breaker.Close()
			s.closed = errors.Join(s.closed, e.close())
		}
	})
	return s.closed
}
