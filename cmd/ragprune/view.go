package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/ragprune/ragprune/prune"
)

// ANSI sequences of the coloured view.
const (
	bold, green, dim, reset = "\x1b[1m", "\x1b[32m", "\x1b[2m", "\x1b[0m"
)

// view prints an answer for a reader or for a program.
type view struct {
	w       io.Writer
	json    bool
	colored bool
}

// newView decides on colour: auto means on a terminal, unless NO_COLOR is set.
func newView(asJSON bool, color string, w io.Writer) view {
	auto := isTerminal(w) && os.Getenv("NO_COLOR") == ""
	return view{w: w, json: asJSON, colored: !asJSON && (color == "always" || color == "auto" && auto)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (v view) print(response *prune.Response) error {
	if v.json {
		return printJSON(v.w, response)
	}
	var b strings.Builder
	for i, r := range response.Results {
		if v.colored {
			writeColored(&b, r)
			continue
		}
		if len(response.Results) > 1 {
			if i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "==> %s <==\n", headline(r))
		}
		b.WriteString(r.Text)
		b.WriteByte('\n')
	}
	if v.colored {
		writeTotal(&b, response.Usage)
	}
	_, err := io.WriteString(v.w, b.String())
	return err
}

func headline(r prune.Result) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s  score %.2f, %d of %d tokens", printable(r.ID), r.Score, r.Tokens.After, r.Tokens.Before)
	if r.Degraded != nil {
		fmt.Fprintf(&s, ", %s: %s", r.Degraded.Reason, r.Degraded.Used)
	}
	for _, w := range r.Warnings {
		s.WriteString(", " + w.Code)
	}
	return s.String()
}

// writeColored shows all units of a document, kept ones bright with their
// score, dropped ones dim.
func writeColored(b *strings.Builder, r prune.Result) {
	fmt.Fprintf(b, "%s%s%s\n", bold, headline(r), reset)
	for _, u := range r.Units {
		color := dim
		if u.Kept {
			color = green
		}
		fmt.Fprintf(b, "%s%.3f %s%s\n", color, u.Score, printable(u.Text), reset)
	}
	b.WriteByte('\n')
}

func writeTotal(b *strings.Builder, u prune.Usage) {
	saved := 0.0
	if u.TokensBefore > 0 {
		saved = 100 * (1 - float64(u.TokensAfter)/float64(u.TokensBefore))
	}
	fmt.Fprintf(b, "%s%d of %d tokens kept, %.0f %% saved%s\n", bold, u.TokensAfter, u.TokensBefore, saved, reset)
}

// printable keeps a document from steering the terminal: control characters
// other than line feed and tab are dropped.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}
