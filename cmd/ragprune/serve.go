package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/trace"

	"github.com/ragprune/ragprune/api"
)

// serveCommand runs the service.
type serveCommand struct {
	modelSettings
	catalogSettings
	limitSettings
	tokenizerSettings
	cacheSettings
	logSettings
	traceSettings
	keySettings
	operatorSettings

	Listen        string        `help:"Address to listen on." env:"RAGPRUNE_LISTEN" group:"http" default:"127.0.0.1:8080"`
	ShutdownGrace time.Duration `help:"Longest time to finish what was admitted when told to stop." env:"RAGPRUNE_SHUTDOWN_GRACE" group:"http" default:"20s"`
}

// Run serves until ctx ends, then finishes what was admitted.
func (c *serveCommand) Run(ctx context.Context, std streams) error {
	// From here on a hangup is no reason to end.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	paced := newPacer()
	defer paced.close()
	s, err := newService(ctx, c, c.logger(std))
	if err != nil {
		return err
	}
	return c.serve(ctx, s, hangups)
}

// serve runs s and what goes on beside it until ctx ends. Each of hangups
// reloads the models.
func (c *serveCommand) serve(ctx context.Context, s *service, hangups <-chan os.Signal) error {
	watching, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() { s.operator.run(s.logger) })
	if c.APIKeysFile != "" {
		background.Go(func() { c.watchKeys(watching, s.handler, s.logger) })
	}
	background.Go(func() { s.reloadOn(watching, hangups) })
	err := s.run(ctx, c.ShutdownGrace)
	stop()
	background.Wait()
	return err
}

// answerReserve is the time an answer may take after the scorers have run out
// of theirs.
const answerReserve = 15 * time.Second

// bodyTime is the time a body may take to arrive.
const bodyTime = 30 * time.Second

// service is a server that listens, and everything behind it.
type service struct {
	engine   *engine
	handler  *api.Handler
	server   *http.Server
	listener net.Listener
	operator *operator
	// flush sends what traces are left.
	flush  func(context.Context) error
	logger *slog.Logger
}

// newService listens on success, so that an address in use is an error here.
func newService(ctx context.Context, c *serveCommand, logger *slog.Logger) (*service, error) {
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	if err := c.validateRedis(); err != nil {
		return nil, err
	}
	if err := c.validateRemote(c.Timeout); err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	tracers, flush, err := c.traces(ctx)
	if err != nil {
		return nil, err
	}
	c.serveFolder = true
	e, err := newEngine(ctx, engineOptions{
		model: c.modelSettings, catalog: c.catalogSettings, limits: c.limitSettings, counting: c.tokenizerSettings, cache: c.cacheSettings,
		registry: registry, tracers: tracers, logger: logger,
	})
	if err != nil {
		return nil, errors.Join(err, flush(ctx))
	}
	s := &service{engine: e, flush: flush, logger: logger}
	if err := s.listen(c, keys, registry, tracers); err != nil {
		return nil, errors.Join(err, flush(ctx), e.close())
	}
	return s, nil
}

func (s *service) listen(c *serveCommand, keys map[string]string, registry *prometheus.Registry, tracers trace.TracerProvider) (err error) {
	reference, err := s.engine.reference(context.Background())
	if err != nil {
		return err
	}
	s.handler, err = api.New(api.Options{
		Models: s.engine, OpenProvence: reference,
		Ready: s.engine.ready, CacheWorks: s.engine.store.works(), EngineWorks: s.engine.remoteWorks(),
		Keys: keys,
		Limits: api.Limits{
			BodyBytes: c.MaxBodyBytes, Workers: c.Concurrency,
			Queue: offAtZero(c.Queue), QueueWait: offAtZero(c.QueueWait),
			KeyRequests: c.KeyConcurrency, KeyRate: c.KeyRate, KeyBurst: c.KeyBurst,
			Timeout: c.Timeout + answerReserve,
		},
		Registry: registry,
		Tracers:  tracers,
		Logger:   s.logger,
	})
	if err != nil {
		return err
	}
	s.server = api.NewServer(c.Listen, s.handler, api.Timeouts{
		Body:   bodyTime,
		Answer: bodyTime + c.Timeout + 2*answerReserve,
	}, s.logger)
	if s.listener, err = net.Listen("tcp", c.Listen); err != nil {
		return &settingError{"RAGPRUNE_LISTEN", err}
	}
	if s.operator, err = c.listenForOperators(s.handler, s.logger); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	return nil
}

// offAtZero turns a setting whose 0 means off into a limit whose 0 means the
// default and whose -1 means off.
func offAtZero[T int | time.Duration](v T) T {
	if v == 0 {
		return -1
	}
	return v
}

// run serves until ctx ends. Then readiness goes first, so that balancers stop
// sending, and what was admitted is finished within grace.
func (s *service) run(ctx context.Context, grace time.Duration) error {
	s.logger.Info("listening", "address", s.listener.Addr().String(), "version", version)
	failed := make(chan error, 1)
	go func() { failed <- s.server.Serve(s.listener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		s.handler.Drain()
		s.logger.Info("stopping", "grace", grace)
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		err = s.server.Shutdown(bounded)
		cancel()
		if err != nil {
			err = errors.Join(fmt.Errorf("stopped with requests under way: %w", err), s.server.Close())
		}
		if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
	}
	return errors.Join(err, s.end(ctx))
}

// endTime is the time for what follows the last answer.
const endTime = 5 * time.Second

// end closes what is left once no request is under way.
func (s *service) end(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	return errors.Join(s.operator.close(bounded), s.flush(bounded), s.engine.close())
}
