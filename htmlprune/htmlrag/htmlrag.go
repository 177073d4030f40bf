package htmlrag

import (
	"errors"
	"fmt"
)

const (
	// maxBytes and maxNodes are the limits of htmlprune. Here they are errors,
	// since half a page has no counterpart to compare with.
	maxBytes = 8 << 20
	maxNodes = 500_000
	// maxWork bounds the bytes that are read again, for example after a tag
	// that is never closed: less than a second.
	maxWork = 1 << 26

	defaultWords = 512
)

// The errors. The first two are those of the Python package.
var (
	// ErrRejected is ParserRejectedMarkup: html.parser gives up on a
	// declaration, for example on "<![x".
	ErrRejected = errors.New("htmlrag: the markup is rejected")
	// ErrDigits is the ValueError of a decimal reference with more than 4,300
	// digits.
	ErrDigits = errors.New("htmlrag: a character reference has too many digits")
	// ErrLimit means more than 8 MiB, more than 500,000 elements and texts, or
	// markup that takes too long to read.
	ErrLimit = errors.New("htmlrag: the document is beyond the limits")

	errNodes = fmt.Errorf("%w: more than %d elements and texts", ErrLimit, maxNodes)
)

// Options are the arguments of build_block_tree.
type Options struct {
	// MaxWords is max_node_words, the size up to which an element is one
	// block; 0 means 512.
	MaxWords int
	// Chinese is zh_char: sizes are counted in characters instead of words.
	Chinese bool
}

// Validate reports the first field that is out of range.
func (o Options) Validate() error {
	if o.MaxWords < 0 {
		return fmt.Errorf("htmlrag: Options.MaxWords is %d; it must not be negative", o.MaxWords)
	}
	return nil
}

// Clean is clean_html: the page without scripts, styles, comments, attributes
// and empty elements, and without elements that hold nothing but one other.
// Bytes that are not UTF-8 are read as U+FFFD.
func Clean(html string) (string, error) {
	root, err := parse(html)
	if err != nil {
		return "", err
	}
	c := cleaner{root: root}
	if err := c.simplify(); err != nil {
		return "", err
	}
	return cleanXML(dropBlankLines(root.html())), nil
}

// BuildBlockTree is build_block_tree: the blocks in breadth-first order, and
// the page with the names that elements got while it was cut ("p0", "p1").
//
// As in Python, a page with several top elements that is small enough to be
// one block gives a block "html" that holds them and a page without them, and
// text without any element gives one block with an empty path when it is
// large, and an empty block "html" when it is small.
func BuildBlockTree(html string, o Options) ([]Block, string, error) {
	if err := o.Validate(); err != nil {
		return nil, "", err
	}
	if o.MaxWords == 0 {
		o.MaxWords = defaultWords
	}
	root, err := parse(html)
	if err != nil {
		return nil, "", err
	}
	c := cutter{Options: o}
	blocks := c.cut(root)
	return blocks, root.html(), nil
}

// parse is the constructor of BeautifulSoup with the parser "html.parser".
func parse(html string) (*node, error) {
	if len(html) > maxBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrLimit, len(html))
	}
	soup := newSoup()
	s := newScanner(html, soup)
	for _, end := range []bool{false, true} {
		if err := s.run(end); err != nil {
			return nil, err
		}
	}
	soup.endData(text)
	if soup.nodes > maxNodes {
		return nil, errNodes
	}
	return soup.root, nil
}
