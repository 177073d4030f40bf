package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// PanicError is a panic of a computation. Its text is for a log.
type PanicError struct {
	// Value is what was given to panic.
	Value any
	// Stack is where it happened.
	Stack []byte
}

// Error says what happened, without the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("cache: the computation panicked: %v", e.Value)
}

// errExited is the error of a computation that ended its goroutine.
var errExited = errors.New("cache: the computation ended its goroutine")

// flight is one computation under way; value and err are set before done is
// closed.
type flight struct {
	done  chan struct{}
	value []byte
	err   error

	// cancel ends the computation.
	cancel context.CancelFunc
	// waiting counts the callers; it belongs to flights.mu.
	waiting int
}

// flights are the computations under way. The zero value is ready.
type flights struct {
	mu    sync.Mutex
	byKey map[Key]*flight
}

// join returns the flight of key; first reports that it is new, and that the
// caller must let it land. ctx is that of a new flight's computation: it has the
// values of the caller's and does not end with it.
func (fs *flights) join(ctx context.Context, key Key) (f *flight, flying context.Context, first bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f, ok := fs.byKey[key]; ok {
		f.waiting++
		return f, nil, false
	}
	if fs.byKey == nil {
		fs.byKey = make(map[Key]*flight)
	}
	flying, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f = &flight{done: make(chan struct{}), cancel: cancel, waiting: 1}
	fs.byKey[key] = f
	return f, flying, true
}

// leave is called by who joined f and does not wait for it any more. When the
// last one leaves because nobody wants the answer (ctx was canceled, not out of
// time), the computation ends, and the next caller begins anew. After a deadline
// it goes on: the same request is likely to come again.
func (fs *flights) leave(ctx context.Context, key Key, f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.waiting--
	if f.waiting == 0 && errors.Is(ctx.Err(), context.Canceled) {
		f.cancel()
		fs.forget(key, f)
	}
}

// land ends the flight of key with its result.
func (fs *flights) land(key Key, f *flight, value []byte, err error) {
	fs.mu.Lock()
	fs.forget(key, f)
	fs.mu.Unlock()
	f.value, f.err = value, err
	close(f.done)
	f.cancel()
}

// forget lets the next caller of key begin a new flight. Another one may have
// begun already.
func (fs *flights) forget(key Key, f *flight) {
	if fs.byKey[key] == f {
		delete(fs.byKey, key)
	}
}

// protect runs compute; whatever it does, there is a result.
func protect(ctx context.Context, compute func(context.Context) ([]byte, error)) (value []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			value, err = nil, &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return compute(ctx)
}
