package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A set is written like this:
//
//	What the set is for: all lines before the first item.
//	join: line
//
//	== name-of-the-item
//	query: Which document is asked for?
//	answer: one string || or another
//	  A sentence that does not answer.
//	+ A sentence that is relevant.
//	! A planted sentence.
//
//	  The first sentence of the next paragraph.
//
// Keys are query and, where needed, title, answer, join (how the sentences of
// a paragraph are joined: space, line or none; before the first item it holds
// for all), fill (see fill.go), and for a page header, the cells of its row of
// headers with ", " between them. A page begins with the first line that
// begins with "<" and ends with the item.

// draft is a set as it is written.
type draft struct {
	name, meaning string
	pieces        []piece
}

// piece is an item as it is written.
type piece struct {
	id, query, title string
	answers, header  []string
	// between is what joins the sentences of a paragraph.
	between string
	// fill is the number of sentences that the document gets at least; 0 if it
	// is as it is written.
	fill       int
	paragraphs []paragraph
	page       string
}

type paragraph []sentence

// sentence with its mark: ' ', '+' (relevant) or '!' (planted).
type sentence struct {
	mark byte
	text string
}

// parse reads a set.
func parse(text string) (draft, error) {
	var d draft
	head, rest, _ := strings.Cut("\n"+text, "\n== ")
	between := " "
	var meaning []string
	for line := range strings.SplitSeq(strings.TrimSpace(head), "\n") {
		if how, ok := strings.CutPrefix(line, "join: "); ok {
			if between, ok = joins[how]; !ok {
				return d, fmt.Errorf("join is %q, want space, line or none", how)
			}
			continue
		}
		meaning = append(meaning, line)
	}
	d.meaning = strings.Join(meaning, " ")
	for body := range strings.SplitSeq(rest, "\n== ") {
		id, body, _ := strings.Cut(body, "\n")
		p := piece{id: id, between: between}
		if err := p.read(body); err != nil {
			return d, fmt.Errorf("%s: %w", id, err)
		}
		d.pieces = append(d.pieces, p)
	}
	return d, nil
}

// joins are what the values of the key join stand for.
var joins = map[string]string{"space": " ", "line": "\n", "none": ""}

// read reads the lines of an item behind its name.
func (p *piece) read(body string) error {
	gap := true // the next sentence begins a paragraph
	lines := strings.Split(strings.TrimRight(body, "\n "), "\n")
	for i, line := range lines {
		switch {
		case line == "":
			gap = true
		case line[0] == '<':
			p.page = strings.Join(lines[i:], "\n")
			return nil
		case len(line) > 2 && strings.IndexByte(" +!", line[0]) >= 0 && line[1] == ' ':
			if gap {
				p.paragraphs = append(p.paragraphs, nil)
				gap = false
			}
			last := &p.paragraphs[len(p.paragraphs)-1]
			*last = append(*last, sentence{line[0], line[2:]})
		default:
			if err := p.key(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// key reads a line "key: value".
func (p *piece) key(line string) (err error) {
	key, value, ok := strings.Cut(line, ": ")
	if !ok || len(p.paragraphs) > 0 {
		return fmt.Errorf("%q is neither a sentence with its mark nor a key before the first sentence", line)
	}
	switch key {
	case "query":
		p.query = value
	case "title":
		p.title = value
	case "answer":
		p.answers = strings.Split(value, " || ")
	case "header":
		p.header = strings.Split(value, ", ")
	case "fill":
		p.fill, err = strconv.Atoi(value)
	case "join":
		if p.between, ok = joins[value]; !ok {
			err = fmt.Errorf("join is %q, want space, line or none", value)
		}
	default:
		err = fmt.Errorf("unknown key %q", key)
	}
	return err
}
