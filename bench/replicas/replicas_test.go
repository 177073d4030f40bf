package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestWithin(t *testing.T) {
	zero := time.Now()
	at := func(seconds int) time.Time { return zero.Add(time.Duration(seconds) * time.Second) }
	for _, c := range []struct {
		begin, end int
		want       float64
	}{{0, 4, 0}, {8, 12, 0.5}, {12, 16, 1}, {19, 23, 0.25}, {20, 24, 0}, {5, 25, 0.5}} {
		s := sent{begin: at(c.begin), end: at(c.end)}
		if got := s.within(at(10), at(20)); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("part of %d to %d is %v, want %v", c.begin, c.end, got, c.want)
		}
	}
}

func TestOrder(t *testing.T) {
	if up, down := order(0, 3), order(1, 3); !slices.Equal(up, []int{1, 2, 3}) || !slices.Equal(down, []int{3, 2, 1}) {
		t.Errorf("orders %v and %v", up, down)
	}
}

func TestMost(t *testing.T) {
	for n, want := range []float64{1, 2, 1.5, 2} {
		if got := most(n+1, 2); got != want {
			t.Errorf("%d processes on 2 cores: %v, want %v", n+1, got, want)
		}
	}
}
