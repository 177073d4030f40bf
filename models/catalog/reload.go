package catalog

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/ragprune/ragprune/models/folder"
)

// Reload looks at the bundles again. Loaded models whose manifest changed, or
// all of them with again, are opened and verified beside the old ones and then
// take their place; requests under way finish with the old. Nothing is opened
// for a bundle that is not loaded.
//
// A bundle that cannot be used any more, or cannot be loaded as it is now, stays
// what it was, with a line in the log. If nothing can be told about the bundles
// as a whole, because their folder cannot be read or two have one name, all
// stays as it was and the error says why.
func (c *Catalog[M]) Reload(ctx context.Context, again bool) error {
	c.reloading.Lock()
	defer c.reloading.Unlock()
	r := &renewal[M]{catalog: c, again: again, fresh: make(map[*entry[M]]*handle[M])}
	err := r.collect(ctx)
	if err == nil {
		err = unambiguous(r.entries)
	}
	if err == nil {
		err = c.exchange(r)
	}
	if err != nil {
		c.metrics.reload("failed")
		errs := []error{fmt.Errorf("the models stay as they were: %w", err)}
		for _, h := range r.fresh {
			errs = append(errs, h.model.Close())
		}
		return errors.Join(errs...)
	}
	if r.kept > 0 {
		c.metrics.reload("partial")
	} else {
		c.metrics.reload("ok")
	}
	c.options.Logger.Info("models reloaded", "on_offer", len(r.entries), "opened", len(r.fresh), "kept_for_faults", r.kept)
	return nil
}

// renewal is what a reload has found so far.
type renewal[M Model] struct {
	catalog *Catalog[M]
	again   bool
	entries []*entry[M]
	fresh   map[*entry[M]]*handle[M] // opened, not in use yet
	kept    int                      // entries that stay because what is new is bad
}

// collect finds the bundles and opens those that take the place of a loaded one.
func (r *renewal[M]) collect(ctx context.Context) error {
	items, err := r.catalog.options.Find()
	if err != nil {
		return err
	}
	for i, item := range items {
		if err := r.add(ctx, item, i == 0); err != nil {
			return err
		}
	}
	if len(r.entries) == 0 {
		return errNone
	}
	return nil
}

// add decides about one bundle. It fails if there is no usual model without it.
func (r *renewal[M]) add(ctx context.Context, item folder.Item, usual bool) error {
	old := r.catalog.at(item.Dir)
	switch {
	case item.Err != nil && old == nil && usual:
		return item.Err
	case item.Err != nil:
		r.catalog.options.Logger.Error("a bundle cannot be used; what was loaded of it stays", "folder", item.Dir, "error", item.Err)
		r.keep(old)
		return nil
	case old != nil && !r.again && reflect.DeepEqual(old.bundle.Manifest, item.Bundle.Manifest):
		r.entries = append(r.entries, old)
		return nil
	}
	e := newEntry[M](item.Bundle)
	// The usual model is always loaded, also when it is another one now.
	if usual || r.catalog.isLoaded(old) {
		m, err := r.catalog.open(ctx, item.Bundle)
		if err != nil && old == nil {
			return err
		}
		if err != nil {
			r.keep(old)
			return nil
		}
		r.fresh[e] = &handle[M]{model: m, id: item.Bundle.ID()}
	}
	r.entries = append(r.entries, e)
	return nil
}

func (r *renewal[M]) keep(old *entry[M]) {
	if old != nil {
		r.entries = append(r.entries, old)
		r.kept++
	}
}

// exchange puts the entries on offer. Models that are no longer in them are
// closed when their last request is done.
func (c *Catalog[M]) exchange(r *renewal[M]) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	stay := make(map[*entry[M]]bool)
	for _, e := range r.entries {
		stay[e] = true
	}
	var closing []*handle[M]
	for _, old := range c.entries {
		switch {
		case stay[old]:
			old.fault = nil // it may have been mended
		case old.current != nil:
			closing = append(closing, c.retire(old)...)
		}
	}
	for _, e := range r.entries {
		if h := r.fresh[e]; h != nil {
			c.clock++
			e.current, e.used = h, c.clock
			h.model.Publish()
		}
	}
	c.entries = r.entries
	closing = append(closing, c.evict(nil)...)
	c.mu.Unlock()
	c.closeAll(closing)
	return nil
}

// at returns the entry of a folder; nil for none.
func (c *Catalog[M]) at(dir string) *entry[M] {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		if e.bundle.Dir == dir {
			return e
		}
	}
	return nil
}

func (c *Catalog[M]) isLoaded(e *entry[M]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return e != nil && e.current != nil
}
