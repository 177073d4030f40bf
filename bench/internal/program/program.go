// Package program is the frame of a benchmark's main: how it ends early, and
// what it says when it fails.
package program

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Run calls run with a context that ends when the program is told to stop, or
// after timeout; 0 means no limit. An error is printed after the name, with exit
// status 1.
func Run(name string, timeout time.Duration, run func(context.Context) error) {
	if err := bounded(timeout, run); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func bounded(timeout time.Duration, run func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return run(ctx)
}
