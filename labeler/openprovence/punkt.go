package openprovence

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/neurosnap/sentences/data"
)

// punkt finds sentences in English text by the algorithm of Kiss and Strunk
// ("Unsupervised Multilingual Sentence Boundary Detection", 2006, section 4)
// with the parameters that NLTK ships. It decides as NLTK 3.9 does.
type punkt struct {
	Abbreviations map[string]int `json:"AbbrevTypes"`
	// Collocations are pairs "a,b".
	Collocations map[string]int `json:"Collocations"`
	Starters     map[string]int `json:"SentStarters"`
	// Orthography holds the contexts in which a word was seen, as bits.
	Orthography map[string]int `json:"OrthoContext"`
}

// Bits of Orthography.
const (
	midUpper  = 1 << 2
	upper     = 1<<1 | 1<<2 | 1<<3
	begLower  = 1 << 4
	lower     = 1<<4 | 1<<5 | 1<<6
	parameter = "data/english.json"
)

func newPunkt() (*punkt, error) {
	file, err := data.Asset(parameter)
	if err != nil {
		return nil, fmt.Errorf("punkt: %w", err)
	}
	p := &punkt{}
	if err := json.Unmarshal(file, p); err != nil {
		return nil, fmt.Errorf("punkt: %w", err)
	}
	return p, nil
}

// span is the byte range [start, end) of a text.
type span struct{ start, end int }

// sentences returns the sentences of text, without the white space between.
func (p *punkt) sentences(text string) []span {
	slices := p.slices(text)
	var out []span
	shift := 0
	for i, s := range slices {
		s.start += shift
		shift = 0
		if i+1 < len(slices) {
			// Quotes and brackets that follow the full stop belong to it.
			next := text[slices[i+1].start:slices[i+1].end]
			if marks, all := closing(next); marks > 0 {
				out = append(out, span{s.start, slices[i+1].start + marks})
				shift = all
				continue
			}
		}
		if s.start < s.end {
			out = append(out, s)
		}
	}
	return out
}

// closing returns the length of the closing marks that text begins with if
// white space, a dash or the end follows, and the length with the white space.
func closing(text string) (marks, all int) {
	for marks < len(text) && strings.IndexByte(`"')]}`, text[marks]) >= 0 {
		marks++
	}
	if marks == 0 {
		return 0, 0
	}
	rest := text[marks:]
	all = len(text) - len(trimLeft(rest))
	if rest == "" || all > marks || strings.HasPrefix(rest, "--") {
		return marks, all
	}
	return 0, 0
}

// slices cuts text behind each mark that ends a sentence.
func (p *punkt) slices(text string) []span {
	var out []span
	start := 0
	for _, c := range contexts(text) {
		if !p.breaks(c.text) {
			continue
		}
		out = append(out, span{start, c.end})
		start = c.next
	}
	return append(out, span{start, max(start, len(trimRight(text)))})
}

// context is a mark that may end a sentence, with the words around it.
type context struct {
	text string
	// end is behind the mark, next where a sentence after it would begin.
	end, next int
}

// contexts returns the last mark of each word that has any.
func contexts(text string) []context {
	var out []context
	word, last := span{}, context{}
	for at := 0; at < len(text); at++ {
		if strings.IndexByte(".?!", text[at]) < 0 {
			continue
		}
		after, next := following(text[at+1:])
		if after == 0 {
			continue
		}
		begin := word.start
		if i := strings.LastIndexAny(text[word.end:at], " \t\n\r\v\f"); i > 0 {
			begin = word.end + i + 1
		}
		if last.end > 0 && word.end <= begin {
			out = append(out, last)
		}
		word = span{begin, at}
		last = context{text: text[begin : at+1+after], end: at + 1, next: at + 1 + next}
	}
	if last.end > 0 {
		out = append(out, last)
	}
	return out
}

// following returns the length of what follows a mark, a mark inside of a word
// or white space and a word, and how far behind the mark the next sentence would
// begin. 0 means that no sentence can end there.
func following(rest string) (length, next int) {
	if rest == "" {
		return 0, 0
	}
	if isNonWord(rest[0]) {
		return 1, 0
	}
	word := trimLeft(rest)
	space := len(rest) - len(word)
	if space == 0 || word == "" {
		return 0, 0
	}
	end := strings.IndexFunc(word, isSpace)
	if end < 0 {
		end = len(word)
	}
	return space + end, space
}

func isNonWord(c byte) bool { return strings.IndexByte(`)";}]*:@'({[?!`, c) >= 0 }

// word is a token on the way through both passes of the algorithm.
type word struct {
	text, kind           string
	breaks, abbr, dotted bool
}

var number = regexp.MustCompile(`^-?[.,]?\p{Nd}[\p{Nd},.\-]*\.?$`)

func newWord(text string) word {
	kind := strings.ToLower(text)
	if number.MatchString(kind) {
		kind = "##number##"
	}
	return word{text: text, kind: kind}
}

func (w word) periodFinal() bool { return strings.HasSuffix(w.text, ".") }

