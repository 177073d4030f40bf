package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/ragprune/ragprune/api/admission"
	"github.com/ragprune/ragprune/api/playground"
	"github.com/ragprune/ragprune/prune"
)

// Pruner answers prune requests; *prune.Pruner is one.
type Pruner interface {
	// Prune returns an answer of its own for every call. A request that breaks
	// a rule gives a *prune.InvalidError.
	Prune(ctx context.Context, r prune.Request) (*prune.Response, error)
}

// Options are what a Handler is made of.
type Options struct {
	// Pruner does the work, with one model. Mandatory without Models.
	Pruner Pruner
	// Models takes the place of Pruner and Info where requests may choose
	// between models that come and go.
	Models Models
	// OpenProvence answers POST /v1/openprovence. Nil means that this is not
	// offered.
	OpenProvence OpenProvence
	// Info is the answer of GET /info. Its zero value tells the limits alone.
	Info Info
	// Keys are the API keys by name, each the secret or its HashKey; the names
	// appear in the log, and each has cached scores of its own. None means that
	// everyone may call who reaches the server.
	Keys map[string]string
	// Limits bound what requests may cost. Their zero value means the defaults.
	Limits Limits
	// Ready returns nil once the server can answer. Nil means from the start.
	Ready func() error
	// CacheWorks reports whether the cache that servers share can be used now.
	// It is told in GET /readyz and makes no server unready. Nil means that
	// there is no such cache.
	CacheWorks func() bool
	// EngineWorks does for the serving engine that runs the model what
	// CacheWorks does for the cache.
	EngineWorks func() bool
	// Registry takes the metrics of the API, and GET /metrics shows all that
	// is in it. Nil means one that holds nothing else.
	Registry *prometheus.Registry
	// Tracers make a span of each request, below that of the caller if it sent
	// a traceparent header (W3C Trace Context). Nil means none.
	Tracers trace.TracerProvider
	// Logger takes one line per request. Nil means no log.
	Logger *slog.Logger
}

// Limits bound what requests may cost.
type Limits struct {
	// BodyBytes is the size of the largest body, after decompression. 0 means
	// 32 MiB.
	BodyBytes int64
	// HeldBytes is the size of all bodies that are in memory at a time. 0
	// means eight of the largest.
	HeldBytes int64
	// Workers is the number of prune requests worked on at a time. More than
	// there are cores lets the labeler fill its batches. 0 means 4 for every
	// core.
	Workers int
	// Queue is the number of prune requests that may wait beside those. 0
	// means 256; below 0 means none.
	Queue int
	// QueueWait is the longest time that a request should wait: those that
	// would wait longer are refused at once. 0 means 10 s; below 0 means that
	// Queue alone bounds the wait.
	QueueWait time.Duration
	// KeyRequests is the number of prune requests of one key that may be at
	// work or wait. 0 means no bound.
	KeyRequests int
	// KeyRate is the number of prune requests a second that one key may send,
	// KeyBurst how many of them at once. A rate of 0 means no bound, a burst
	// of 0 the rate.
	KeyRate  float64
	KeyBurst int
	// Timeout bounds the time from the end of a body to its answer. It is a
	// last resort: prune answers by cheaper means long before. 0 means 60 s.
	Timeout time.Duration
	// BatchTimeout bounds that of a batch, whose items each have Timeout. 0
	// means ten times Timeout.
	BatchTimeout time.Duration
}

// withDefaults returns l with every zero replaced.
func (l Limits) withDefaults() Limits {
	if l.BodyBytes == 0 {
		l.BodyBytes = 32 << 20
	}
	if l.HeldBytes == 0 {
		l.HeldBytes = 8 * l.BodyBytes
	}
	if l.Workers == 0 {
		l.Workers = 4 * runtime.GOMAXPROCS(0)
	}
	if l.Queue == 0 {
		l.Queue = 256
	}
	l.Queue = max(l.Queue, 0)
	if l.QueueWait == 0 {
		l.QueueWait = 10 * time.Second
	}
	l.QueueWait = max(l.QueueWait, 0)
	if l.Timeout == 0 {
		l.Timeout = time.Minute
	}
	if l.BatchTimeout == 0 {
		l.BatchTimeout = 10 * l.Timeout
	}
	return l
}

// Validate returns an error that names every field that cannot be used.
func (o Options) Validate() error {
	var errs []error
	if (o.Pruner == nil) == (o.Models == nil) {
		errs = append(errs, errors.New("api: one of Options.Pruner and Options.Models is mandatory"))
	}
	_, err := newKeyring(o.Keys)
	errs = append(errs, err)
	return errors.Join(append(errs, o.Limits.validate())...)
}

func (l Limits) validate() error {
	var errs []error
	l = l.withDefaults()
	if l.BodyBytes < 0 {
		errs = append(errs, errors.New("api: Limits.BodyBytes is negative"))
	}
	if l.HeldBytes < l.BodyBytes {
		errs = append(errs, errors.New("api: Limits.HeldBytes is less than BodyBytes"))
	}
	if l.Workers < 0 {
		errs = append(errs, errors.New("api: Limits.Workers is negative"))
	}
	if l.KeyRequests < 0 || l.KeyRate < 0 || l.KeyBurst < 0 {
		errs = append(errs, errors.New("api: Limits.KeyRequests, KeyRate or KeyBurst is negative"))
	}
	if l.Timeout < 0 || l.BatchTimeout < 0 {
		errs = append(errs, errors.New("api: Limits.Timeout or BatchTimeout is negative"))
	}
	return errors.Join(errs...)
}

