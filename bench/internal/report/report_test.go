package report_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/bench/internal/report"
)

func TestQuantile(t *testing.T) {
	values := []float64{4, 1, 3, 2}
	for _, c := range []struct{ q, want float64 }{{0, 1}, {0.5, 2.5}, {1, 4}, {0.95, 3.85}} {
		if got := report.Quantile(values, c.q); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("quantile %v = %v, want %v", c.q, got, c.want)
		}
	}
	if values[0] != 4 {
		t.Error("the values were sorted in place")
	}
	if !math.IsNaN(report.Median(nil)) {
		t.Error("the median of nothing is not NaN")
	}
}

func TestBlank(t *testing.T) {
	r := report.Blank("Title")
	r.Part("Part")
	r.Code("make it")
	if got, want := r.String(), "# Title\n\n### Part\n\n    make it\n\n"; got != want {
		t.Errorf("page %q, want %q", got, want)
	}
}

func TestReport(t *testing.T) {
	r := report.New("Title", "go run ./bench/x -n 3")
	r.Section("Part")
	r.Table([]string{"a", "b"}, [][]string{{"x|y", "1"}})
	path := filepath.Join(t.TempDir(), "new", "x.md")
	if err := r.Write(path); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Title\n", "    go run ./bench/x -n 3\n", "| a | b |\n|---|--:|\n| x\\|y | 1 |\n"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