func (w word) kindWithoutPeriod() string {
	if len(w.kind) > 1 {
		return strings.TrimSuffix(w.kind, ".")
	}
	return w.kind
}

// kindAsNext is the kind of a word that follows a mark.
func (w word) kindAsNext() string {
	if w.breaks {
		return w.kindWithoutPeriod()
	}
	return w.kind
}

func (w word) isInitial() bool {
	r, size := utf8.DecodeRuneInString(w.text)
	return w.text[size:] == "." && isWordLetter(r)
}

func isWordLetter(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) && !unicode.Is(unicode.Nd, r)
}

func (w word) first() rune {
	r, _ := utf8.DecodeRuneInString(w.text)
	return r
}

// breaks reports whether a sentence ends before the last word of a context.
func (p *punkt) breaks(text string) bool {
	words := p.words(text)
	for i := range words {
		if i+1 < len(words) {
			p.decide(&words[i], words[i+1])
			if words[i].breaks {
				return true
			}
		}
	}
	return false
}

// words returns the words of text, with what their kind alone says.
func (p *punkt) words(text string) []word {
	var out []word
	for line := range strings.SplitSeq(text, "\n") {
		for _, t := range splitWords(line) {
			w := newWord(t)
			p.judge(&w)
			out = append(out, w)
		}
	}
	return out
}

// judge decides on a word by its kind (first pass).
func (p *punkt) judge(w *word) {
	switch {
	case w.text == "." || w.text == "?" || w.text == "!":
		w.breaks = true
	case len(w.text) > 1 && strings.Trim(w.text, ".") == "":
		w.dotted = true
	case w.periodFinal() && !strings.HasSuffix(w.text, ".."):
		stem := strings.ToLower(strings.TrimSuffix(w.text, "."))
		tail := stem[strings.LastIndexByte(stem, '-')+1:]
		w.abbr = has(p.Abbreviations, stem) || has(p.Abbreviations, tail)
		w.breaks = !w.abbr
	}
}

func has(set map[string]int, key string) bool {
	_, ok := set[key]
	return ok
}

// decide looks at the word after a word that ends with a full stop (second
// pass; section 4 of the paper).
func (p *punkt) decide(w *word, next word) {
	if !w.periodFinal() {
		return
	}
	kind, nextKind, initial := w.kindWithoutPeriod(), next.kindAsNext(), w.isInitial()
	if has(p.Collocations, kind+","+nextKind) {
		w.breaks, w.abbr = false, true
		return
	}
	starts, sure := p.startsSentence(next)
	upperNext := unicode.IsUpper(next.first())
	if (w.abbr || w.dotted) && !initial {
		if sure && starts || upperNext && has(p.Starters, nextKind) {
			w.breaks = true
			return
		}
	}
	if !initial && kind != "##number##" {
		return
	}
	always := !sure && initial && upperNext && p.Orthography[nextKind]&lower == 0
	if sure && !starts || always {
		w.breaks, w.abbr = false, true
	}
}

// startsSentence reports what the spelling of a word says about whether it
// begins a sentence, and whether it says anything.
func (p *punkt) startsSentence(w word) (starts, sure bool) {
	if len(w.text) == 1 && strings.Contains(";:,.!?", w.text) {
		return false, true
	}
	seen, first := p.Orthography[w.kindAsNext()], w.first()
	if unicode.IsUpper(first) && seen&lower != 0 && seen&midUpper == 0 {
		return true, true
	}
	if unicode.IsLower(first) && (seen&upper != 0 || seen&begLower == 0) {
		return false, true
	}
	return false, false
}

// splitWords cuts a line into words and punctuation; a full stop stays with its
// word.
func splitWords(line string) []string {
	var out []string
	for at := 0; at < len(line); {
		r, size := utf8.DecodeRuneInString(line[at:])
		if isSpace(r) {
			at += size
			continue
		}
		end := at + multiChar(line[at:])
		if end == at {
			end = at + size
			if !strings.ContainsRune("(\"`{[:;&#*@)}]-,", r) {
				end = wordEnd(line, end)
			}
		}
		out = append(out, line[at:end])
		at = end
	}
	return out
}

func wordEnd(line string, at int) int {
	for at < len(line) {
		rest := line[at:]
		if endsWord(rest) || rest[0] == ',' && (len(rest) == 1 || endsWord(rest[1:])) {
			return at
		}
		_, size := utf8.DecodeRuneInString(rest)
		at += size
	}
	return at
}

func endsWord(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return isSpace(r) || isNonWord(rest[0]) || multiChar(rest) > 0
}

var spacedDots = regexp.MustCompile(`^(?:\.[\s\v\p{Z}\x{1c}-\x{1f}\x{85}]){2,}\.`)

// multiChar returns the length of the dash or ellipsis that text begins with.
func multiChar(text string) int {
	if text[0] != '-' && text[0] != '.' {
		return 0
	}
	if n := len(text) - len(strings.TrimLeft(text, text[:1])); n > 1 {
		return n
	}
	if text[0] == '.' {
		return len(spacedDots.FindString(text))
	}
	return 0
}
