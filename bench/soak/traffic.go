package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// kind is a kind of request. The order is that of the report.
type kind int

const (
	text kind = iota
	html
	cached
	scorers
	reranked
	large
	bad
	cancelled
	kinds
)

func (k kind) String() string {
	return [...]string{"text", "html", "cached", "other scorers", "rerank", "large page", "bad body", "cancelled"}[k]
}

// shares say how many of a hundred requests are of each kind.
var shares = [kinds]int{text: 25, html: 20, cached: 20, scorers: 8, reranked: 10, large: 1, bad: 8, cancelled: 8}

// count is what came of one kind of request.
type count struct {
	sent, expected int
	// unexpected is the first answer that was not the one expected.
	unexpected string
}

// traffic sends requests at a steady pace.
type traffic struct {
	options
	url    string
	client *http.Client
	places chan struct{}

	mu      sync.Mutex
	bodies  *bodies
	rng     *rand.Rand
	done    [kinds]count
	skipped int
}

func newTraffic(o options, url string) *traffic {
	transport := &http.Transport{MaxIdleConnsPerHost: o.callers, MaxConnsPerHost: 2 * o.callers}
	return &traffic{
		options: o, url: url,
		client: &http.Client{Transport: transport, Timeout: time.Minute},
		places: make(chan struct{}, o.callers),
		bodies: newBodies(o.seed),
		rng:    rand.New(rand.NewPCG(o.seed, 2)),
	}
}

// send sends until the time is over, and waits for the last answers.
func (t *traffic) send(ctx context.Context) error {
	pace := time.NewTicker(time.Duration(float64(time.Second) / t.rate))
	defer pace.Stop()
	end := time.After(t.time)
	var group sync.WaitGroup
	defer group.Wait()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			return nil
		case <-pace.C:
		}
		select {
		case t.places <- struct{}{}:
			group.Go(func() {
				t.one(ctx)
				<-t.places
			})
		default: // the machine has other work; what is late is not caught up
			t.mu.Lock()
			t.skipped++
			t.mu.Unlock()
		}
	}
}

// one sends one request and counts its answer.
func (t *traffic) one(ctx context.Context) {
	k, r, err := t.next()
	var problem string
	if err == nil {
		problem = t.exchange(ctx, k, r)
	} else {
		problem = err.Error()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &t.done[k]
	c.sent++
	if problem == "" {
		c.expected++
	} else if c.unexpected == "" {
		c.unexpected = problem
	}
}

// exchange sends r; it returns what is wrong with the answer, if anything.
func (t *traffic) exchange(ctx context.Context, k kind, r request) string {
	if r.after > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.after)
		defer cancel()
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return err.Error()
	}
	q.Header.Set("Content-Type", "application/json")
	response, err := t.client.Do(q)
	if err != nil {
		if k == cancelled && ctx.Err() != nil {
			return ""
		}
		return err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case k == cancelled:
		return "" // it was faster than the caller left
	case err != nil:
		return err.Error()
	case k == bad && response.StatusCode >= 400 && response.StatusCode < 500:
		return ""
	case k != bad && response.StatusCode == http.StatusOK && len(answer) > 0:
		return ""
	}
	return fmt.Sprintf("status %d: %.200s", response.StatusCode, answer)
}

// next draws the next request.
func (t *traffic) next() (kind, request, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, n := kind(0), t.rng.IntN(100)
	for n >= shares[k] {
		n -= shares[k]
		k++
	}
	r, err := t.bodies.request(k, t.rng)
	return k, r, err
}

// counts is what came so far of each kind, and how many were left out.
func (t *traffic) counts() ([kinds]count, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done, t.skipped
}

// progress is that in one line.
func (t *traffic) progress() string {
	done, skipped := t.counts()
	var parts []string
	for k, c := range done {
		parts = append(parts, fmt.Sprintf("%v %d/%d", kind(k), c.expected, c.sent))
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(", %d left out", skipped)
}
