package main

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSlope(t *testing.T) {
	minutes := func(n ...int) (out []time.Duration) {
		for _, m := range n {
			out = append(out, time.Duration(m)*time.Minute)
		}
		return out
	}
	for name, tt := range map[string]struct {
		times  []time.Duration
		values []float64
		want   float64
	}{
		"a line":         {minutes(0, 1, 2, 3), []float64{5, 7, 9, 11}, 2},
		"flat":           {minutes(0, 1, 2), []float64{4, 4, 4}, 0},
		"falling":        {minutes(0, 2), []float64{4, 0}, -2},
		"noise":          {minutes(0, 1, 2, 3), []float64{1, -1, -1, 1}, 0},
		"one time alone": {minutes(3), []float64{9}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := slope(tt.times, tt.values); math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("slope %v, want %v", got, tt.want)
			}
		})
	}
}

func TestParseGauges(t *testing.T) {
	got, err := parseGauges(strings.NewReader("# HELP a b\na 1\nb{c=\"d\"} 2\ngo_goroutines 3e+01\n"))
	if diff := cmp.Diff(map[string]float64{"a": 1, "go_goroutines": 30}, got); diff != "" || err != nil {
		t.Errorf("error %v, (-want +got):\n%s", err, diff)
	}
	if _, err := parseGauges(strings.NewReader("a b\n")); err == nil {
		t.Error("what is no number is taken")
	}
}

// TestKinds makes requests of every kind, by its share.
func TestKinds(t *testing.T) {
	total := 0
	for _, n := range shares {
		total += n
	}
	if total != 100 {
		t.Errorf("the shares are %d of 100", total)
	}
	b, rng := newBodies(1), rand.New(rand.NewPCG(1, 2))
	for k := range kinds {
		for range 25 {
			r, err := b.request(k, rng)
			if err != nil || r.path == "" || (r.after > 0) != (k == cancelled) || len(r.body) == 0 && k != bad {
				t.Fatalf("%v: %d bytes to %q, leaves after %v, error %v", k, len(r.body), r.path, r.after, err)
			}
			if has := strings.Contains(string(r.body), `"html":`); k != bad && has != (k == html || k == large) {
				t.Fatalf("%v: a page is %v", k, has)
			}
		}
	}
}
