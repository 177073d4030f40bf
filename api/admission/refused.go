package admission

import (
	"fmt"
	"time"
)

// Reason says why a request was refused.
type Reason string

// The reasons.
const (
	// ReasonQueue says that as much waits as may.
	ReasonQueue Reason = "queue"
	// ReasonRate says that the caller sent more requests a second than it may.
	ReasonRate Reason = "rate"
	// ReasonConcurrency says that the caller has as many requests under way as
	// it may.
	ReasonConcurrency Reason = "concurrency"
)

// RefusedError is the error of a request that did not get in.
type RefusedError struct {
	Reason Reason
	// RetryAfter is the time after which the same request would get in, if
	// nobody else came meanwhile; at least a second.
	RetryAfter time.Duration
}

// Error says why, for a log.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("admission: refused (%s), again after %v", e.Reason, e.RetryAfter)
}

// Bounds of what a caller is told to wait.
const (
	minRetry = time.Second
	maxRetry = time.Minute
)

func refuse(reason Reason, after time.Duration) *RefusedError {
	return &RefusedError{Reason: reason, RetryAfter: min(max(after, minRetry), maxRetry)}
}
