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
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/ragprune/ragprune/bench/internal/devset"
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
	names := strings.FieldsFunc(o.sets, func(r rune) bool { return r == ',' })
	if len(names) == 0 {
		if names, err = devset.Names(dir); err != nil {
			return err
		}
	}
	var rows [][]string
	for _, name := range names {
		if name == "qmsum_long" && o.sets == "" {
			continue
		}
		set, err := devset.Read(dir, name)
		if err != nil {
			return err
		}
		m := measure(set)
		m.print(name, o.show)
		rows = append(rows, append([]string{name}, m.cells()...))
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
