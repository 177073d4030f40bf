// Published compares bundles that models/export/convert.py made of tiny
// checkpoints in the published layouts with what the originals say of them, and
// writes bench/results/parity-published.md. The tests of package labeler hold
// the same files to 1e-4; here are the figures.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/ort"
)

func main() {
	bundles := flag.String("bundles", "models/export/testdata", "folder with the bundles and their golden files")
	small := flag.String("small", "models/ragprune-small", "folder of the default bundle")
	answers := flag.String("answers", "labeler/openprovence/testdata/ragprune-small.json.gz", "what OpenProvence answers with the graph of the default bundle")
	shapes := flag.String("shapes", "", "table of models/export/tests/shapes.py to add; empty means none")
	out := flag.String("out", "bench/results/parity-published.md", "report to write")
	flag.Parse()
	if err := run(*bundles, *small, *answers, *shapes, *out); err != nil {
		fmt.Fprintln(os.Stderr, "published:", err)
		os.Exit(1)
	}
}

func run(bundles, small, answers, shapes, out string) (err error) {
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		return err
	}
	runtime, err := ort.Start(library)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runtime.Close()) }()
	dirs, err := filepath.Glob(filepath.Join(bundles, "*"))
	if err != nil {
		return err
	}
	r := report.New("Bundles of published layouts against the originals", report.Command("published"))
	r.Text("Tiny checkpoints of random weights, exactly in the layout and architecture of the published ones, " +
		"made a bundle by `models/export/convert.py` in fp32 and run in Go. Probabilities of the originals: PyTorch; " +
		"for the OpenProvence layout its own code with transformers 4.57.1.")
	if err := graphs(r, runtime, dirs); err != nil {
		return err
	}
	if err := processes(r, runtime, append(dirs, small), small, answers); err != nil {
		return err
	}
	if shapes != "" {
		table, err := os.ReadFile(shapes)
		if err != nil {
			return err
		}
		r.Section("In the shapes of published models")
		r.Text("Random weights, ONNX Runtime in Python on one thread, beside other work on the machine: sizes and memory "+
			"travel, seconds do not. int8 is compared with fp32 PyTorch. `python models/export/tests/shapes.py`\n\n%s", table)
	}
	return r.Write(out)
}

// graphs compares the outputs of graphs for the originals' token ids.
func graphs(r *report.Report, runtime *ort.Runtime, dirs []string) error {
	var rows [][]string
	for _, dir := range dirs {
		b, err := models.Open(dir)
		if err != nil {
			return err
		}
		if b.Kind == models.KindEmbedder {
			continue
		}
		row, err := compareGraph(runtime, b)
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
		rows = append(rows, row)
	}
	r.Section("Graphs")
	r.Text("Keep: the largest difference of a token's keep probability. Relevance: of the sigmoid of the rank logit. " +
		"Decisions: tokens on the same side of 0.1, of 0.3 and of 0.5.")
	r.Table([]string{"bundle", "kind", "tokens", "keep", "relevance", "decisions", "kB"}, rows)
	return nil
}

func compareGraph(runtime *ort.Runtime, b *models.Bundle) (row []string, err error) {
	if err := b.Verify(); err != nil {
		return nil, err
	}
	cases, err := readPairs(filepath.Join(b.Dir, "golden.json"))
	if err != nil {
		return nil, err
	}
	session, err := open(runtime, b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	var d differences
	for _, c := range cases {
		outputs, err := session.Run(c.IDs, c.Types)
		if err != nil {
			return nil, err
		}
		d.add(c, outputs)
	}
	info, err := os.Stat(b.ModelPath())
	if err != nil {
		return nil, err
	}
	keep, decisions := "-", "-"
	if d.decisions > 0 {
		keep, decisions = small(d.keep), fmt.Sprintf("%d of %d", d.same, d.decisions)
	}
	return []string{b.Name, string(b.Kind), strconv.Itoa(d.tokens), keep, small(d.rank), decisions, strconv.FormatInt(info.Size()/1000, 10)}, nil
}

func open(runtime *ort.Runtime, b *models.Bundle) (*ort.Session, error) {
	return runtime.Open(b.ModelPath(), ort.OptionsOf(&b.Manifest))
}

func small(x float64) string { return strconv.FormatFloat(x, 'e', 1, 64) }

// processes compares the answers of package openprovence with those of
// process(). A bundle whose tokenizer cannot be read is left out, and named.
func processes(r *report.Report, runtime *ort.Runtime, dirs []string, small, answers string) error {
	var rows [][]string
	for _, dir := range dirs {
		path := cmp.Or(map[string]string{small: answers}[dir], filepath.Join(dir, "process.json.gz"))
		if _, err := os.Stat(path); err != nil {
			continue
		}
		row, err := compareAnswers(context.Background(), runtime, dir, path)
		if errors.Is(err, errors.ErrUnsupported) {
			row = []string{filepath.Base(dir), "the tokenizer cannot be read yet", "", "", "", ""}
		} else if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		rows = append(rows, row)
	}
	r.Section("process()")
	r.Text("Arguments of OpenProvence's `process()` in every form, and the answers of package `labeler/openprovence`. " +
		"Alike: errors where the original has them, else the same sentences kept and removed, and scores within 1e-4. " +
		"Mended: without the defects of the original, which show in the others. `ragprune-small`: the original's code around the int8 graph of the default bundle.")
	r.Table([]string{"bundle", "calls", "alike with defects", "alike mended", "sentences", "largest difference of a score"}, rows)
	return nil
}
