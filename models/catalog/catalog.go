package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/folder"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("the catalog is closed")

// Model is what a bundle becomes when it is loaded.
type Model interface {
	// Publish is called when requests begin to reach the model, Withdraw when
	// no new ones do. Publish of a model comes after Withdraw of the one that
	// it replaces. Both must return quickly.
	Publish()
	Withdraw()
	// Close frees the model. No request uses it any more.
	Close() error
}

// Options of a Catalog.
type Options[M Model] struct {
	// Find returns what is on offer, the usual model first. Mandatory.
	Find func() ([]folder.Item, error)
	// Open verifies and loads a bundle. Mandatory.
	Open func(context.Context, *models.Bundle) (M, error)
	// Preload names the models to load at once beside the usual one. The word
	// All stands for all of them.
	Preload []string
	// Bytes is what loaded models may take together, measured by the size of
	// their files. Models in use and the usual one stay although it is
	// exceeded, and a reload holds old and new for a while. 0 means no limit.
	Bytes int64
	// Retry is the time after which a model that could not be loaded is tried
	// again; until then requests get the same error. 0 means 10 s.
	Retry time.Duration
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
	// Logger takes a line for every unload, reload and fault. Nil means none.
	Logger *slog.Logger
}

// All in Options.Preload stands for all models.
const All = "all"

const defaultRetry = 10 * time.Second

// Validate reports what is missing or out of range.
func (o Options[M]) Validate() error {
	switch {
	case o.Find == nil || o.Open == nil:
		return errors.New("Find and Open are mandatory")
	case o.Bytes < 0:
		return fmt.Errorf("Bytes is %d, want 0 or more", o.Bytes)
	case o.Retry < 0:
		return fmt.Errorf("Retry is %v, want 0 or more", o.Retry)
	}
	return nil
}

// Catalog is safe for concurrent use.
type Catalog[M Model] struct {
	options Options[M]
	metrics *metrics
	// reloading is held during a Reload, of which there is one at a time.
	reloading sync.Mutex
	loads     sync.WaitGroup

	mu      sync.Mutex
	entries []*entry[M] // the usual model first
	clock   uint64      // counts acquisitions
	closed  bool
	// retired are models that no new request gets and old ones still use.
	retired map[*handle[M]]bool
}

