package eval_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/eval"
)

var update = flag.Bool("update", false, "write the golden files")

// stamped is a run of the small data with a time and a machine that stay.
func stamped(t *testing.T) *eval.Report {
	t.Helper()
	system := smallSystem()
	system.info.Presets["tenth"] = 0.1 // told with the threshold of its value
	r := run(t, plan(t, read(t, "s", small), eval.PlanOptions{Negatives: 1, Limit: 9}),
		eval.Options{Resamples: 100, Counter: words{}, Workers: 1, Stamp: eval.RunInfo{
			Time: "2026-01-01 00:00 UTC", Machine: "a machine", Commit: "abc", Program: "v1", Command: "ragprune eval s.jsonl",
		}}, system, eval.All{}, eval.BM25{})
	for i := range r.Systems {
		r.Systems[i].Mean.Seconds = 0.5
	}
	return r
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		writeFile(t, path, got)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); -update writes it:\n%s", path, diff)
	}
}

func TestMarkdown(t *testing.T) {
	golden(t, "page.md", stamped(t).Markdown(eval.PageOptions{Pictures: []eval.Picture{{Path: "p/curve.png", Caption: "A curve"}}}))
}

func TestStamp(t *testing.T) {
	s := eval.Stamp("v1", "do it")
	if s.Program != "v1" || s.Command != "do it" || s.Time == "" || s.Machine == "" || s.Commit == "" {
		t.Errorf("stamp %+v lacks something", s)
	}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := stamped(t).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", b.String())
}

// Runs side by side keep their figures; names that clash get that of the run.
func TestMerge(t *testing.T) {
	a, b := stamped(t), stamped(t)
	b.Systems = b.Systems[:1]
	b.Systems[0].Mean.Ranked[eval.AveragePrecision] = eval.Estimate{Value: 0.9, Low: 0.8, High: 1}
	m, err := eval.Merge([]*eval.Report{a, b}, []string{"old", "new"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range m.Systems {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"old: fixed", "all", "bm25", "new: fixed"}, names); diff != "" || len(m.Notes) > 0 {
		t.Errorf("notes %v, systems (-want +got):\n%s", m.Notes, diff)
	}
	page := m.Markdown(eval.PageOptions{})
	for _, want := range []string{"old: Measured", "new: Measured", "| new: fixed | 0.900 (0.800 to 1.000) |"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// Sets that one run lacks are left out, and sets that differ are named.
func TestMergeDifferentSets(t *testing.T) {
	const extra = `{"id":"z","dataset":"z","query":"q","text":"One. Two.","answer":"one"}`
	of := func(lines string) *eval.Report {
		return run(t, plan(t, read(t, "s", lines), eval.PlanOptions{}), eval.Options{Resamples: 10}, eval.First{})
	}
	both, fewer := of(small+extra), of(strings.Join(strings.Split(small, "\n")[:3], "\n"))
	m, err := eval.Merge([]*eval.Report{both, fewer}, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Sets) != 1 || len(m.Notes) != 2 || !strings.Contains(m.Notes[0], "other rows or negatives in b than in a") || !strings.Contains(m.Notes[1], "z was measured in a and not in b") {
		t.Errorf("sets %v, notes %q", m.Sets, m.Notes)
	}
	got, want := m.Systems[0].Mean.Ranked[eval.AveragePrecision].Value, both.Systems[0].Sets[0].Ranked[eval.AveragePrecision].Value
	if got != want {
		t.Errorf("mean over the one set left is %v, want %v", got, want)
	}
	if _, err := eval.Merge([]*eval.Report{both, {Format: 1}}, []string{"a", "b"}); err == nil {
		t.Error("no error for runs without a common set")
	}
}
