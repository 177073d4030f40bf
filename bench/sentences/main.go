// Command sentences compares where htmlprune ends sentences with the
// sentences of the labelled development sets, and measures its speed. It
// writes bench/results/sentences.md.
//
//	main.go     flags, and the way of a run
//	measure.go  one set: ends that agree, and the time
//
// Usage:
//
//	go run ./bench/sentences
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/bench/eval/dataset"
	"github.com/ragprune/ragprune/bench/internal/report"
	"github.com/ragprune/ragprune/bench/internal/shared"
)

type options struct {
	sets string
	show int
	out  string
}

func main() {
	var o options
	flag.StringVar(&o.sets, "sets", "", "development sets, separated by commas; empty means all but qmsum_long, whose sentences are turns")
	flag.IntVar(&o.show, "show", 0, "disagreements of each kind to print for each set; 0 means none")
	flag.StringVar(&o.out, "out", "bench/results/sentences.md", "report to write")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "sentences:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	dir, err := shared.Dir("data", "dev")
	if err != nil {
		return err
	}
	data, err := dataset.Read(dir)
	if err != nil {
		return err
	}
	if len(data.Problems) > 0 {
		return errors.New(data.Problems[0].String())
	}
	names := strings.FieldsFunc(o.sets, func(r rune) bool { return r == ',' })
	var rows [][]string
	for _, set := range data.Sets {
		if set.Name == "qmsum_long" && o.sets == "" || o.sets != "" && !slices.Contains(names, set.Name) {
			continue
		}
		m := measure(set.Rows)
		m.print(set.Name, o.show)
		rows = append(rows, append([]string{set.Name}, m.cells()...))
	}
	if len(rows) == 0 {
		return fmt.Errorf("no set is called %s", o.sets)
	}
	return write(o, rows)
}

func write(o options, rows [][]string) error {
	r := report.New("Sentence ends", report.Command("sentences"))
	r.Text("Each passage is parsed as text. An end is right if a sentence of the set ends at the same byte; the end of the passage does not count. " +
		"The sets were cut by different programs and by hand, with errors of their own: subjqa leaves sentences that lost the space between them " +
		"in one piece, selqa and fairytaleqa cut between a quotation and what says who spoke, several cut after \"e.g.\" and \"No.\".")
	r.Table([]string{"set", "passages", "ends", "precision", "recall", "F1", "MB/s"}, rows)
	if err := r.Write(o.out); err != nil {
		return err
	}
	fmt.Print(r)
	return nil
}
