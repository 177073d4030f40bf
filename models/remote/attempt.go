package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ragprune/ragprune/models"
)

// refusedError says that the endpoint finds fault with the request: another
// endpoint would do so, too.
type refusedError struct{ status string }

func (e *refusedError) Error() string { return "the request was refused: " + e.status }

// The outcomes of a request to an endpoint.
const (
	outcomeOK       = "ok"
	outcomeTimeout  = "timeout"
	outcomeRefused  = "refused"
	outcomeFailed   = "failed"
	outcomeCanceled = "canceled"
)

// attempt asks one endpoint once.
func (s *Session) attempt(ctx context.Context, e *endpoint, inputs [][]int64) ([][]float32, error) {
	start := time.Now()
	bounded, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	outputs, err := e.infer(bounded, s.graph, inputs)
	if err == nil {
		err = models.CheckFinite(outputs)
	}
	outcome := outcomeOf(ctx, bounded, err)
	s.metrics.requests.WithLabelValues(e.name, outcome).Inc()
	switch outcome {
	case outcomeOK:
		s.metrics.seconds.WithLabelValues(e.name).Observe(time.Since(start).Seconds())
		e.breaker.Succeeded()
		return outputs, nil
	case outcomeTimeout:
		// What ran out is the endpoint's time, not the caller's, so the cause is
		// not wrapped.
		err = fmt.Errorf("no answer within %v", s.options.Timeout)
		e.breaker.Failed(s.probing(e))
	case outcomeFailed:
		e.breaker.Failed(s.probing(e))
	}
	return nil, fmt.Errorf("remote: %s: %w", e.name, err)
}

// outcomeOf tells whose the end of a request is. A caller whose time is over, or
// who has gone, says nothing about the endpoint.
func outcomeOf(ctx, bounded context.Context, err error) string {
	switch {
	case err == nil:
		return outcomeOK
	case ctx.Err() != nil:
		return outcomeCanceled
	case bounded.Err() != nil:
		return outcomeTimeout
	case errors.As(err, new(*refusedError)):
		return outcomeRefused
	}
	return outcomeFailed
}
