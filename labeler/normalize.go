package labeler

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/ragprune/ragprune/models"
)

// normalize is the query as the model is to read it. The released Provence code
// compares queries as SQuAD compares answers, but for articles: lower case,
// without ASCII punctuation, with single spaces.
func normalize(rule models.QueryNormalization, query string) string {
	if rule != models.ProvenceQuery {
		return query
	}
	plain := strings.Map(func(r rune) rune {
		if isASCIIPunctuation(r) {
			return -1
		}
		return r
	}, cases.Lower(language.Und).String(query))
	return strings.Join(strings.Fields(plain), " ")
}

// isASCIIPunctuation reports whether r is in Python's string.punctuation.
func isASCIIPunctuation(r rune) bool {
	return '!' <= r && r <= '/' || ':' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
}
