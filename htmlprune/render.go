package htmlprune

import "strings"

// Render writes the kept units in the format f; an empty f is the source's.
// The words of the output are words of the source in their order; only marks
// of structure are added: tags, list marks, pipes between cells.
//
// It keeps the structure that the units need: rows in their table, items in
// their list, code verbatim. HTML holds no other tags and attributes than a
// fixed list without active content. The output is never longer than the
// source: if f cannot do that, the output is text and a Warning says so. The
// same selection gives the same bytes.
func (s *Selection) Render(f Format) (out string, warnings []Warning) {
	if f == "" {
		f = s.tree.Format
	}
	limit := len(s.tree.Source)
	for _, write := range s.writers(f) {
		if out = write(); len(out) <= limit {
			return out, nil
		}
	}
	if f != Text {
		warnings = []Warning{{"format_text", "The " + string(f) + " would have been longer than the source; the output is text."}}
	}
	return s.plain(limit), warnings
}

// writers lists the ways to write f, the best first.
func (s *Selection) writers(f Format) []func() string {
	text := s.tree.Format == Text
	switch {
	case f == HTML:
		return []func() string{
			func() string { return s.html(false) },
			func() string { return s.html(true) },
		}
	case text:
		return []func() string{s.excerpt}
	case f == Markdown:
		return []func() string{func() string { return s.flat(true) }}
	default:
		return []func() string{func() string { return s.flat(false) }}
	}
}

// plain is text of at most limit bytes: without marks and, because only
// replaced invalid bytes make bare text longer than its source, without them.
func (s *Selection) plain(limit int) string {
	var out string
	if s.tree.Format == Text {
		out = s.excerpt()
	} else {
		out = s.flat(false)
	}
	if len(out) <= limit {
		return out
	}
	var b strings.Builder
	for u, kept := range s.kept {
		if kept {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(s.tree.Units[u].Text)
		}
	}
	if out = b.String(); len(out) > limit {
		out = strings.ReplaceAll(out, "\uFFFD", "")
	}
	return out[:cut(out+" ", min(limit, len(out)))]
}
