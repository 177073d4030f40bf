package htmlprune

import (
	"slices"
	"strconv"
	"strings"
)

// html renders the kept units as an HTML fragment: the original tags of
// blocks and inlines with the attributes kept by Parse, without the elements
// that only group others. Compact leaves out the end tags that HTML5 lets a
// parser supply.
func (s *Selection) html(compact bool) string {
	w := htmlWriter{sel: s, compact: compact, source: s.tree.Format == Text}
	if s.tree.Root != nil {
		w.children(s.tree.Root)
	}
	return w.out.String()
}

// htmlWriter writes tags when the first kept text inside them comes, so that
// what is left out leaves no empty element.
type htmlWriter struct {
	sel     *Selection
	compact bool
	source  bool // of a text source
	out     strings.Builder
	frames  []htmlFrame // open elements, outermost first
	opened  int         // how many of them are written
	end     string      // an optional end tag that is owed
	blank   string      // white space that is owed
	inText  bool        // text may go on: no block tag came since
	next    int         // number of the list item to come, if counting
}

// htmlFrame is an element. An empty tag writes nothing.
type htmlFrame struct {
	tag, attrs string
	inline     bool
	// group is the tag of a transparent container; it is written if text
	// stands directly in the container.
	group string
	// bare marks text among blocks; it gets a p only to keep it apart from
	// other text.
	bare bool
}

func (w *htmlWriter) children(n *Node) {
	for _, c := range n.Children {
		w.node(c)
	}
}

// node writes the kept part of n.
func (w *htmlWriter) node(n *Node) {
	switch n.Kind {
	case Run:
		if w.sel.Has(n.Unit) {
			w.text(n.Text)
		} else if w.blank == "" {
			w.blank = trailingSpace(n.Text)
		}
	case Code:
		w.code(n)
	case Table:
		w.table(n)
	case List:
		w.list(n)
	case Item:
		w.item(n)
	default:
		if n.Kind == Inline && n.Tag == image {
			w.image(n)
			return
		}
		w.within(w.frame(n), n)
	}
}

// image writes an image without its source: what it shows, in words.
func (w *htmlWriter) image(n *Node) {
	text := w.sel.text(n)
	core := strings.Trim(text, " \n\t")
	if core == "" {
		return
	}
	w.start()
	w.flow()
	w.out.WriteString(`<img alt="` + escapeAttribute(core) + `">`)
	w.blank = text[len(strings.TrimRight(text, " \n\t")):]
}

// within writes the children of n inside an element.
func (w *htmlWriter) within(f htmlFrame, n *Node) {
	w.push(f)
	w.children(n)
	w.pop()
}

// push opens an element; its tag is written with the first text.
func (w *htmlWriter) push(f htmlFrame) { w.frames = append(w.frames, f) }

// pop closes the innermost element, if its tag was written.
func (w *htmlWriter) pop() {
	f := w.frames[len(w.frames)-1]
	w.frames = w.frames[:len(w.frames)-1]
	if w.opened <= len(w.frames) {
		return
	}
	w.opened = len(w.frames)
	switch {
	case f.inline:
		w.out.WriteString("</" + f.tag + ">")
	case f.tag != "":
		w.inText, w.blank = false, ""
		if w.end = ""; w.compact && optionalEnd(f.tag) {
			w.end = f.tag
			return
		}
		w.out.WriteString("</" + f.tag + ">")
	}
}

// start writes the tags that are owed.
func (w *htmlWriter) start() {
	for ; w.opened < len(w.frames); w.opened++ {
		f := &w.frames[w.opened]
		switch {
		case f.group != "" && w.opened+1 < len(w.frames) && w.frames[w.opened+1].bare:
			f.tag = f.group
		case f.bare && w.inText:
			f.tag = "p"
		}
		if f.tag == "" {
			continue
		}
		if f.inline {
			w.flow()
		} else {
			w.inText, w.blank = false, ""
			w.endBefore(f.tag)
		}
		w.out.WriteString("<" + f.tag + f.attrs + ">")
	}
}

// flow writes what is owed before text: the end tag of the block before it,
// and white space.
func (w *htmlWriter) flow() {
	w.endBefore("")
	switch feeds := strings.Count(w.blank, "\n"); {
	case w.blank == "" || !w.inText:
	case feeds > 0 && !w.source:
		w.out.WriteString(strings.Repeat("<br>", min(feeds, 2)))
	case feeds > 0:
		w.out.WriteByte('\n')
	default:
		w.out.WriteByte(' ')
	}
	w.blank, w.inText = "", true
}

