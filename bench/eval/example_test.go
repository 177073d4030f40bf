package eval_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/ragprune/ragprune/bench/eval"
	"github.com/ragprune/ragprune/bench/eval/dataset"
)

// longest is a system of one's own: long sentences score high.
type longest struct{}

func (longest) Info() eval.Info { return eval.Info{Name: "longest"} }

func (longest) Score(_ context.Context, r eval.Request) ([]eval.Scores, error) {
	out := make([]eval.Scores, len(r.Passages))
	for i, p := range r.Passages {
		for _, s := range p.Sentences {
			out[i].Sentences = append(out[i].Sentences, float32(len(s)))
			out[i].Passage += float64(len(s))
		}
	}
	return out, nil
}

func Example() {
	data, err := dataset.ReadStream("towers", strings.NewReader(`
{"id": 1, "query": "who built the tower?", "text": "It is old. The tower was built by Ana. It is tall.", "answer": "Ana"}
{"id": 2, "query": "where is the bridge?", "text": "The bridge is in Turin. It is old, and nobody knows why it was built.", "answer": "Turin"}
`))
	if err != nil {
		panic(err)
	}
	plan, err := eval.NewPlan(data, eval.PlanOptions{})
	if err != nil {
		panic(err)
	}
	report, err := eval.Run(context.Background(), plan, []eval.System{longest{}, eval.BM25{}}, eval.Options{})
	if err != nil {
		panic(err)
	}
	for _, s := range report.Systems {
		fmt.Printf("%s: average precision %.2f\n", s.Name, s.Mean.Ranked[eval.AveragePrecision].Value)
	}
	// Output:
	// longest: average precision 0.75
	// bm25: average precision 1.00
}
