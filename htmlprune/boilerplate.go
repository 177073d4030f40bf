package htmlprune

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Boilerplate is what a page says around its content: navigation, footer,
// cookie banner, share bar, related links. It is found by signs of elements.
// A landmark that is nothing else (nav, the page's footer) is enough; any
// other sign is weak, and two different ones are needed:
//
//   - an aside, a header, the footer of a part, a dialog;
//   - a word such as "sidebar" in the class or id;
//   - half of the element's words are links or buttons, and no other text in
//     it is prose;
//   - for a word such as "cookie": the text speaks of cookies;
//   - for a word such as "share": no text has more than four words.
//
// An element that holds the page is never boilerplate, whatever it is called.

// sign is a set of signs.
type sign uint8

const (
	signLandmark sign = 1 << iota // enough by itself
	signAside                     // a landmark that may hold content
	signName                      // class or id says so
	signConsent                   // class or id speaks of cookies
	signShare                     // class or id speaks of sharing
	signMain                      // the main content begins: what is around it says nothing
)

const (
	// maxRegions bounds the nested elements with signs; deeper ones are a part
	// of those.
	maxRegions = 16
	// briefWords is the number of words of the longest text of a share bar.
	briefWords = 4
	// proseWords is the number of words from which a text is prose.
	proseWords = 20
	// maxNames is the length of a class or id that is looked at.
	maxNames = 256
)

// region is an element with signs. The outermost one is the page, without.
type region struct {
	parent *region
	depth  int
	signs  sign
	// words are those of all texts below, linked those of its links and
	// buttons, longest those of the longest text, prose those of the longest
	// text outside of links.
	words, linked, longest, prose int
	cookies                       bool // the text speaks of them
	// inherited are the signs of this region and those around it; they and
	// boilerplate are set by weigh.
	inherited   sign
	boilerplate bool
}

// count adds a text to the region and those around it.
func (r *region) count(text string, linked bool) {
	words := countWords(text)
	cookies := words > 0 && mentionsCookies(text)
	for ; r != nil; r = r.parent {
		r.words += words
		r.longest = max(r.longest, words)
		r.cookies = r.cookies || cookies
		if linked {
			r.linked += words
		} else {
			r.prose = max(r.prose, words)
		}
	}
}

// mentionsCookies looks for the word in the languages that have it, most.
func mentionsCookies(text string) bool {
	for i := 0; i+len("cookie") <= len(text); i++ {
		if text[i]|0x20 == 'c' && strings.EqualFold(text[i:i+len("cookie")], "cookie") {
			return true
		}
	}
	return false
}

// weigh decides about the regions, which are in document order.
func weigh(page *region, regions []*region) {
	for _, r := range regions {
		r.inherited = r.signs
		if r.holds(page) {
			r.inherited = 0
		}
		if r.signs&signMain == 0 {
			r.inherited |= r.parent.inherited
			r.boilerplate = r.parent.boilerplate
		}
		r.boilerplate = r.boilerplate || r.inherited&signLandmark != 0 || r.weak() > 1
	}
}

// weak counts the different weak signs.
func (r *region) weak() int {
	signs := r.inherited
	n := 0
	for _, present := range []bool{
		signs&signAside != 0,
		signs&(signName|signConsent|signShare) != 0,
		signs != 0 && r.words > 0 && 2*r.linked >= r.words && r.prose < proseWords,
		signs&signConsent != 0 && r.cookies,
		signs&signShare != 0 && r.longest <= briefWords,
	} {
		if present {
			n++
		}
	}
	return n
}

// holds reports whether r is most of the page: more than half of the words
// outside of links, or nine in ten of all.
func (r *region) holds(page *region) bool {
	return 2*(r.words-r.linked) > page.words-page.linked || 10*r.words > 9*page.words
}

// signs are those of an element; inPart says whether it is in an article,
// section or the like, so that a header or footer is not that of the page.
func signs(n *html.Node, inPart bool) sign {
	var s sign
	switch n.DataAtom {
	case atom.Html, atom.Body:
		return 0
	case atom.Main:
		return signMain
	case atom.Nav:
		s = signLandmark
	case atom.Footer:
		if s = signLandmark; inPart {
			s = signAside
		}
	case atom.Aside:
		s = signAside
	case atom.Header:
		if !inPart {
			s = signAside
		}
	}
	for i := range n.Attr {
		switch a := &n.Attr[i]; a.Key {
		case "role":
			s |= roleSigns(a.Val)
		case "class", "id":
			s |= nameSigns(a.Val)
		}
	}
	if s&signMain != 0 {
		return signMain
	}
	return s
}

// roleSigns are those of an ARIA role.
func roleSigns(role string) sign {
	switch strings.ToLower(strings.TrimSpace(role)) {
	case "main":
		return signMain
	case "navigation", "contentinfo", "menu", "menubar", "toolbar":
		return signLandmark
	case "banner", "complementary", "dialog", "alertdialog":
		return signAside
	}
	return 0
}

// nameSigns are those of the words of a class or id. Words end at anything
// but a letter or digit, and where a capital follows a small letter.
func nameSigns(names string) sign {
	var s sign
	names = names[:min(len(names), maxNames)]
	from := -1 // where the word at hand began
	var before rune
	for i, r := range names {
		inWord := unicode.IsLetter(r) || unicode.IsDigit(r)
		if from >= 0 && (!inWord || unicode.IsUpper(r) && unicode.IsLower(before)) {
			s |= wordSign(names[from:i])
			from = -1
		}
		if inWord && from < 0 {
			from = i
		}
		before = r
	}
	if from >= 0 {
		s |= wordSign(names[from:])
	}
	return s
}

// wordSign is the sign of one word of a class or id, which may be numbered.
// Short words are not: "ad300" is more likely a size than an advertisement.
func wordSign(word string) sign {
	if bare := strings.TrimRight(word, "0123456789"); len(bare) > 2 {
		word = bare
	}
	if len(word) < 2 || len(word) > len("recommendations") {
		return 0
	}
	switch strings.ToLower(word) {
	case "nav", "navbar", "navigation", "navlinks", "mainnav", "subnav", "topnav", "sidenav", "footernav", "menu", "menubar", "submenu",
		"breadcrumb", "breadcrumbs", "pagination", "pager", "paging", "toolbar", "links", "skip",
		"footer", "masthead", "sidebar", "rail", "widget", "copyright",
		"related", "recommended", "recommendation", "recommendations", "trending", "popular", "teaser", "teasers",
		"promo", "promos", "promotion", "ad", "ads", "advert", "adverts", "advertisement", "sponsored", "outbrain", "taboola",
		"newsletter", "subscribe", "signup", "login":
		return signName
	case "cookie", "cookies", "consent", "gdpr", "ccpa":
		return signConsent
	case "share", "sharing", "sharebar", "sharetools", "social", "follow":
		return signShare
	}
	return 0
}

// isPart reports the elements in which a header or footer is their own.
func isPart(tag atom.Atom) bool {
	switch tag {
	case atom.Article, atom.Section, atom.Main, atom.Aside, atom.Nav, atom.Blockquote, atom.Figure, atom.Details, atom.Dialog, atom.Td:
		return true
	}
	return false
}
