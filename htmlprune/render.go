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
		warnings = append(warnings, Warning{"format_text", "The " + string(f) + " would have been longer than the source; the output is text."})
	}
	if out = s.text(); len(out) > limit {
		// Only replaced invalid bytes make text longer than its source.
		out = strings.ReplaceAll(out, "\uFFFD", "")
	}
	return out, warnings
}

// writers lists the ways to write f, the best first.
func (s *Selection) writers(f Format) []func() string {
	switch {
	case f == HTML:
		return []func() string{
			func() string { return s.html(false) },
			func() string { return s.html(true) },
		}
	case f == Markdown && s.tree.Format == HTML:
		return []func() string{s.markdown}
	}
	return nil
}

// text writes plain text.
func (s *Selection) text() string {
	if s.tree.Format == Text {
		return s.excerpt()
	}
	return s.flat(false)
}

// markdown writes Markdown of an HTML source.
func (s *Selection) markdown() string { return s.flat(true) }