// New finds the bundles and loads the usual one and those of Options.Preload.
// A bundle that cannot be used is an error if it is the usual one or has the
// name and version of another; any other is left out with a line in the log.
func New[M Model](ctx context.Context, o Options[M]) (*Catalog[M], error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	if o.Retry == 0 {
		o.Retry = defaultRetry
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Catalog[M]{options: o, retired: make(map[*handle[M]]bool)}
	items, err := o.Find()
	if err != nil {
		return nil, err
	}
	if c.entries, err = c.usable(items); err != nil {
		return nil, err
	}
	if c.metrics, err = newMetrics(o.Registry, c.loaded); err != nil {
		return nil, fmt.Errorf("catalog: metrics: %w", err)
	}
	if err := c.preload(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// usable makes entries of the bundles found at the start.
func (c *Catalog[M]) usable(items []folder.Item) (entries []*entry[M], err error) {
	if len(items) == 0 {
		return nil, errNone
	}
	if err := items[0].Err; err != nil {
		return nil, err
	}
	for _, item := range items {
		if item.Err != nil {
			c.options.Logger.Warn("a bundle is left out", "folder", item.Dir, "error", item.Err)
			continue
		}
		entries = append(entries, newEntry[M](item.Bundle))
	}
	return entries, unambiguous(entries)
}

var errNone = errors.New("there is no bundle")

// preload loads what must be there before the first request.
func (c *Catalog[M]) preload(ctx context.Context) error {
	names := append([]string{""}, c.options.Preload...)
	if slices.Contains(c.options.Preload, All) {
		names = ids(c.entries)
	}
	for _, name := range names {
		_, release, err := c.Acquire(ctx, name)
		if err != nil {
			return err
		}
		release()
	}
	return nil
}

// Acquire returns the model called name, "name@version" or "name" alone, after
// loading it if need be. The empty name is the usual model. release must be
// called once the model is no longer used, and may be called again.
//
// A name that is not on offer gives an *UnknownError, a model that cannot be
// loaded a *LoadError. When ctx ends while the model is being loaded, Acquire
// returns its error; the loading goes on for whoever comes next.
func (c *Catalog[M]) Acquire(ctx context.Context, name string) (m M, release func(), err error) {
	for {
		h, l, err := c.take(ctx, name)
		if err != nil {
			return m, nil, err
		}
		if h != nil {
			return h.model, sync.OnceFunc(func() { c.release(h) }), nil
		}
		select {
		case <-l.done:
			if l.err != nil {
				return m, nil, l.err
			}
		case <-ctx.Done():
			return m, nil, ctx.Err()
		}
	}
}

// take returns the loaded model of a name, or else its loading.
func (c *Catalog[M]) take(ctx context.Context, name string) (*handle[M], *loading, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, nil, ErrClosed
	}
	e := resolve(c.entries, name)
	if e == nil {
		return nil, nil, &UnknownError{Offers: ids(c.entries)}
	}
	if e.current != nil {
		c.clock++
		e.used = c.clock
		e.current.users++
		return e.current, nil, nil
	}
	if e.fault != nil && time.Since(e.faultAt) < c.options.Retry {
		return nil, nil, e.fault
	}
	if e.loading == nil {
		e.loading = &loading{done: make(chan struct{})}
		c.loads.Go(func() { c.load(context.WithoutCancel(ctx), e) })
	}
	return nil, e.loading, nil
}

// load opens the model of e and puts it on offer, unless e no longer is.
func (c *Catalog[M]) load(ctx context.Context, e *entry[M]) {
	c.makeRoom(e)
	m, err := c.open(ctx, e.bundle)
	h := &handle[M]{model: m, id: e.bundle.ID()}
	var unwanted []*handle[M]
	c.mu.Lock()
	l := e.loading
	e.loading = nil
	switch {
	case err != nil:
		e.fault, e.faultAt = err, time.Now()
		l.err = err
	case c.closed || !slices.Contains(c.entries, e):
		unwanted = append(unwanted, h) // those who wait ask again
	default:
		c.clock++
		e.current, e.fault, e.used = h, nil, c.clock
		m.Publish()
	}
	c.mu.Unlock()
	close(l.done)
	c.closeAll(unwanted)
}

// open is Options.Open with what there is to say about it.
func (c *Catalog[M]) open(ctx context.Context, b *models.Bundle) (M, error) {
	start := time.Now()
	m, err := c.options.Open(ctx, b)
	c.metrics.load(time.Since(start), err)
	if err != nil {
		c.options.Logger.Error("a model cannot be loaded", "model", b.ID(), "folder", b.Dir, "error", err)
		return m, &LoadError{Model: b.ID(), Err: err}
	}
	return m, nil
}

// release gives a model back.
func (c *Catalog[M]) release(h *handle[M]) {
	c.mu.Lock()
	h.users--
	var closing []*handle[M]
	if c.retired[h] && h.users == 0 {
		delete(c.retired, h)
		closing = append(closing, h)
	}
	closing = append(closing, c.evict(nil)...)
	c.mu.Unlock()
	c.closeAll(closing)
}

// retire takes the loaded model of e out of use, and returns it if it can be
// closed at once.
func (c *Catalog[M]) retire(e *entry[M]) (idle []*handle[M]) {
	h := e.current
	e.current = nil
	h.model.Withdraw()
	if h.users == 0 {
		return []*handle[M]{h}
	}
	c.retired[h] = true
	return nil
}

func (c *Catalog[M]) closeAll(handles []*handle[M]) {
	for _, h := range handles {
		if err := h.model.Close(); err != nil {
			c.options.Logger.Error("closing a model", "model", h.id, "error", err)
		}
	}
}

// Offer says of a bundle what there is to know.
type Offer struct {
	Bundle *models.Bundle
	// Loaded says that a request need not wait for it.
	Loaded bool
	// Bytes is the size of the files.
	Bytes int64
}

// Offers returns what requests may name, the usual model first.
func (c *Catalog[M]) Offers() []Offer {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Offer, len(c.entries))
	for i, e := range c.entries {
		out[i] = Offer{Bundle: e.bundle, Loaded: e.current != nil, Bytes: e.bytes}
	}
	return out
}

// Close waits for the models being loaded and closes all. No model may be in
// use; one that is, is closed nevertheless.
func (c *Catalog[M]) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.loads.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, e := range c.entries {
		if h := e.current; h != nil {
			h.model.Withdraw()
			errs = append(errs, h.model.Close())
			e.current = nil
		}
	}
	for h := range c.retired {
		delete(c.retired, h)
		errs = append(errs, h.model.Close())
	}
	return errors.Join(errs...)
}
