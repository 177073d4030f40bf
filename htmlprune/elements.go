package htmlprune

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// isBlock reports whether an element stands apart from the text around it.
func isBlock(tag atom.Atom) bool {
	switch tag {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Caption, atom.Center,
		atom.Dd, atom.Details, atom.Dialog, atom.Dir, atom.Div, atom.Dl, atom.Dt,
		atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.Frameset,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Head, atom.Header, atom.Hgroup, atom.Hr,
		atom.Html, atom.Legend, atom.Li, atom.Listing, atom.Main, atom.Menu, atom.Nav, atom.Ol,
		atom.Optgroup, atom.Option, atom.P, atom.Plaintext, atom.Pre, atom.Search, atom.Section, atom.Summary,
		atom.Table, atom.Tbody, atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Ul, atom.Xmp:
		return true
	}
	return false
}

// isBox reports whether an inline element is drawn as a box of its own, so
// that its words do not join those around it.
func isBox(tag atom.Atom) bool {
	switch tag {
	case atom.Button, atom.Label, atom.Img, atom.Input, atom.Select, atom.Textarea, atom.Object, atom.Video, atom.Audio, atom.Canvas, atom.Iframe, atom.Svg, atom.Meter, atom.Progress:
		return true
	}
	return false
}

// isInvisible reports whether a reader never sees the content of an element:
// metadata, programs, controls, and fallbacks of embedded media.
func isInvisible(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Noembed, atom.Noframes, atom.Meta, atom.Link, atom.Base,
		atom.Iframe, atom.Object, atom.Embed, atom.Applet, atom.Audio, atom.Video, atom.Canvas, atom.Svg,
		atom.Input, atom.Textarea, atom.Select, atom.Datalist, atom.Meter, atom.Progress,
		atom.Annotation, atom.AnnotationXml:
		return true
	}
	return false
}

// groupKind is the kind of a block that may hold other blocks.
func groupKind(tag atom.Atom) Kind {
	switch tag {
	case atom.P:
		return Paragraph
	case atom.Ul, atom.Ol, atom.Dl, atom.Dir, atom.Menu:
		return List
	case atom.Li, atom.Dt, atom.Dd:
		return Item
	case atom.Blockquote:
		return Quote
	}
	return Container
}

// keepsInline reports whether an inline element means something without its
// attributes, or has an attribute that is kept.
func keepsInline(n *html.Node, links bool) bool {
	switch n.DataAtom {
	case atom.B, atom.Strong, atom.I, atom.Em, atom.Code, atom.Kbd, atom.Samp, atom.Var, atom.Sub, atom.Sup,
		atom.S, atom.Del, atom.Ins, atom.U, atom.Mark, atom.Q, atom.Cite, atom.Abbr, atom.Time, atom.Small,
		atom.Dfn, atom.Bdo, atom.Ruby, atom.Rt, atom.Rp:
		return true
	case atom.A:
		return links && domAttr(n, "href") != ""
	}
	return false
}

// domAttr is the value of an attribute, or "".
func domAttr(n *html.Node, name string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			return n.Attr[i].Val
		}
	}
	return ""
}

// keptOnRequest says which attributes are kept because somebody wants them.
type keptOnRequest struct{ links, times, titles bool }

// keptAttrs are the attributes that the output needs to mean the same, and those
// that are wanted.
func keptAttrs(n *html.Node, keeps keptOnRequest) []Attr {
	var out []Attr
	for _, a := range n.Attr {
		if keeps.attr(n.DataAtom, a.Key) && a.Namespace == "" {
			out = append(out, Attr{a.Key, visible(a.Val)})
		}
	}
	return out
}

func (k keptOnRequest) attr(tag atom.Atom, name string) bool {
	switch name {
	case "lang", "dir":
		return true
	case "colspan", "rowspan":
		return tag == atom.Td || tag == atom.Th
	case "scope":
		return tag == atom.Th
	case "start", "reversed", "type":
		return tag == atom.Ol
	case "value":
		return tag == atom.Li
	case "datetime":
		return k.times && (tag == atom.Time || tag == atom.Del || tag == atom.Ins)
	case "title":
		return k.titles && isSafeInline(tag.String())
	case "href":
		return k.links && tag == atom.A
	}
	return false
}

// simplify merges a finished block with its only child, where one of the two
// adds nothing: a reader sees no wrappers. It returns nil for an empty block.
func simplify(n *Node) *Node {
	if len(n.Children) == 0 {
		return nil
	}
	if holdsText(n) {
		if n.Kind == Container || n.Kind == List {
			n.Kind = Paragraph
		}
		return n
	}
	only := n.Children[0]
	alone := len(n.Children) == 1
	switch {
	case alone && only.Kind == Paragraph && (n.Kind == Item || n.Kind == Quote):
		n.Children = only.Children
		return n
	case n.Kind == Paragraph:
		n.Kind = Container
	}
	if n.Kind != Container || !alone {
		return n
	}
	if !isolates(n) && len(n.Attrs) == 0 {
		return only
	}
	if only.Kind == Container && len(only.Attrs) == 0 {
		n.Children = only.Children
	}
	return n
}
