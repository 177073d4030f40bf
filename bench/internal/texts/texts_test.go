package texts_test

import (
	"strings"
	"testing"

	"github.com/ragprune/ragprune/bench/internal/texts"
)

func TestTextsHaveTheirLengthAndDiffer(t *testing.T) {
	count := func(s string) int { return len(strings.Fields(s)) }
	made := texts.New(count, 3, 100, 7)
	seen := map[string]bool{}
	for range 50 {
		request, _, err := made.Request()
		if err != nil {
			t.Fatal(err)
		}
		if len(request.Documents) != 3 {
			t.Fatalf("%d documents, want 3", len(request.Documents))
		}
		for _, d := range request.Documents {
			if n := count(*d.Text); n < 80 || n > 120 {
				t.Errorf("a document of %d words, want about 100", n)
			}
			if seen[*d.Text] {
				t.Error("a document came twice")
			}
			seen[*d.Text] = true
		}
	}
	if mean := made.MeanTokens(); mean < 90 || mean > 110 {
		t.Errorf("mean of %v words, want about 100", mean)
	}
}