// Handler serves the API. It is safe for concurrent use.
type Handler struct {
	options  Options
	limits   Limits
	log      *slog.Logger
	keys     atomic.Pointer[keyring]
	queue    *admission.Queue
	bodies   *budget
	metrics  *metrics
	mux      *chi.Mux
	contract []byte
	tracer   trace.Tracer
	page     *playground.Page
	draining atomic.Bool
}

// New returns a Handler. It fails on options that Validate refuses, and if
// Options.Registry already has metrics of these names.
func New(o Options) (*Handler, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	limits := o.Limits.withDefaults()
	queue, err := admission.New(admission.Options{
		Workers: limits.Workers, Waiting: limits.Queue, Wait: limits.QueueWait,
		CallerRequests: limits.KeyRequests, CallerRate: limits.KeyRate, CallerBurst: limits.KeyBurst,
	})
	if err != nil {
		return nil, err
	}
	keys, err := newKeyring(o.Keys)
	if err != nil {
		return nil, err
	}
	h := &Handler{
		limits: limits,
		log:    o.Logger,
		queue:  queue,
		bodies: &budget{limit: limits.HeldBytes},
	}
	h.keys.Store(keys)
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if o.Ready == nil {
		o.Ready = func() error { return nil }
	}
	if o.Tracers == nil {
		o.Tracers = noop.NewTracerProvider()
	}
	h.tracer = o.Tracers.Tracer("github.com/ragprune/ragprune/api")
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Models == nil {
		o.Models = oneModel{o.Pruner, o.Info}
	}
	h.options = o
	if h.metrics, err = newMetrics(o.Registry, h.queue, h.bodies); err != nil {
		return nil, fmt.Errorf("api: registering metrics: %w", err)
	}
	if h.contract, err = contractJSON(); err != nil {
		return nil, err
	}
	if h.page, err = playground.New(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return h, h.route()
}

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// Drain makes /readyz answer 503, so that no more traffic is sent here.
// Requests are still answered.
func (h *Handler) Drain() { h.draining.Store(true) }

// route lays out the paths of the contract. Middleware runs from top to
// bottom: a request is named and observed before anything can go wrong with
// it, and compression sees complete answers; it would hold lines back.
func (h *Handler) route() error {
	compress, err := gzhttp.NewWrapper(gzhttp.EnableZstd(false), gzhttp.CompressionLevel(1))
	if err != nil {
		return fmt.Errorf("api: setting up compression: %w", err)
	}
	m := chi.NewMux()
	m.Use(
		h.observe,
		func(next http.Handler) http.Handler { return unlessLines(next, compress(next)) },
		h.recoverPanic,
		middleware.GetHead,
	)
	m.NotFound(func(w http.ResponseWriter, r *http.Request) { writeProblem(w, r, &problem{code: CodeNotFound}) })
	m.MethodNotAllowed(h.methodNotAllowed)
	m.Get("/livez", h.serveLive)
	m.Get("/readyz", h.serveReady)
	m.Get("/health", h.serveReady)
	m.Get("/openapi.yaml", h.serveYAML)
	m.Get("/openapi.json", h.serveJSON)
	m.Get("/", h.servePlayground)
	m.Group(func(m chi.Router) {
		m.Use(speak(rerankDialect), h.authenticate)
		m.Post("/v1/rerank", h.serveRerank(rerankShape{version: "1", object: "list"}))
		m.Post("/v2/rerank", h.serveRerank(rerankShape{version: "2", object: "list"}))
		m.Post("/rerank", h.serveRerankOrTEI)
	})
	m.Group(func(m chi.Router) {
		m.Use(h.authenticate)
		m.Post("/prune", h.servePrune)
		m.Post("/v1/prune", h.servePrune)
		m.Post("/prune/batch", h.serveBatch)
		m.Post("/v1/prune/batch", h.serveBatch)
		m.Post("/prune/messages", h.serveMessages)
		m.Post("/v1/prune/messages", h.serveMessages)
		m.Post("/v1/openprovence", h.serveOpenProvence)
		m.Get("/info", h.serveInfo)
		m.Get("/v1/models", h.serveModels)
		m.Method(http.MethodGet, "/metrics", h.metricsPage())
	})
	h.mux = m
	return nil
}

// metricsPage shows the registry, with exemplars to who reads OpenMetrics.
func (h *Handler) metricsPage() http.Handler {
	return promhttp.HandlerFor(h.options.Registry, promhttp.HandlerOpts{DisableCompression: true, EnableOpenMetrics: true})
}

// Operator serves the probes and the metrics without a key, for a port that
// only operators reach.
func (h *Handler) Operator() http.Handler {
	m := chi.NewMux()
	m.Get("/livez", h.serveLive)
	m.Get("/readyz", h.serveReady)
	m.Method(http.MethodGet, "/metrics", h.metricsPage())
	return m
}

// methodNotAllowed names the methods that the path has.
func (h *Handler) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if !h.mux.Match(chi.NewRouteContext(), method, r.URL.Path) {
			continue
		}
		w.Header().Add("Allow", method)
		if method == http.MethodGet {
			w.Header().Add("Allow", http.MethodHead)
		}
	}
	writeProblem(w, r, &problem{code: CodeMethodNotAllowed})
}
