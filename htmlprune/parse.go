package htmlprune

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// The defaults of Limits. maxDepth is also the largest depth: the HTML5
// parser of x/net stops at 512 open elements.
const (
	defaultBytes      = 8 << 20
	maxBytes          = 1 << 30
	maxDepth          = 512
	defaultNodes      = 500_000
	defaultAttributes = 256
	defaultTime       = 2 * time.Second
	maxSelector       = 1000
)

// Limits bound what one document may cost. A limit that is reached is a
// Warning on the Tree, never an error. Zero fields mean the defaults.
type Limits struct {
	// Bytes of the source that are read, at most 1 GiB; 0 means 8 MiB.
	Bytes int
	// Depth is the number of nested elements that are told apart, at most
	// 512; 0 means 512. Deeper text is kept, without its structure.
	Depth int
	// Nodes is the number of elements and texts; 0 means 500,000. There are at most
	// three quarters as many units, and half as many blocks in a text source:
	// they take about as much memory for it.
	Nodes int
	// Attributes is the number of attributes read per tag; 0 means 256.
	Attributes int
	// Time for one document; 0 means 2 s. A quarter of it may go to the HTML5
	// rules; when they need more, a simpler reading takes their place.
	Time time.Duration
}

// Validate reports the first field that is out of range.
func (l Limits) Validate() error {
	for _, f := range []struct {
		name  string
		value int
	}{{"Bytes", l.Bytes}, {"Depth", l.Depth}, {"Nodes", l.Nodes}, {"Attributes", l.Attributes}, {"Time", int(l.Time)}} {
		if f.value < 0 {
			return fmt.Errorf("htmlprune: Limits.%s is %d; it must not be negative", f.name, f.value)
		}
	}
	if l.Bytes > maxBytes {
		return fmt.Errorf("htmlprune: Limits.Bytes is %d; at most %d are possible", l.Bytes, maxBytes)
	}
	if l.Depth > maxDepth {
		return fmt.Errorf("htmlprune: Limits.Depth is %d; at most %d is possible", l.Depth, maxDepth)
	}
	return nil
}

// units is the largest number of units.
func (l Limits) units() int { return max(l.Nodes/4*3, 1) }

// blocks is the largest number of blocks in a text source.
func (l Limits) blocks() int { return max(l.Nodes/2, 1) }

// orDefault is l with defaults for the fields that are zero or out of range.
func (l Limits) orDefault() Limits {
	for _, f := range []struct {
		value *int
		or    int
	}{{&l.Bytes, defaultBytes}, {&l.Depth, maxDepth}, {&l.Nodes, defaultNodes}, {&l.Attributes, defaultAttributes}} {
		if *f.value <= 0 {
			*f.value = f.or
		}
	}
	l.Bytes, l.Depth = min(l.Bytes, maxBytes), min(l.Depth, maxDepth)
	if l.Time <= 0 {
		l.Time = defaultTime
	}
	return l
}

// Options say how a document is read. The zero value sniffs the format, uses
// the default limits, pins nothing, and drops links, alternative texts, dates and
// tooltips.
type Options struct {
	// Format is HTML or Text; empty means HTML if the source looks like it,
	// otherwise Text. Markdown is read as Text.
	Format Format
	// Limits bound the cost; zero fields mean defaults.
	Limits Limits
	// Pin selects elements whose units have Pinned set. HTML only.
	Pin []Selector
	// Links keeps the href of a elements.
	Links bool
	// Alt keeps the alternative text of images: it is read like visible text,
	// and written as that of an image.
	Alt bool
	// Times keeps the datetime of time, del and ins elements.
	Times bool
	// Titles keeps the title of inline elements, such as what an abbr stands
	// for.
	Titles bool
}

// Validate reports the first field that is out of range. Parse does not need
// it: it falls back to defaults.
func (o Options) Validate() error {
	switch o.Format {
	case "", Text, Markdown, HTML:
		return o.Limits.Validate()
	}
	return fmt.Errorf("htmlprune: Options.Format is %q; it must be empty, %q, %q or %q", o.Format, Text, Markdown, HTML)
}

// Selector is a compiled CSS selector. The zero value matches nothing.
type Selector struct {
	match cascadia.Matcher
}

// ParseSelector compiles a CSS selector, or a list of them separated by
// commas, of at most 1,000 bytes.
func ParseSelector(css string) (Selector, error) {
	if len(css) > maxSelector {
		return Selector{}, fmt.Errorf("htmlprune: selector has %d bytes; at most %d are allowed", len(css), maxSelector)
	}
	group, err := cascadia.ParseGroup(css)
	if err != nil {
		return Selector{}, fmt.Errorf("htmlprune: parse selector: %w", err)
	}
	return Selector{match: group}, nil
}

// matches reports whether the selector selects n.
func (s Selector) matches(n *html.Node) bool {
	return s.match != nil && s.match.Match(n)
}

// Parse reads a document. It is total: whatever the source is, the result is
// a Tree, and what could not be read is told in its warnings. The same source
// and options give the same tree unless Limits.Time is reached.
func Parse(source string, o Options) *Tree {
	o.Limits = o.Limits.orDefault()
	body := source
	if len(body) > o.Limits.Bytes {
		body = body[:cut(body, o.Limits.Bytes)]
	}
	var t *Tree
	if o.Format == HTML || o.Format == "" && looksLikeHTML(body) {
		t = parseHTML(body, o)
	} else {
		t = parseText(body, o)
	}
	t.Source = source
	if len(body) < len(source) {
		t.Truncated = true
		t.warn(string(t.Format)+"_bytes", "The document is longer than the limit; its end was not read.")
	}
	return t
}

// warn adds a warning unless it was given before.
func (t *Tree) warn(code, message string) {
	for _, w := range t.Warnings {
		if w.Code == code {
			return
		}
	}
	t.Warnings = append(t.Warnings, Warning{Code: code, Message: message})
}

// cut is the largest place up to n at which s may be cut: not inside a
// character.
func cut(s string, n int) int {
	for k := n; k > 0 && k > n-utf8.UTFMax; k-- {
		if utf8.RuneStart(s[k]) {
			return k
		}
	}
	return n
}

// looksLikeHTML reports whether a source of unknown format is HTML: it starts
// with a doctype or the html tag, or it both starts and ends with markup.
// Markdown may start with a tag, but hardly ends with one.
func looksLikeHTML(source string) bool {
	s := strings.TrimPrefix(source, "\uFEFF")
	s = strings.TrimSpace(s)
	head := strings.ToLower(s[:min(len(s), len("<!doctype html"))])
	if head == "<!doctype html" || strings.HasPrefix(head, "<html") {
		return true
	}
	if len(head) < 3 || head[0] != '<' || s[len(s)-1] != '>' {
		return false
	}
	return head[1] == '!' || head[1] == '?' || head[1] >= 'a' && head[1] <= 'z' && strings.Contains(s, "</")
}
