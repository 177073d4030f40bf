package redis

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/ragprune/ragprune/cache"
)

const (
	// firstPause and longestPause lie between two looks for a value that
	// another process computes.
	firstPause   = 10 * time.Millisecond
	longestPause = 80 * time.Millisecond
	// patience is how many leases' time another process is waited for, even
	// if it renews its lease: it may be slower than this one would be.
	patience = 4
	// maxClaims bounds the claims that wait for their round trip.
	maxClaims = 1024
)

// leases see to it that, most of the time, one process computes a value that
// several want. Who sets the lease of a key computes, and renews the lease until
// it is done; the others look for its value now and then. A lease that is not
// renewed ends, so that a process that died is waited for no longer than that.
// Whatever goes wrong, the value is computed.
type leases struct {
	store  *Store
	id     string // of this process, in its leases
	claims chan claim
	stop   chan struct{}
	done   chan struct{}

	mu   sync.Mutex
	held map[cache.Key]struct{}
}

// claim is the wish to compute the value of key.
type claim struct {
	key   cache.Key
	reply chan claimed // has room for one
}

// claimed is the answer to a claim: a value, or the lease, or neither because
// another process has it; failed says that Redis gave no answer.
type claimed struct {
	value        []byte
	held, failed bool
}

func newLeases(s *Store) *leases {
	l := &leases{
		store: s, id: rand.Text(), claims: make(chan claim, maxClaims),
		stop: make(chan struct{}), done: make(chan struct{}), held: make(map[cache.Key]struct{}),
	}
	go l.run()
	return l
}

func (s *Store) leaseName(key cache.Key) string { return s.name(key) + ":lease" }

// claim returns the value of key if another process has made it by now, and
// else whether this one holds the lease to make it. It waits as long as another
// holds the lease, within bounds.
func (l *leases) claim(ctx context.Context, key cache.Key) (value []byte, held bool) {
	end := time.Now().Add(patience * l.store.options.Lease)
	result := "taken"
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		switch c := l.ask(ctx, key); {
		case c.value != nil:
			l.store.metrics.leases.WithLabelValues("value").Inc()
			return c.value, false
		case c.held:
			l.keep(key)
			l.store.metrics.leases.WithLabelValues(result).Inc()
			return nil, true
		case c.failed || ctx.Err() != nil:
			l.store.metrics.leases.WithLabelValues("failed").Inc()
			return nil, false
		case time.Now().Add(pause).After(end):
			l.store.metrics.leases.WithLabelValues("gave_up").Inc()
			return nil, false
		}
		result = "taken_over"
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// ask sends a claim with others in one round trip, and waits for half of
// Options.Timeout at most, as the lookup before it has waited already. After a failure it sends none: who has waited for
// the lookup in vain shall not wait again.
func (l *leases) ask(ctx context.Context, key cache.Key) claimed {
	if !l.store.breaker.Calm() {
		return claimed{failed: true}
	}
	c := claim{key, make(chan claimed, 1)}
	select {
	case l.claims <- c:
	default:
		return claimed{failed: true}
	}
	timer := time.NewTimer(l.store.options.Timeout / 2)
	defer timer.Stop()
	select {
	case answer := <-c.reply:
		return answer
	case <-timer.C:
	case <-ctx.Done():
	case <-l.done:
	}
	return claimed{failed: true}
}

// keep has the lease of key renewed until drop.
func (l *leases) keep(key cache.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[key] = struct{}{}
}

func (l *leases) drop(key cache.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, key)
}

// run answers claims and renews leases.
func (l *leases) run() {
	defer close(l.done)
	tick := time.NewTicker(l.store.options.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
			l.renew()
		case c := <-l.claims:
			l.answer(l.collect(c))
		}
	}
}

// collect takes the claims that wait beside c.
func (l *leases) collect(c claim) []claim {
	batch := []claim{c}
	for len(batch) < atOnce {
		select {
		case c = <-l.claims:
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// answer claims the leases of a batch in one round trip. The value is read after
// the lease is set: whoever gets the lease because its holder has just finished
// sees what that one wrote.
func (l *leases) answer(batch []claim) {
	s := l.store
	ctx, cancel := context.WithTimeout(context.Background(), s.options.Timeout)
	defer cancel()
	set := make([]*goredis.StatusCmd, len(batch))
	owner := make([]*goredis.StringCmd, len(batch))
	value := make([]*goredis.StringCmd, len(batch))
	start := time.Now()
	sent, _ := s.client.Pipelined(ctx, func(p goredis.Pipeliner) error { // each reply has its own error
		for i, c := range batch {
			lease := s.leaseName(c.key)
			set[i] = p.SetArgs(ctx, lease, l.id, goredis.SetArgs{Mode: "NX", TTL: s.options.Lease})
			owner[i] = p.Get(ctx, lease)
			value[i] = p.GetRange(ctx, s.name(c.key), 0, maxStored)
		}
		return nil
	})
	s.observe("lease", start)
	for i, c := range batch {
		c.reply <- l.read(c.key, set[i].Err(), owner[i], value[i])
	}
	s.settleWrite("lease", sent, batch[0].key)
}

// read makes an answer of three replies. A lease that was set is held even if it
// is gone by now, as in a Redis that is full and evicts. One of this process that
// is there already was set by a claim whose answer came too late: a process
// computes a value once at a time.
func (l *leases) read(key cache.Key, set error, owner, value *goredis.StringCmd) claimed {
	v, err := l.store.take("lease", key, value)
	if err != nil {
		return claimed{failed: true}
	}
	if v != nil {
		return claimed{value: v}
	}
	if set == nil {
		return claimed{held: true}
	}
	if set != goredis.Nil { //nolint:errorlint // go-redis returns it as it is
		return claimed{failed: true}
	}
	id, err := owner.Result()
	return claimed{held: err == nil && id == l.id, failed: err != nil && err != goredis.Nil} //nolint:errorlint // as above
}

// renew prolongs the leases of what is being computed.
func (l *leases) renew() {
	l.mu.Lock()
	keys := make([]cache.Key, 0, len(l.held))
	for key := range l.held {
		keys = append(keys, key)
	}
	l.mu.Unlock()
	s := l.store
	if len(keys) == 0 || !s.breaker.Allows() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.options.Timeout)
	defer cancel()
	start := time.Now()
	sent, _ := s.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for _, key := range keys {
			p.PExpire(ctx, s.leaseName(key), s.options.Lease)
		}
		return nil
	})
	s.observe("renew", start)
	s.settleWrite("renew", sent, keys[0])
}

// close ends claims; what waits fails open.
func (l *leases) close() {
	close(l.stop)
	<-l.done
}
