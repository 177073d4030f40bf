package htmlprune

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// farAway is the distance in CSS pixels from which a place is off the screen.
const farAway = 999

// look is what an element passes on to its children about how they are seen.
type look struct {
	invisible bool   // visibility: hidden, until a child says visible
	tiny      bool   // font-size: 0, until a child gives a size
	ground    string // background colour, as far as inline styles tell it
	colour    string // text colour, likewise
}

// unseen reports whether text with this look cannot be read.
func (l look) unseen() bool {
	return l.invisible || l.tiny || l.colour != "" && (l.colour == l.ground || l.colour == "transparent")
}

// apply takes the attributes of n into account. It returns false if nothing
// inside n can be seen.
func (l *look) apply(n *html.Node) bool {
	if len(n.Attr) == 0 {
		return n.DataAtom != atom.Dialog
	}
	if isHidden(n) {
		return false
	}
	if css := domAttr(n, "style"); css != "" {
		l.style(css)
	}
	return true
}

// isHidden reports whether attributes of n hide all that is inside: hidden,
// aria-hidden, a dialog or popover that is not open, an inline style.
func isHidden(n *html.Node) bool {
	open := n.DataAtom != atom.Dialog
	for i := range n.Attr {
		switch a := &n.Attr[i]; a.Key {
		case "hidden":
			if !strings.EqualFold(a.Val, "until-found") {
				return true
			}
		case "aria-hidden":
			if strings.EqualFold(strings.TrimSpace(a.Val), "true") {
				return true
			}
		case "popover":
			return true
		case "open":
			open = true
		case "style":
			if hidesAll(a.Val) {
				return true
			}
		}
	}
	return !open
}

// style takes over the properties that children inherit.
func (l *look) style(css string) {
	for name, value := range declarations(css) {
		switch name {
		case "visibility":
			l.invisible = value == "hidden" || value == "collapse"
		case "font-size":
			l.tiny = isZero(value)
		case "font":
			if size, _, _ := strings.Cut(value, " "); strings.HasPrefix(size, "0") {
				l.tiny = isZero(strings.SplitN(size, "/", 2)[0])
			}
		case "color", "-webkit-text-fill-color":
			l.colour = colour(value)
		case "background-color":
			l.ground = colour(value)
		case "background":
			l.ground = colour(value) // "" for images and the like
		case "background-image":
			l.ground = ""
		}
	}
}

// hidesAll reports whether an inline style hides an element with everything
// inside, whatever the styles inside say.
func hidesAll(css string) bool {
	clipped, flat := false, false
	for name, value := range declarations(css) {
		switch name {
		case "width", "height", "max-width", "max-height":
			n, ok := pixels(value)
			flat = flat || ok && n >= 0 && n <= 1
		case "overflow", "overflow-x", "overflow-y":
			clipped = clipped || value == "hidden" || value == "clip"
		default:
			if hides(name, value) {
				return true
			}
		}
	}
	return clipped && flat
}

// hides reports whether one declaration alone hides an element.
func hides(name, value string) bool {
	switch name {
	case "display":
		return value == "none"
	case "opacity":
		return isZero(value)
	case "content-visibility", "mso-hide":
		return value == "hidden" || value == "all"
	case "left", "right", "top", "bottom", "text-indent", "margin-left", "margin-top":
		n, ok := pixels(value)
		return ok && n <= -farAway
	case "transform", "clip", "clip-path", "filter":
		return shapesAway(name, value)
	}
	return false
}

// shapesAway reports whether a clip or transform leaves nothing to see.
func shapesAway(name, value string) bool {
	fn, rest, _ := strings.Cut(value, "(")
	args := strings.FieldsFunc(strings.TrimSuffix(rest, ")"), func(r rune) bool { return r == ',' || r == ' ' || r == ')' })
	if len(args) == 0 {
		return false
	}
	first, ok := pixels(args[0])
	switch name + ":" + strings.TrimSpace(fn) {
	case "clip:rect":
		return ok && allWithin(args, 1)
	case "clip-path:inset":
		return strings.HasSuffix(args[0], "%") && ok && first >= 50
	case "clip-path:circle", "transform:scale", "transform:scalex", "transform:scaley", "filter:opacity":
		return ok && first == 0
	case "transform:translate", "transform:translatex", "transform:translatey":
		return ok && first <= -farAway && !strings.HasSuffix(args[0], "%")
	}
	return false
}

// allWithin reports whether all lengths are between 0 and limit pixels.
func allWithin(args []string, limit float64) bool {
	for _, a := range args {
		if n, ok := pixels(a); !ok || n < 0 || n > limit {
			return false
		}
	}
	return true
}

// isZero reports whether a CSS number or length is zero, or so small that
// nothing is drawn.
func isZero(value string) bool {
	n, ok := pixels(value)
	return ok && n >= 0 && n < 0.02
}

// pixels is a CSS length in about pixels, or a bare number or percentage as
// it is. The relative units count as 16 pixels, parts of the window as 10.
func pixels(value string) (float64, bool) {
	end := len(value)
	for end > 0 && !isDecimal(value[end-1]) && value[end-1] != '.' {
		end--
	}
	n, err := strconv.ParseFloat(value[:end], 64)
	if err != nil {
		return 0, false
	}
	switch value[end:] {
	case "em", "rem", "pc":
		n *= 16
	case "vw", "vh":
		n *= 10
	case "in", "cm":
		n *= 40
	case "", "px", "pt", "%", "ex", "ch", "mm":
	default:
		return 0, false
	}
	return n, true
}
