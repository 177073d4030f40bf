package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the JSON Lines files from the text files")

func load(t *testing.T) []set {
	t.Helper()
	sets, err := loadSets()
	if err != nil {
		t.Fatal(err)
	}
	return sets
}

// TestJSONLines checks that the files for other tools hold what the text files
// say.
func TestJSONLines(t *testing.T) {
	var want []string
	for _, s := range load(t) {
		got, err := encode(s.items)
		if err != nil {
			t.Fatal(err)
		}
		file := s.name + ".jsonl"
		want = append(want, file)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != string(got) {
			t.Errorf("%s is not what sets/%s.txt says; run this test with -update", file, s.name)
		}
	}
	files, err := filepath.Glob("*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("JSON Lines files (-want +got):\n%s", diff)
	}
}

func TestSets(t *testing.T) {
	ids, texts, queries := map[string]bool{}, map[string]string{}, map[string]string{}
	for _, s := range load(t) {
		most := 30
		if least := leastItems(s.name); len(s.items) < least || len(s.items) > most {
			t.Errorf("%s has %d items, want %d to %d", s.name, len(s.items), least, most)
		}
		if s.meaning == "" {
			t.Errorf("%s does not say what it is for", s.name)
		}
		for _, it := range s.items {
			if it.Query == "" || it.Text == "" && it.HTML == "" {
				t.Errorf("%s has no query or no text", it.ID)
			}
			if ids[it.ID] {
				t.Errorf("%s is there twice", it.ID)
			}
			if other := texts[it.Text+it.HTML]; other != "" {
				t.Errorf("%s has the text of %s", it.ID, other)
			}
			if other := queries[it.Query]; other != "" {
				t.Errorf("%s has the query of %s", it.ID, other)
			}
			ids[it.ID], texts[it.Text+it.HTML], queries[it.Query] = true, it.ID, it.ID
		}
	}
}

func leastItems(set string) int {
	if set == "tables-html" {
		return 8
	}
	return 20
}

func TestItems(t *testing.T) {
	for _, s := range load(t) {
		for _, it := range s.items {
			t.Run(it.ID, func(t *testing.T) {
				if it.HTML != "" {
					checkPage(t, it)
					return
				}
				checkOffsets(t, it)
				checkLabels(t, it)
			})
		}
	}
}

// checkOffsets: the sentences are in order and leave out nothing but white
// space.
func checkOffsets(t *testing.T, it item) {
	text, at := []rune(it.Text), 0
	if !utf8.ValidString(it.Text) {
		t.Error("invalid UTF-8")
	}
	for i, s := range it.Sentences {
		if s[0] < at || s[1] <= s[0] || s[1] > len(text) {
			t.Fatalf("sentence %d is %v behind %d, of %d code points", i, s, at, len(text))
		}
		if gap := string(text[at:s[0]]); strings.TrimSpace(gap) != "" {
			t.Errorf("%q is in no sentence", gap)
		}
		sentence := string(text[s[0]:s[1]])
		if strings.TrimSpace(sentence) == "" {
			t.Errorf("sentence %d is blank", i)
		}
		at = s[1]
	}
	if at != len(text) {
		t.Errorf("%q is in no sentence", string(text[at:]))
	}
}

// checkLabels: answers are in relevant sentences and in no others, and planted
// sentences are not relevant.
func checkLabels(t *testing.T, it item) {
	text, found := []rune(it.Text), false
	for i, s := range it.Sentences {
		sentence, relevant := string(text[s[0]:s[1]]), slices.Contains(it.Relevant, i)
		for _, a := range it.Answers {
			if !strings.Contains(sentence, a) {
				continue
			}
			if found = true; !relevant {
				t.Errorf("%q is in a sentence that is not relevant: %s", a, sentence)
			}
		}
		if relevant && slices.Contains(it.Forbidden, i) {
			t.Errorf("relevant and planted: %s", sentence)
		}
	}
	if it.Positive != (len(it.Relevant) > 0) || it.Positive != (len(it.Answers) > 0) || it.Positive != found {
		t.Errorf("positive %v, %d relevant, answers %q, found %v", it.Positive, len(it.Relevant), it.Answers, found)
	}
}

// checkPage: the answer is in one cell, and the cells of the header are there.
func checkPage(t *testing.T, it item) {
	var cells []string
	z := html.NewTokenizer(strings.NewReader(it.HTML))
	for z.Next() != html.ErrorToken {
		if tok := z.Token(); tok.Type == html.TextToken && strings.TrimSpace(tok.Data) != "" {
			cells = append(cells, tok.Data)
		}
	}
	for _, h := range it.Header {
		if !slices.Contains(cells, h) {
			t.Errorf("%q is no cell", h)
		}
	}
	if len(it.Answers) != 1 || len(it.Header) == 0 || !it.Positive {
		t.Fatalf("answers %q, header %q, positive %v", it.Answers, it.Header, it.Positive)
	}
	holding := 0
	for _, c := range cells {
		if strings.Contains(c, it.Answers[0]) {
			holding++
		}
	}
	if holding != 1 {
		t.Errorf("the answer %q is in %d places", it.Answers[0], holding)
	}
}

// TestProperties checks that the sets have what their names promise.
func TestProperties(t *testing.T) {
	for _, s := range load(t) {
		negatives := 0
		for _, it := range s.items {
			last, depth := len(it.Sentences)-1, 0.0
			if !it.Positive {
				negatives++
			} else if it.HTML == "" {
				depth = float64(it.Relevant[0]) / float64(len(it.Sentences))
			}
			ok := true
			switch s.name {
			case "first-sentence":
				ok = slices.Equal(it.Relevant, []int{0}) && last > 1
			case "last-sentence":
				ok = slices.Equal(it.Relevant, []int{last}) && last > 1
			case "very-short":
				ok = last <= 1
			case "very-long":
				ok = last >= 59 && last < 200 && depth > 0.2
			case "far-apart":
				n := len(it.Relevant)
				ok = n >= 2 && n <= 3 && it.Relevant[n-1]-it.Relevant[0] >= 5
			case "contradictory":
				ok = len(it.Relevant) >= 2
			case "injection":
				ok = len(it.Forbidden) > 0 && len(it.Relevant) == 1
			case "keyword-queries":
				n := len(strings.Fields(it.Query))
				ok = n >= 2 && n <= 4 && !strings.Contains(it.Query, "?")
			case "unanswerable":
				ok = !it.Positive
			}
			if !ok {
				t.Errorf("%s does not fit its set: relevant %v of %d, planted %v", it.ID, it.Relevant, last+1, it.Forbidden)
			}
		}
		if s.name == "very-short" && 2*negatives != len(s.items) {
			t.Errorf("%d of %d very short documents do not answer, want half", negatives, len(s.items))
		}
	}
}
