package main

import (
	"context"
	"errors"
	"os"
)

// reloadOn reloads the models for each of hangups until ctx ends.
func (s *service) reloadOn(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-hangups:
			s.engine.reload(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// reload looks at the bundles again, see catalog.Reload. What cannot be used
// is logged, and what there was stays. The generator is not reloaded.
func (e *engine) reload(ctx context.Context) {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	if e.closed {
		return
	}
	again, err := e.reloadEmbedder(ctx)
	if err != nil {
		e.options.logger.Error("the embedder stays as it was", "error", oneLine(err))
	}
	if err := e.catalog.Reload(ctx, again); err != nil {
		e.options.logger.Error("reloading", "error", oneLine(err))
	}
}

// reloadEmbedder reports whether there is another embedder now. The one before
// is closed when the last model that was made with it is.
func (e *engine) reloadEmbedder(ctx context.Context) (changed bool, err error) {
	next, err := openEmbedder(e.options.model)
	if err != nil {
		return false, err
	}
	e.mu.Lock()
	old := e.embedder
	e.mu.Unlock()
	if next == nil && old == nil || next != nil && old != nil && next.same(old) {
		return false, nil
	}
	if next != nil {
		if err := next.start(ctx, e); err != nil {
			return false, errors.Join(err, next.close())
		}
	}
	e.mu.Lock()
	e.embedder = next
	e.mu.Unlock()
	if old != nil {
		old.series.Withdraw()
		err = old.drop()
	}
	if next != nil {
		next.series.Publish()
	}
	return true, err
}
