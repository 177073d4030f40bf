// Command bm25 measures what BM25 keeps of passages with marked sentences, to
// choose the thresholds of the fallback. It prints Markdown:
//
//	go run ./bench/bm25 > bench/results/bm25.md
//
// The data is that of RAGPRUNE_SHARED (default ../shared), data/dev; without
// it there is nothing to measure.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/ragprune/ragprune/rerank"
)

// thresholds are those to compare.
var thresholds = []float64{0, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3}

func main() {
	data := flag.String("data", filepath.Join(shared(), "data", "dev"), "folder of *.jsonl.gz")
	together := flag.Int("documents", 10, "documents per request")
	flag.Parse()
	if err := run(os.Stdout, *data, *together); err != nil {
		fmt.Fprintln(os.Stderr, "bm25:", err)
		os.Exit(1)
	}
}

func shared() string {
	if dir := os.Getenv("RAGPRUNE_SHARED"); dir != "" {
		return dir
	}
	return filepath.Join("..", "shared")
}

func run(w io.Writer, data string, together int) error {
	files, err := filepath.Glob(filepath.Join(data, "*.jsonl.gz"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no *.jsonl.gz in %s", data)
	}
	fmt.Fprintf(w, "# BM25 on passages with marked sentences\n\n")
	fmt.Fprintf(w, "`go run ./bench/bm25`. A request is the query of one passage and %d passages of its set, its own among them; "+
		"passages of fewer queries than that share a request.\n\n", together)
	fmt.Fprintf(w, "- **gold**: share of the marked sentences that are kept\n- **answered**: share of passages of which at least one marked sentence is kept\n"+
		"- **removed**: share of characters removed, in the query's own passage and in the others\n"+
		"- **emptied**: share of own passages of which nothing is kept\n- **AUC**: chance that the own passage scores above another\n\n")
	total := newTally()
	for _, file := range files {
		rows, err := read(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		t := newTally()
		measure(rows, together, t)
		t.print(w, strings.TrimSuffix(filepath.Base(file), ".jsonl.gz"))
		total.add(t)
	}
	total.print(w, "all sets, each query of equal weight")
	return nil
}

// passage is a row of a set, its text cut into sentences.
type passage struct {
	query     string
	sentences []string
	relevant  map[int]bool
}

func read(file string) ([]passage, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var out []passage
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var row struct {
			Query, Text string
			Sentences   [][2]int
			Relevant    []int
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, err
		}
		p := passage{query: row.Query, relevant: make(map[int]bool)}
		runes := []rune(row.Text)
		for _, s := range row.Sentences {
			p.sentences = append(p.sentences, string(runes[s[0]:s[1]]))
		}
		for _, i := range row.Relevant {
			p.relevant[i] = true
		}
		out = append(out, p)
	}
	return out, lines.Err()
}

// measure asks the query of every passage that has a marked sentence.
func measure(rows []passage, together int, t *tally) {
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for start := 0; start+together <= len(rows); start += together {
		request := rows[start : start+together]
		documents := make([][]string, together)
		for i, p := range request {
			documents[i] = p.sentences
		}
		for own, p := range request {
			if len(p.relevant) > 0 {
				t.count(request, own, rerank.NewBM25(p.query, documents))
			}
		}
	}
}

// tally sums over queries.
type tally struct {
	queries, pairs int
	wins           float64
	at             []sums // of every threshold
}

type sums struct{ gold, answered, own, others, emptied float64 }

func newTally() *tally { return &tally{at: make([]sums, len(thresholds))} }

func (t *tally) add(o *tally) {
	t.queries, t.pairs, t.wins = t.queries+o.queries, t.pairs+o.pairs, t.wins+o.wins
	for i, s := range o.at {
		a := &t.at[i]
		a.gold, a.answered, a.own = a.gold+s.gold, a.answered+s.answered, a.own+s.own
		a.others, a.emptied = a.others+s.others, a.emptied+s.emptied
	}
}

// count adds one query: passages[own] is its own.
func (t *tally) count(passages []passage, own int, bm25 *rerank.BM25) {
	t.queries++
	_, best := bm25.Units(own)
	others := make([]sums, len(thresholds))
	for d, p := range passages {
		scores, document := bm25.Units(d)
		if d == own {
			for i, threshold := range thresholds {
				t.at[i].ownPassage(p, scores, threshold)
			}
			continue
		}
		t.pairs++
		if best > document {
			t.wins++
		} else if best == document {
			t.wins += 0.5
		}
		for i, threshold := range thresholds {
			others[i].others += removed(p, scores, threshold)
		}
	}
	for i := range others {
		t.at[i].others += others[i].others / float64(len(passages)-1)
	}
}

func (s *sums) ownPassage(p passage, scores []float32, threshold float64) {
	gold, kept := 0, 0
	for i, score := range scores {
		if float64(score) > threshold {
			kept++
			if p.relevant[i] {
				gold++
			}
		}
	}
	s.gold += float64(gold) / float64(len(p.relevant))
	if gold > 0 {
		s.answered++
	}
	if kept == 0 {
		s.emptied++
	}
	s.own += removed(p, scores, threshold)
}

// removed is the share of characters of p in sentences that are not kept.
func removed(p passage, scores []float32, threshold float64) float64 {
	all, gone := 0, 0
	for i, s := range p.sentences {
		all += len(s)
		if float64(scores[i]) <= threshold {
			gone += len(s)
		}
	}
	return float64(gone) / float64(max(all, 1))
}

func (t *tally) print(w io.Writer, name string) {
	n := float64(max(t.queries, 1))
	fmt.Fprintf(w, "## %s\n\n%d queries, AUC %.3f\n\n", name, t.queries, t.wins/float64(max(t.pairs, 1)))
	fmt.Fprintf(w, "| T | gold | answered | removed, own | removed, others | emptied |\n|---|---|---|---|---|---|\n")
	for i, s := range t.at {
		fmt.Fprintf(w, "| %.2f | %.3f | %.3f | %.3f | %.3f | %.3f |\n",
			thresholds[i], s.gold/n, s.answered/n, s.own/n, s.others/n, s.emptied/n)
	}
	fmt.Fprintln(w)
}
