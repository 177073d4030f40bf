package devset_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/internal/devset"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b.jsonl.gz"), `{"id":"1","query":"q","text":"A. B.","sentences":[[0,2],[3,5]],"relevant":[1],"answer":["B"],"positive":true}`)
	write(t, filepath.Join(dir, "a.jsonl.gz"), "no JSON")
	names, err := devset.Names(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	got, err := devset.Read(dir, "b")
	if err != nil {
		t.Fatal(err)
	}
	want := []devset.Row{{ID: "1", Query: "q", Text: "A. B.", Sentences: [][2]int{{0, 2}, {3, 5}}, Relevant: []int{1}, Answers: []string{"B"}, Positive: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if _, err := devset.Read(dir, "a"); err == nil {
		t.Error("no error for a line that is not JSON")
	}
	if _, err := devset.Names(t.TempDir()); err == nil {
		t.Error("no error for a folder without sets")
	}
}

func write(t *testing.T, path, line string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := io.WriteString(z, line+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
