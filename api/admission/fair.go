package admission

import "container/heap"

// ticket is a request that waits.
type ticket struct {
	caller string
	tokens int64
	// start and finish are the virtual times between which the request would
	// be served if each caller had an equal part of the service.
	start, finish float64
	number        int64 // of the request, for those with equal times
	index         int   // in the heap, -1 once it has left
	// called is closed when the request may go to work, or was refused to make
	// room: then refused says so.
	called  chan struct{}
	refused *RefusedError
}

// waiting is the queue: start-time fair queueing (Goyal et al. 1996) over
// callers, weighted by tokens. Who waits with less is served before who came
// earlier with more.
type waiting struct {
	tickets []*ticket
	// clock is the virtual start of the request served last.
	clock float64
	// last is the virtual finish of each caller's last request.
	last map[string]float64
	// tokens wait in all and of each caller.
	total  int64
	tokens map[string]int64
	// stamped counts requests.
	stamped int64
}

func newWaiting() *waiting {
	return &waiting{last: make(map[string]float64), tokens: make(map[string]int64)}
}

// stamp gives t its virtual times.
func (w *waiting) stamp(t *ticket) {
	t.start = max(w.clock, w.last[t.caller])
	t.finish = t.start + float64(t.tokens)
	w.last[t.caller] = t.finish
	w.stamped++
	t.number = w.stamped
}

func (w *waiting) add(t *ticket) {
	heap.Push(w, t)
	w.total += t.tokens
	w.tokens[t.caller] += t.tokens
}

// next takes out the request to serve, nil if none waits.
func (w *waiting) next() *ticket {
	if len(w.tickets) == 0 {
		return nil
	}
	t := w.tickets[0]
	w.remove(t)
	w.serve(t)
	return t
}

// serve moves the clock to t. A caller whose last request would be finished by
// now has no claim and no debt, so it is forgotten.
func (w *waiting) serve(t *ticket) {
	w.clock = max(w.clock, t.start)
	for caller, finish := range w.last {
		if finish <= w.clock {
			delete(w.last, caller)
		}
	}
}

// remove takes t out, wherever it is; it reports whether t was there.
func (w *waiting) remove(t *ticket) bool {
	if t.index < 0 {
		return false
	}
	heap.Remove(w, t.index)
	w.total -= t.tokens
	if w.tokens[t.caller] -= t.tokens; w.tokens[t.caller] == 0 {
		delete(w.tokens, t.caller)
	}
	return true
}

// heaviest is the last request of the caller with the most tokens that wait, nil
// if nobody waits with more than tokens.
func (w *waiting) heaviest(tokens int64) *ticket {
	var last *ticket
	for _, t := range w.tickets {
		if w.tokens[t.caller] <= tokens {
			continue
		}
		if last == nil || w.tokens[t.caller] > w.tokens[last.caller] ||
			w.tokens[t.caller] == w.tokens[last.caller] && t.finish > last.finish {
			last = t
		}
	}
	return last
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (w *waiting) Len() int { return len(w.tickets) }

func (w *waiting) Less(i, j int) bool {
	a, b := w.tickets[i], w.tickets[j]
	return a.finish < b.finish || a.finish == b.finish && a.number < b.number
}

func (w *waiting) Swap(i, j int) {
	w.tickets[i], w.tickets[j] = w.tickets[j], w.tickets[i]
	w.tickets[i].index, w.tickets[j].index = i, j
}

func (w *waiting) Push(x any) {
	t := x.(*ticket)
	t.index = len(w.tickets)
	w.tickets = append(w.tickets, t)
}

func (w *waiting) Pop() any {
	t := w.tickets[len(w.tickets)-1]
	w.tickets = w.tickets[:len(w.tickets)-1]
	t.index = -1
	return t
}
