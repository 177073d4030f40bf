package admission

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Options of a Queue.
type Options struct {
	// Workers is the number of requests at work at a time. Mandatory.
	Workers int
	// Waiting is the number of requests that may wait. 0 means none.
	Waiting int
	// Wait is the longest that a request should wait: once the pace of the
	// service is known, requests that would wait longer are refused. 0 means
	// no bound.
	Wait time.Duration
	// CallerRequests is the number of requests of one caller that may be at
	// work or wait. 0 means no bound.
	CallerRequests int
	// CallerRate is the number of requests a second that one caller may send,
	// CallerBurst how many of them at once. 0 means no bound; a burst of 0
	// means the rate, at least 1.
	CallerRate  float64
	CallerBurst int
}

// Validate returns an error that names every field that cannot be used.
func (o Options) Validate() error {
	var errs []error
	if o.Workers < 1 {
		errs = append(errs, errors.New("admission: Options.Workers must be at least 1"))
	}
	if o.Waiting < 0 || o.Wait < 0 || o.CallerRequests < 0 || o.CallerRate < 0 || o.CallerBurst < 0 {
		errs = append(errs, errors.New("admission: an option is negative"))
	}
	return errors.Join(errs...)
}

// Queue lets requests in. It is safe for concurrent use.
type Queue struct {
	options Options

	mu       sync.Mutex
	working  int
	waiting  *waiting
	pace     pace
	under    map[string]int // requests of each caller at work or waiting
	limiters map[string]*rate.Limiter
}

// New returns a Queue.
func New(o Options) (*Queue, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.CallerBurst == 0 {
		o.CallerBurst = max(1, int(o.CallerRate))
	}
	return &Queue{options: o, waiting: newWaiting(), under: make(map[string]int), limiters: make(map[string]*rate.Limiter)}, nil
}

// Enter returns once the request may be worked on; leave must be called when
// the work is done. caller is who shares the service fairly with others, and
// must come from a bounded set; tokens is about what the request will read, at
// least 1. The error is a *RefusedError at once, or later if a caller with less
// needs the room, or that of ctx.
func (q *Queue) Enter(ctx context.Context, caller string, tokens int64) (leave func(), err error) {
	t := &ticket{caller: caller, tokens: max(1, tokens), index: -1, called: make(chan struct{})}
	atWork, err := q.join(t)
	if err != nil {
		return nil, err
	}
	if !atWork {
		if err := q.wait(ctx, t); err != nil {
			return nil, err
		}
	}
	start := time.Now()
	return sync.OnceFunc(func() { q.leave(t, time.Since(start)) }), nil
}

// Waiting is the number of requests that wait.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting.Len()
}

// RetryAfter is when what waits now will have been served.
func (q *Queue) RetryAfter() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return refuse(ReasonQueue, q.pace.time(q.waiting.total)).RetryAfter
}

// join puts t to work, or among the waiting.
func (q *Queue) join(t *ticket) (atWork bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.callerMay(t); err != nil {
		return false, err
	}
	free := q.working < q.options.Workers
	if !free {
		if err := q.makeRoom(t); err != nil {
			return false, err
		}
	}
	q.under[t.caller]++
	q.waiting.stamp(t)
	if free {
		q.working++
		q.waiting.serve(t)
		return true, nil
	}
	q.waiting.add(t)
	return false, nil
}

// callerMay holds the caller of t to its own limits.
func (q *Queue) callerMay(t *ticket) error {
	o := q.options
	if o.CallerRequests > 0 && q.under[t.caller] >= o.CallerRequests {
		return refuse(ReasonConcurrency, q.pace.time(t.tokens))
	}
	if o.CallerRate == 0 {
		return nil
	}
	l := q.limiters[t.caller]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(o.CallerRate), o.CallerBurst)
		q.limiters[t.caller] = l
	}
	if r := l.Reserve(); r.Delay() > 0 {
		after := r.Delay()
		r.Cancel()
		return refuse(ReasonRate, after)
	}
	return nil
}

// makeRoom sees to it that t can wait: if need be, callers that wait with more
// than its own give up their last requests.
func (q *Queue) makeRoom(t *ticket) error {
	var displaced []*ticket
	for !q.fits(t) {
		heavy := q.waiting.heaviest(q.waiting.tokens[t.caller] + t.tokens)
		if heavy == nil {
			for _, d := range displaced { // in vain
				q.waiting.add(d)
			}
			return refuse(ReasonQueue, q.pace.time(q.waiting.total+t.tokens))
		}
		q.waiting.remove(heavy)
		displaced = append(displaced, heavy)
	}
	for _, d := range displaced {
		d.refused = refuse(ReasonQueue, q.pace.time(q.waiting.total+t.tokens+d.tokens))
		q.gone(d.caller)
		close(d.called)
	}
	return nil
}

func (q *Queue) fits(t *ticket) bool {
	o := q.options
	if q.waiting.Len() >= o.Waiting {
		return false
	}
	return o.Wait == 0 || q.waiting.Len() == 0 || q.pace.time(q.waiting.total+t.tokens) <= o.Wait
}

// wait returns nil once t is at work.
func (q *Queue) wait(ctx context.Context, t *ticket) error {
	select {
	case <-t.called:
	case <-ctx.Done():
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.waiting.remove(t) {
			q.gone(t.caller)
			return ctx.Err()
		}
		if t.refused == nil { // called at the same moment: the place goes on
			q.next(t.caller)
			return ctx.Err()
		}
	}
	if t.refused != nil {
		return t.refused
	}
	return nil
}

// leave ends the work on t.
func (q *Queue) leave(t *ticket, took time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pace.observe(took, t.tokens, q.working)
	q.next(t.caller)
}

// next hands the place of a request of caller to the next that waits.
func (q *Queue) next(caller string) {
	q.working--
	q.gone(caller)
	if t := q.waiting.next(); t != nil {
		q.working++
		close(t.called)
	}
}

// gone counts one request of caller less.
func (q *Queue) gone(caller string) {
	if q.under[caller]--; q.under[caller] == 0 {
		delete(q.under, caller)
	}
}
