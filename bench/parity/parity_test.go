package main

import (
	"compress/gzip"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpearman(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{10, 20, 1000}, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		{[]float64{1, 1, 2}, []float64{1, 2, 2}, 0.5},
	} {
		if got := spearman(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v and %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestDifference(t *testing.T) {
	thresholds := []threshold{{"0.1", 0.1}, {"0.5", 0.5}}
	d := newDifference(thresholds)
	d.add(thresholds, []float32{0.25, 0.625, 0.125}, []float32{0.0625, 0.75, 0.125})
	want := []agreement{{2, 3}, {3, 3}}
	if diff := cmp.Diff(want, d.decisions, cmp.AllowUnexported(agreement{})); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	if math.Abs(d.largest-0.1875) > 1e-12 || math.Abs(d.sum-0.3125) > 1e-12 {
		t.Errorf("difference %+v", d)
	}
}

func TestReadReference(t *testing.T) {
	const good = `{"id":"a","query":"q","units":["u v","w"],"windows":[` +
		`{"ids":[101,5,102,7,8,9,102],"types":[0,0,0,1,1,1,1],"ranges":[[0,3,4]]},` +
		`{"ids":[101,5,102,7,8,9,102],"types":[0,0,0,1,1,1,1],"ranges":[[0,4,5],[1,5,6]]}],"fp32":{"scores":[0.1,0.2],"logit":1}}`
	pairs, err := readReference(file(t, good), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{5}, pairs[0].queryIDs()); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int64{{7, 8}, {9}}, pairs[0].unitIDs()); diff != "" {
		t.Errorf("units (-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		"", "{", `{"id":"a","units":["u"]}`,
		`{"id":"a","units":["u"],"windows":[{"ids":[1],"types":[0],"ranges":[[0,0,2]]}],"fp32":{"scores":[0]}}`,
	} {
		if _, err := readReference(file(t, bad), 0); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reference.jsonl.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
