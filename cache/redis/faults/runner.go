package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/cache/redis"
	"github.com/ragprune/ragprune/prune"
)

// Options of a Runner.
type Options struct {
	// Pruner are the options of the pruners, without a Store, a Registry and a
	// Logger. Mandatory.
	Pruner prune.Options
	// Requests is the number of different requests. 0 means 24.
	Requests int
	// Callers ask at the same time. 0 means 2.
	Callers int
	// During is how long a fault lasts. 0 means a second.
	During time.Duration
	// Patience is the longest wait for Redis before and after a fault. 0 means
	// 30 seconds.
	Patience time.Duration
	// Timeout is that of the store. 0 means redis.DefaultTimeout.
	Timeout time.Duration
}

// Runner runs scenarios. It is safe for concurrent use.
type Runner struct {
	options  Options
	bare     *prune.Pruner // has no cache
	requests []prune.Request
	answers  [][]byte // before any fault
}

// New asks all requests without a cache, which gives the right answers.
func New(ctx context.Context, o Options) (*Runner, error) {
	if o.Requests == 0 {
		o.Requests = 24
	}
	if o.Callers == 0 {
		o.Callers = 2
	}
	if o.During == 0 {
		o.During = time.Second
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	bare, err := prune.New(o.Pruner)
	if err != nil {
		return nil, err
	}
	scorers := slices.DeleteFunc(bare.Scorers(), func(s prune.Scorer) bool { return s == prune.ScorerBM25 })
	r := &Runner{options: o, bare: bare, requests: Requests(o.Requests, scorers)}
	for i := range r.requests {
		answer, err := r.ask(ctx, bare, i)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", i, err)
		}
		if answer.degraded {
			return nil, fmt.Errorf("request %d is degraded without a fault", i)
		}
		r.answers = append(r.answers, answer.body)
	}
	return r, nil
}

// answer is what a caller got.
type answer struct {
	body     []byte // without what may differ from one time to the next
	degraded bool
	took     time.Duration
	waited   time.Duration // for Redis
}

// ask sends request i to p.
func (r *Runner) ask(ctx context.Context, p *prune.Pruner, i int) (answer, error) {
	w := &waited{}
	ctx = context.WithValue(ctx, waitedKey{}, w)
	start := time.Now()
	response, err := p.Prune(ctx, r.requests[i])
	a := answer{took: time.Since(start), waited: w.total()}
	if err != nil {
		return a, err
	}
	response.Timing = prune.Timing{}
	response.Usage.CacheHits, response.Usage.ModelTokens = 0, 0
	for j := range response.Results {
		result := &response.Results[j]
		result.Cached = false
		a.degraded = a.degraded || result.Degraded != nil
	}
	a.body, err = json.Marshal(response)
	return a, err
}

// subject is a pruner with a cache in Redis.
type subject struct {
	pruner   *prune.Pruner
	memory   *cache.Memory
	store    *redis.Store
	registry *prometheus.Registry
	lines    *counter
}

// open puts the cache in front of Redis as the service does.
func (r *Runner) open(ctx context.Context, o redis.Options) (_ *subject, err error) {
	s := &subject{registry: prometheus.NewRegistry(), lines: &counter{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	o.Registry, o.Timeout = s.registry, r.options.Timeout
	o.TTL, o.Lease = time.Hour, 250*time.Millisecond
	o.Logger = slog.New(slog.NewTextHandler(s.lines, nil))
	if s.store, err = redis.New(ctx, o); err != nil {
		return s, err
	}
	if s.memory, err = cache.NewMemory(cache.Options{Bytes: 1}); err != nil {
		return s, err
	}
	options := r.options.Pruner
	options.Store = cache.NewTiered(s.memory, timed{s.store})
	s.pruner, err = prune.New(options)
	return s, err
}

func (s *subject) close() error {
	var errs []error
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.memory != nil {
		errs = append(errs, s.memory.Close())
	}
	return errors.Join(errs...)
}

// total is the value of a counter of the store.
func (s *subject) total(name string) (float64, error) {
	families, err := s.registry.Gather()
	if err != nil {
		return 0, err
	}
	for _, f := range families {
		if f.GetName() == "ragprune_cache_"+name {
			return f.GetMetric()[0].GetCounter().GetValue(), nil
		}
	}
	return 0, fmt.Errorf("there is no metric %s", name)
}

// counter counts lines of a log.
type counter struct{ n atomic.Int64 }

// Write is called once per line.
func (c *counter) Write(line []byte) (int, error) {
	c.n.Add(1)
	return len(line), nil
}

// Run breaks Redis as scenario says, mends it, and tells what the requests felt.
// An error means that the scenario could not be set up or mended, or that Redis
// was not used again.
func (r *Runner) Run(ctx context.Context, scenario Scenario) (row Row, err error) {
	b := &bed{}
	defer func() {
		if err = errors.Join(err, b.close()); err != nil {
			err = fmt.Errorf("%s: %w", scenario.Name, err)
		}
	}()
	if err := scenario.Start(b); err != nil {
		return row, err
	}
	s, err := r.open(ctx, b.options)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	b.store = s.store
	if !scenario.Absent {
		if err := r.warm(ctx, s); err != nil {
			return row, fmt.Errorf("before the fault: %w", err)
		}
	}
	if row, err = r.suffer(ctx, s, b, scenario); err != nil {
		return row, err
	}
	healed := time.Now()
	if err := r.recover(ctx, s); err != nil {
		return row, err
	}
	row.Fault, row.Recovery, row.Lines = scenario.Name, time.Since(healed), int(s.lines.n.Load())
	return row, nil
}

// warm asks until a request is answered from Redis alone.
func (r *Runner) warm(ctx context.Context, s *subject) error {
	for i := range r.requests {
		if _, err := r.ask(ctx, s.pruner, i); err != nil {
			return err
		}
	}
	return r.recover(ctx, s)
}

// recover asks one request until the values of all its documents are found in
// Redis.
func (r *Runner) recover(ctx context.Context, s *subject) error {
	for start := time.Now(); time.Since(start) < r.options.Patience; time.Sleep(5 * time.Millisecond) {
		before, err := s.total("hits_total")
		if err != nil {
			return err
		}
		if _, err := r.ask(ctx, s.pruner, 0); err != nil {
			return err
		}
		after, err := s.total("hits_total")
		if err != nil {
			return err
		}
		if int(after-before) >= len(r.requests[0].Documents) {
			return nil
		}
	}
	return fmt.Errorf("nothing came from Redis for %v", r.options.Patience)
}

// suffer keeps requests going while the fault lasts and is mended.
func (r *Runner) suffer(ctx context.Context, s *subject, b *bed, scenario Scenario) (Row, error) {
	hits, err := s.total("hits_total")
	if err != nil {
		return Row{}, err
	}
	dials, err := s.total("dials_total")
	if err != nil {
		return Row{}, err
	}
	stream := r.stream(ctx, s.pruner)
	start := time.Now()
	err = scenario.inflict(ctx, b, r.options.During)
	took := time.Since(start)
	stream.stop()
	row := stream.row()
	if err != nil {
		return row, err
	}
	after, err := s.total("hits_total")
	if err != nil {
		return row, err
	}
	row.Cached = int(after - hits)
	after, err = s.total("dials_total")
	row.Dials = (after - dials) / took.Seconds()
	return row, err
}