// endBefore writes the end tag that is owed unless the tag to come, or the
// end of the document, implies it. A next of "" is text.
func (w *htmlWriter) endBefore(next string) {
	if w.end != "" && !impliesEnd(w.end, next) {
		w.out.WriteString("</" + w.end + ">")
	}
	w.end = ""
}

// text writes the text of a kept run. Its outer white space is owed.
func (w *htmlWriter) text(t string) {
	core := strings.Trim(t, " \n\t")
	if core == "" {
		w.blank += t
		return
	}
	lead := strings.Index(t, core)
	w.blank += t[:lead]
	w.start()
	w.flow()
	if w.source {
		w.out.WriteString(escapeHTML(core))
	} else {
		for i, line := range strings.Split(core, "\n") {
			if i > 0 {
				w.out.WriteString("<br>")
			}
			w.out.WriteString(escapeHTML(line))
		}
	}
	w.blank = t[lead+len(core):]
}

// code writes verbatim text.
func (w *htmlWriter) code(n *Node) {
	var b strings.Builder
	for _, run := range appendRuns(nil, n) {
		if w.sel.Has(run.Unit) {
			b.WriteString(run.Text)
		}
	}
	text := strings.Trim(b.String(), "\n")
	if strings.TrimSpace(text) == "" {
		return
	}
	w.push(htmlFrame{tag: "pre"})
	w.start()
	w.out.WriteString(escapeHTML(text))
	w.pop()
}

// list writes a list; items behind a gap get their number.
func (w *htmlWriter) list(n *Node) {
	outer := w.next
	f := w.frame(n)
	w.push(f)
	w.next = 0
	counter := newCounter(n, w.sel.tree)
	expected := counter.next
	for _, c := range n.Children {
		if c.Kind != Item || f.tag != "ol" {
			w.node(c)
			continue
		}
		number := counter.number(c)
		if w.next = 0; number != expected {
			w.next = number
		}
		before := w.out.Len()
		if w.node(c); w.out.Len() > before {
			expected = number + 1
		}
	}
	w.pop()
	w.next = outer
}

// item writes a list item, in a list of its own if the source has none.
func (w *htmlWriter) item(n *Node) {
	f := w.frame(n)
	if w.next > 0 {
		f.attrs = ` value="` + strconv.Itoa(w.next) + `"`
	}
	w.next = 0
	orphan := !w.inListOf(f.tag)
	if orphan && f.tag == "li" {
		w.push(htmlFrame{tag: "ul"})
	} else if orphan {
		w.push(htmlFrame{tag: "dl"})
	}
	w.within(f, n)
	if orphan {
		w.pop()
	}
}

// inListOf reports whether the innermost element with a tag is a list for
// items of this tag.
func (w *htmlWriter) inListOf(item string) bool {
	for _, f := range slices.Backward(w.frames) {
		switch f.tag {
		case "":
		case "ul", "ol", "menu":
			return item == "li"
		case "dl":
			return item != "li"
		default:
			return false
		}
	}
	return false
}

// table writes the kept rows of a table with every cell in its column.
func (w *htmlWriter) table(n *Node) {
	w.push(w.frame(n))
	for _, c := range n.Children {
		if c.Kind != Row {
			w.node(c)
		}
	}
	rows, cells := w.sel.grid(n)
	for i, row := range rows {
		head := row.Header && !allHeaders(row)
		if head {
			w.push(htmlFrame{tag: "thead"})
		}
		w.push(w.frame(row))
		w.start()
		for _, c := range cells[i] {
			w.tableCell(c)
		}
		w.pop()
		if head {
			w.pop()
		}
	}
	w.pop()
}

// tableCell writes a cell, an empty one where a cell of a row that was left
// out reached down.
func (w *htmlWriter) tableCell(c gridCell) {
	f := htmlFrame{tag: "td"}
	if c.cell != nil {
		f = w.frame(c.cell)
		if attr(c.cell, "rowspan") != "" && c.rows > 1 {
			f.attrs += ` rowspan="` + strconv.Itoa(c.rows) + `"`
		}
	} else if c.shown {
		return
	}
	if c.width > 1 {
		f.attrs += ` colspan="` + strconv.Itoa(c.width) + `"`
	}
	w.push(f)
	w.start()
	if c.cell != nil {
		w.children(c.cell)
	}
	w.pop()
}
