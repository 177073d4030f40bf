package generate

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/tokenizer"
)

// headBytes is what is looked at of the text of a block for its first token.
const headBytes = 64

// promptPart is a special token, or a text with places to fill in.
type promptPart struct {
	special int32
	text    string
}

func newPrompt(parts []models.PromptPart, t *tokenizer.Tokenizer) ([]promptPart, error) {
	out := make([]promptPart, len(parts))
	for i, p := range parts {
		out[i].text = p.Text
		if p.Special == "" {
			continue
		}
		id, ok := t.Special(p.Special)
		if !ok {
			return nil, fmt.Errorf("manifest: generation: prompt: the tokenizer has no special token %q", p.Special)
		}
		out[i].special = id
	}
	return out, nil
}

// promptIDs spells the prompt. Nothing in query or markup is a special token or
// a place to fill in.
func (g *Generator) promptIDs(query, markup string) []int32 {
	fill := strings.NewReplacer(models.PlaceHTML, markup, models.PlaceQuestion, query)
	var ids []int32
	for _, p := range g.prompt {
		if p.text == "" {
			ids = append(ids, p.special)
			continue
		}
		ids = g.options.Tokenizer.AppendIDs(ids, fill.Replace(p.text))
	}
	return ids
}

// input is a document ready for the model.
type input struct {
	prompt []int32
	// blocks are those of the document, read or not; read counts the former.
	blocks int
	read   int
	tree   *node
	// longest is the number of tokens of the longest path.
	longest int
}

// input spells prompt and paths. If they exceed the window, the markup is cut
// behind as many blocks as fit, as they end one after the other; tags that are
// open there stay open.
func (g *Generator) input(query string, d Document) (*input, error) {
	paths, stops := make([][]int32, len(d.Blocks)), make([]int32, len(d.Blocks))
	in := &input{blocks: len(d.Blocks)}
	for i, b := range d.Blocks {
		if b.End < 0 || b.End > len(d.Markup) {
			return nil, fmt.Errorf("generator: block %d ends at byte %d of %d", i, b.End, len(d.Markup))
		}
		paths[i] = g.options.Tokenizer.AppendIDs(nil, b.Path)
		stops[i] = g.stop(b, paths[i])
		if len(paths[i]) == 0 {
			return nil, fmt.Errorf("generator: the path of block %d has no tokens", i)
		}
		in.longest = max(in.longest, len(paths[i]))
	}
	room := g.manifest.WindowTokens - in.longest
	end := len(d.Markup)
	if in.prompt = g.promptIDs(query, d.Markup); len(in.prompt) > room {
		if end = g.cut(in, query, d, room); end == 0 {
			return nil, errTooLong
		}
	}
	t := newTree()
	for i, b := range d.Blocks {
		if b.End <= end {
			in.read++
			t.add(i, paths[i], stops[i])
		}
	}
	in.tree = t.finish()
	return in, nil
}

var errTooLong = errors.New("generator: not even the first block fits into the window beside the prompt (window_tokens of the manifest)")

// cut finds the end of the last block up to which the prompt has at most room
// tokens, and sets that prompt; 0 means that there is none.
func (g *Generator) cut(in *input, query string, d Document, room int) int {
	// The markup alone must fit, so there is no need to look further.
	start, _ := g.options.Tokenizer.Cut(d.Markup, max(room, 1))
	var ends []int
	for _, b := range d.Blocks {
		if b.End <= len(start) {
			ends = append(ends, b.End)
		}
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	// More markup never makes fewer tokens, but for the one at the cut.
	n := sort.Search(len(ends), func(i int) bool { return len(g.promptIDs(query, d.Markup[:ends[i]])) > room })
	if n == 0 {
		return 0
	}
	in.prompt = g.promptIDs(query, d.Markup[:ends[n-1]])
	return ends[n-1]
}

// stop is the token that follows the path where the text of b begins; the end
// of the answer if the text has no tokens.
func (g *Generator) stop(b Block, path []int32) int32 {
	head := b.Text
	if len(head) > headBytes {
		head = head[:headBytes]
		for r, size := utf8.DecodeLastRuneInString(head); r == utf8.RuneError && size == 1; r, size = utf8.DecodeLastRuneInString(head) {
			head = head[:len(head)-1]
		}
	}
	both := g.options.Tokenizer.AppendIDs(nil, b.Path+head)
	if len(both) > len(path) && slices.Equal(both[:len(path)], path) {
		return both[len(path)]
	}
	if alone := g.options.Tokenizer.AppendIDs(nil, head); len(alone) > 0 {
		return alone[0]
	}
	return g.end
}
