package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/internal/webpage"
)

func rows() []dataset.Row {
	var out []dataset.Row
	for i := range 40 {
		text := fmt.Sprintf("Passage %d is about <things> & more. Its colour is c%d.", i, i%4)
		end := strings.Index(text, ". ") + 1
		out = append(out, dataset.Row{
			ID: fmt.Sprint(i), Query: fmt.Sprintf("colour of %d?", i), Title: fmt.Sprintf("Title %d", i), Text: text,
			Sentences: []dataset.Span{{Start: 0, End: end}, {Start: end + 1, End: len(text)}},
			Relevant:  []int{1}, Answers: []string{fmt.Sprintf("c%d", i%4)}, Positive: i%2 == 0,
		})
	}
	return out
}

// A page holds the whole passage that answers, no other that holds the answer,
// about as much text as asked for, and is the same for the same seed.
func TestAssembledPages(t *testing.T) {
	words := func(text string) int { return len(strings.Fields(text)) }
	items := func() []item {
		a := assembler{rows: rows(), count: words, tokens: 150, random: rand.New(rand.NewPCG(1, 2))}
		return a.items("set", 3)
	}
	first, again := items(), items()
	if len(first) != 3 {
		t.Fatalf("%d items", len(first))
	}
	for i, it := range first {
		if it.html != again[i].html || it.query != again[i].query {
			t.Error("the same seed makes another page")
		}
		text := webpage.Text(it.html)
		if n := strings.Count(text, "is "+it.answers[0]+"."); n != 1 {
			t.Errorf("the answer %q is there %d times", it.answers[0], n)
		}
		if n := words(text); n < 150 || n > 300 {
			t.Errorf("%d words", n)
		}
		if !strings.Contains(text, "is about <things> & more.") || strings.Contains(text, "dataLayer") {
			t.Errorf("text %.300q", text)
		}
	}
}

func TestAnswersOfARowWithoutAnswers(t *testing.T) {
	r := rows()[0]
	r.Answers = nil
	if got := answersOf(&r); len(got) != 1 || got[0] != "Its colour is c0." {
		t.Errorf("answers %q", got)
	}
}
