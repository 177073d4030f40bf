package webpage

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Text is all text of a page that can be seen by anybody, in document
// order, with a line break where a block begins or ends. It is made without
// package htmlprune, so that both do not share an error. It includes what
// styles hide: it serves to find words that are not of the page at all.
func Text(source string) string { return visible(source, false) }

// NumberedText is Text with the numbers that a browser shows before the
// items of ordered lists.
func NumberedText(source string) string { return visible(source, true) }

func visible(source string, numbers bool) string {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return ""
	}
	var b strings.Builder
	appendText(&b, root, numbers)
	return b.String()
}

func appendText(b *strings.Builder, n *html.Node, numbers bool) {
	switch {
	case n.Type == html.TextNode:
		b.WriteString(n.Data)
		return
	case n.Type == html.ElementNode && isSilent(n.DataAtom):
		return
	}
	block := n.Type == html.ElementNode && !isInline(n.DataAtom)
	if block {
		b.WriteByte('\n')
	}
	if numbers && n.DataAtom == atom.Li && n.Parent != nil && n.Parent.DataAtom == atom.Ol {
		fmt.Fprintf(b, "%d. ", itemNumber(n))
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		appendText(b, c, numbers)
	}
	if block {
		b.WriteByte('\n')
	}
}

// itemNumber counts the items with text from the start of the list, 1 if it
// has none. Items of pictures alone do not count: without them the numbers
// would have gaps that no reader of the text understands.
func itemNumber(item *html.Node) int {
	number := 1
	for _, a := range item.Parent.Attr {
		if start, err := strconv.Atoi(a.Val); err == nil && a.Key == "start" {
			number = start
		}
	}
	for c := item.PrevSibling; c != nil; c = c.PrevSibling {
		var b strings.Builder
		if appendText(&b, c, false); c.DataAtom == atom.Li && strings.TrimSpace(b.String()) != "" {
			number++
		}
	}
	return number
}

func isSilent(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Noembed, atom.Noframes:
		return true
	}
	return false
}

func isInline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.Abbr, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Cite, atom.Code, atom.Del, atom.Dfn, atom.Em,
		atom.Font, atom.I, atom.Ins, atom.Kbd, atom.Mark, atom.Q, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strike,
		atom.Strong, atom.Sub, atom.Sup, atom.Time, atom.Tt, atom.U, atom.Var, atom.Wbr, atom.Label:
		return true
	}
	return false
}

// Words are the runs of letters, marks and digits of text, without invisible
// characters such as soft hyphens.
func Words(text string) []string {
	return strings.FieldsFunc(dropInvisible(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	})
}

func dropInvisible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
}

// Invented counts the words of output that cannot be found in page after the
// words before them: words that are new or out of order.
func Invented(output, page []string) int {
	count, at := 0, 0
	for _, w := range output {
		next := at
		for next < len(page) && page[next] != w {
			next++
		}
		if next == len(page) {
			count++
			continue
		}
		at = next + 1
	}
	return count
}

// plain is text with single spaces and without invisible characters.
func plain(text string) string {
	return strings.Join(strings.Fields(dropInvisible(text)), " ")
}

// HoldsAnswer reports whether text contains one of the answers.
func HoldsAnswer(text string, answers []string) bool {
	text = plain(text)
	for _, a := range answers {
		if strings.Contains(text, plain(a)) {
			return true
		}
	}
	return false
}
