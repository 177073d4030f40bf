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
}

// flights are the computations under way. The zero value is ready.
type flights struct {
	mu    sync.Mutex
	byKey map[Key]*flight
}

// join returns the flight of key; first reports that it is new, and that the
// caller must let it land.
func (fs *flights) join(key Key) (f *flight, first bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f, ok := fs.byKey[key]; ok {
		return f, false
	}
	if fs.byKey == nil {
		fs.byKey = make(map[Key]*flight)
	}
	f = &flight{done: make(chan struct{})}
	fs.byKey[key] = f
	return f, true
}

// land ends the flight of key with its result.
func (fs *flights) land(key Key, f *flight, value []byte, err error) {
	fs.mu.Lock()
	delete(fs.byKey, key)
	fs.mu.Unlock()
	f.value, f.err = value, err
	close(f.done)
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
