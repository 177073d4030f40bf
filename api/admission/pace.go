package admission

import "time"

// paceWeight is the share of the newest observation in the averages.
const paceWeight = 0.2

// pace is how fast requests are served, all workers together: two moving
// averages, so that a fast small request says no more than its size.
type pace struct {
	seconds float64 // of the whole service, of one request
	tokens  float64 // of one request
}

// observe adds a request of so many tokens that took d while n were at work.
func (p *pace) observe(d time.Duration, tokens int64, n int) {
	seconds := d.Seconds() / float64(n)
	if p.tokens == 0 {
		p.seconds, p.tokens = seconds, float64(tokens)
		return
	}
	p.seconds += paceWeight * (seconds - p.seconds)
	p.tokens += paceWeight * (float64(tokens) - p.tokens)
}

// time is how long tokens take; 0 while nothing is known.
func (p *pace) time(tokens int64) time.Duration {
	if p.tokens == 0 {
		return 0
	}
	return time.Duration(float64(tokens) * p.seconds / p.tokens * float64(time.Second))
}
