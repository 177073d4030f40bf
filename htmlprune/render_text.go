package htmlprune

import "strings"

func (s *Selection) flat(markdown bool) string {
	var out strings.Builder
	for u, kept := range s.kept {
		if kept {
			out.WriteString(s.tree.Units[u].Text)
			out.WriteString("\n")
		}
	}
	return strings.TrimSpace(out.String())
}
