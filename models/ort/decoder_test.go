package ort_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
)

// tinyGenerator is a decoder with random weights.
const tinyGenerator = "../../rerank/generate/testdata/tiny"

func openDecoder(t *testing.T, path string, o ort.DecoderOptions) *ort.Decoder {
	t.Helper()
	d, err := start(t).OpenDecoder(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := d.Caches(); n != 0 {
			t.Errorf("%d caches are open", n)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func tinyOptions(t *testing.T) (string, ort.DecoderOptions) {
	t.Helper()
	b, err := models.Open(tinyGenerator)
	if err != nil {
		t.Fatal(err)
	}
	return b.ModelPath(), ort.DecoderOptionsOf(&b.Manifest)
}

// decode reads ids behind past and closes what it leaves at the end of the test.
func decode(t *testing.T, d *ort.Decoder, past ort.Cache, ids ...int64) ([]float32, ort.Cache) {
	t.Helper()
	logits, present, err := d.Decode(t.Context(), past, ids)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := present.Close(); err != nil {
			t.Error(err)
		}
	})
	return logits, present
}

// Reading in parts, and going on from one part in two ways, gives what reading
// at once does.
func TestDecoderGoesOn(t *testing.T) {
	path, o := tinyOptions(t)
	d := openDecoder(t, path, o)
	want, whole := decode(t, d, nil, 2, 10, 20, 30, 40)
	other, _ := decode(t, d, nil, 2, 10, 50)
	_, first := decode(t, d, nil, 2, 10)
	branch, _ := decode(t, d, first, 50)
	_, second := decode(t, d, first, 20, 30)
	got, last := decode(t, d, second, 40)
	if whole.Tokens() != 5 || last.Tokens() != 5 || first.Tokens() != 2 {
		t.Errorf("caches have %d, %d and %d tokens, want 5, 5 and 2", whole.Tokens(), last.Tokens(), first.Tokens())
	}
	near := func(name string, want, got []float32) {
		for i := range want {
			if math.Abs(float64(want[i]-got[i])) > 1e-4 {
				t.Fatalf("%s: logit %d is %v, at once it is %v", name, i, got[i], want[i])
			}
		}
	}
	near("in parts", want, got)
	near("a branch", other, branch)
	if cmp.Equal(want, other) {
		t.Error("other tokens give the same logits")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			logits, present, err := d.Decode(t.Context(), first, []int64{50})
			if err != nil || !cmp.Equal(logits, branch) {
				t.Errorf("beside others: %v, or other logits", err)
				return
			}
			if err := present.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A cache of float16, no positions, and logits of all tokens: what the graph
// has computed comes back in the next pass bit by bit.
func TestDecoderHalf(t *testing.T) {
	d := openDecoder(t, filepath.Join("testdata", "half.onnx"), halfOptions())
	_, first := decode(t, d, nil, 1000, 2, 3)
	got, _ := decode(t, d, first, 40, 500)
	// The sum of all ids, the last id, the tokens of the mask.
	if diff := cmp.Diff([]float32{1545, 500, 5}, got); diff != "" {
		t.Errorf("logits (-want +got):\n%s", diff)
	}
}

func halfOptions() ort.DecoderOptions {
	return ort.DecoderOptions{
		IDs: "ids", Mask: "mask", PastKeys: []string{"past.0.key"}, PastValues: []string{"past.0.value"},
		PresentKeys: []string{"present.0.key"}, PresentValues: []string{"present.0.value"},
		Logits: "logits", KVHeads: 1, HeadDim: 1,
	}
}

func TestDecodeFails(t *testing.T) {
	path, o := tinyOptions(t)
	d := openDecoder(t, path, o)
	_, past := decode(t, d, nil, 2, 10)
	closed, err := closedCache(t, d)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := map[string]struct {
		ctx  context.Context
		past ort.Cache
		ids  []int64
		want string
	}{
		"no tokens":       {t.Context(), past, nil, "no token"},
		"closed":          {t.Context(), closed, []int64{1}, "not an open one"},
		"out of range":    {t.Context(), past, []int64{1 << 40}, "decode 1 tokens after 2"},
		"ended context":   {ended, past, []int64{1}, context.Canceled.Error()},
		"another's cache": {t.Context(), foreign{}, []int64{1}, "not an open one"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, _, err := d.Decode(tt.ctx, tt.past, tt.ids); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want it to say %q", err, tt.want)
			}
		})
	}
	if _, _, err := d.Decode(ended, past, []int64{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
}

func closedCache(t *testing.T, d *ort.Decoder) (ort.Cache, error) {
	t.Helper()
	_, c, err := d.Decode(t.Context(), nil, []int64{2})
	if err != nil {
		return nil, err
	}
	return c, errors.Join(c.Close(), c.Close())
}

type foreign struct{}

func (foreign) Tokens() int  { return 1 }
func (foreign) Close() error { return nil }

// A graph that is not what the manifest says is refused with a line that names
// the file, the input or output and what is there instead.
func TestOpenDecoderRefuses(t *testing.T) {
	path, _ := tinyOptions(t)
	runtime := start(t)
	tests := map[string]struct {
		change func(*ort.DecoderOptions)
		want   string
	}{
		"ids":          {func(o *ort.DecoderOptions) { o.IDs = "tokens" }, `inputs: the graph has no "tokens"; it has input_ids, attention_mask`},
		"past":         {func(o *ort.DecoderOptions) { o.PastKeys[1] = "past.1" }, `inputs: the graph has no "past.1"`},
		"present":      {func(o *ort.DecoderOptions) { o.PresentValues[0] = "present.0" }, `outputs: the graph has no "present.0"; it has logits, present.0.key`},
		"logits":       {func(o *ort.DecoderOptions) { o.Logits = "scores" }, `outputs: the graph has no "scores"`},
		"other logits": {func(o *ort.DecoderOptions) { o.Logits = "present.0.key" }, `outputs: "present.0.key" is Tensor`},
		"heads":        {func(o *ort.DecoderOptions) { o.KVHeads = 4 }, `"past_key_values.0.key" has 2 heads, the manifest says 4`},
		"head":         {func(o *ort.DecoderOptions) { o.HeadDim = 16 }, `"past_key_values.0.key" has 8 numbers a head, the manifest says 16`},
		"layers": {func(o *ort.DecoderOptions) {
			o.PastKeys, o.PastValues, o.PresentKeys, o.PresentValues = o.PastKeys[:1], o.PastValues[:1], o.PresentKeys[:1], o.PresentValues[:1]
		}, `inputs: the graph wants "past_key_values.1.key", which the manifest does not name`},
		"positions": {func(o *ort.DecoderOptions) { o.Positions = "" }, `the graph wants "position_ids"`},
		"no caches": {func(o *ort.DecoderOptions) { o.PastKeys = nil }, "as many keys as values"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, o := tinyOptions(t)
			tt.change(&o)
			_, err := runtime.OpenDecoder(path, o)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v, want it to name the file and say %q", err, tt.want)
			}
		})
	}
	b, err := models.Open("../ragprune-small")
	if err != nil {
		t.Fatal(err)
	}
	_, o := tinyOptions(t)
	if _, err := runtime.OpenDecoder(b.ModelPath(), o); err == nil || !strings.Contains(err.Error(), `has no "position_ids"`) {
		t.Errorf("the graph of an encoder: error is %v", err)
	}
}
