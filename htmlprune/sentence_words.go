package htmlprune

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordClass says what a full stop after a word means.
type wordClass uint8

const (
	plain   wordClass = iota // the sentence ends
	title                    // never an end: "Dr.", "e.g."
	counted                  // no end before a number: "No. 5"
	short                    // an end only before a word that starts sentences: "Inc."
	ender                    // may end a sentence, and does before a capital: "etc."
)

// classOf classifies the word before a full stop, without that full stop.
// The lists hold what newspapers, papers, laws and encyclopedias use, in the
// larger languages of the web that end sentences with a full stop.
func classOf(word string) wordClass {
	if word == "" || len(word) > 12 {
		return plain
	}
	switch strings.ToLower(word) {
	case "mr", "mrs", "ms", "mx", "dr", "drs", "prof", "rev", "revd", "hon", "gen", "col", "maj", "capt", "cpt", "cmdr",
		"lt", "lt.-col", "lt.-gen", "sgt", "cpl", "pvt", "adm", "gov", "sen", "rep", "pres", "supt", "insp", "messrs", "mme", "mlle", "fr",
		"vs", "v", "e.g", "eg", "i.e", "ie", "cf", "viz", "approx", "ca", "resp", "incl", "excl", "esp", "transl", "trans",
		"z.b", "d.h", "u.a", "bzw", "ggf", "evtl", "vgl", "sog", "inkl", "zzgl", "hr", "frl", "dipl", "ing",
		"p.ex", "sra", "srta", "dra", "ud", "uds", "exmo", "sig", "dott", "avv", "dhr", "mevr", "bijv",
		"т.е", "т.к", "т.н", "им", "ул", "см", "проф", "акад", "напр", "гр":
		return title
	case "no", "nos", "fig", "figs", "eq", "eqs", "sec", "secs", "sect", "art", "arts", "vol", "vols", "ch", "chap", "p", "pp", "par", "para",
		"pt", "ref", "refs", "ex", "tab", "suppl", "app", "ver", "n", "nn", "op", "cap", "reg", "cl", "ss",
		"nr", "abs", "bd", "kap", "abb", "aufl", "num", "núm", "pág", "págs", "стр", "рис", "табл", "гл", "№", "n.º":
		return counted
	case "inc", "ltd", "co", "corp", "llc", "plc", "bros", "jr", "sr", "esq", "al", "ph.d", "m.d", "b.a", "m.a", "d.phil", "dept", "univ", "assn", "assoc",
		"ave", "blvd", "rd", "hwy", "ed", "eds", "biol", "chem", "phys", "intl", "natl", "acad", "proc", "conf", "calif", "ariz", "okla", "minn",
		"jan", "feb", "apr", "aug", "sept", "oct", "nov", "tues", "thurs", "spp", "sp", "subsp", "ssp", "var", "cv",
		"temp", "avg", "misc", "conc", "spec", "govt", "abbr", "orig", "prev", "subj", "auct", "dist", "equiv", "hrs", "mins",
		"г", "гг", "др", "руб", "тыс", "млн", "млрд":
		return short
	case "etc", "a.m", "p.m", "am", "pm", "usw", "u.s.w", "ecc", "т.д", "т.п":
		return ender
	}
	switch word { // words of their own when small
	case "St", "Mt", "Ft", "Est", "Vet", "Med", "Sci", "Int", "Max", "Min", "Mar", "Jun", "Jul", "Sep", "Dec", "Mon", "Tue", "Wed", "Thu", "Thur", "Fri", "Sat",
		"Mass", "Penn", "Wash", "Tex", "Fla", "Conn", "Ore", "Pa", "Va", "Ga", "Ky", "Md":
		return short
	}
	if isAcronym(word) {
		return short
	}
	return plain
}

// isAcronym reports whether word is letters with a full stop after each but
// the last: "U.S", "J.R.R", "D.C".
func isAcronym(word string) bool {
	letters, dots := 0, 0
	for _, r := range word {
		switch {
		case r == '.' && letters == dots+1:
			dots++
		case unicode.IsLetter(r) && letters == dots:
			letters++
		default:
			return false
		}
	}
	return dots > 0 && letters == dots+1
}

// isStarter reports whether s begins with a word that, in capitals, is far
// more often the first of a sentence than part of a name.
func isStarter(s string) bool {
	switch firstWord(s) {
	case "The", "This", "That", "These", "Those", "It", "Its", "He", "She", "They", "We", "I", "You", "His", "Her", "Their", "Our", "My", "Your",
		"A", "An", "In", "On", "At", "As", "By", "To", "From", "For", "With", "Under", "During", "After", "Before", "Since", "Until", "While", "When", "Where", "If",
		"Although", "Though", "Because", "However", "But", "And", "Or", "So", "Then", "Thus", "Therefore", "Also", "Moreover", "Furthermore", "Finally", "Meanwhile",
		"There", "Here", "What", "Who", "Why", "How", "Which", "Some", "Many", "Most", "Each", "Both", "All", "Any", "Other", "Another", "Such", "Once", "Now", "Today", "Later",
		"No", "Not", "Nor", "Yet", "Even", "Only", "According", "Despite", "Among", "Between", "Through", "Over", "Of", "Is", "Are", "Was", "Were", "Do", "Does", "Did", "Can", "Let",
		"Der", "Die", "Das", "Ein", "Eine", "Es", "Er", "Sie", "Wir", "Ich", "Im", "Am", "Auf", "Mit", "Und", "Aber", "Dies", "Diese", "Dieser",
		"Le", "La", "Les", "Un", "Une", "Il", "Elle", "Ils", "Nous", "Vous", "Ce", "Cette", "En", "Dans", "Pour",
		"El", "Los", "Las", "Una", "Este", "Esta", "Por", "Para", "Con", "Он", "Она", "Оно", "Они", "Мы", "В", "На", "По", "Это":
		return true
	}
	return false
}

// isMarker reports whether word, at the start of a sentence and before a full
// stop, numbers a list item: "1", "2.3", "b", "iv".
func isMarker(word string) bool {
	return utf8.RuneCountInString(word) == 1 && isLetter([]rune(word)[0]) ||
		len(word) <= 8 && isDigits(word) || isRoman(word)
}

// isRoman reports whether word is a small roman number in one case.
func isRoman(word string) bool {
	return word != "" && len(word) <= 5 && (strings.Trim(word, "ivx") == "" || strings.Trim(word, "IVX") == "")
}

func isInitial(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	return size > 0 && size == len(word) && unicode.IsUpper(r)
}

// isDigits reports whether word is digits, perhaps with full stops between.
func isDigits(word string) bool {
	return word != "" && strings.Trim(word, "0123456789.") == ""
}

// isLowerWord reports whether word is made of lower-case letters only.
func isLowerWord(word string) bool {
	for _, r := range word {
		if !unicode.IsLower(r) {
			return false
		}
	}
	return word != ""
}

// followsOrdinal reports whether the number before a full stop is a German
// ordinal: "am 3. Oktober", "im 19. Jahrhundert".
func followsOrdinal(number, right string) bool {
	if len(number) > 2 {
		return false
	}
	switch firstWord(right) {
	case "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
		"Dezember", "Jahrhundert", "Jahrhunderts", "Jahrhunderte", "Auflage", "Platz", "Klasse", "Januars":
		return true
	}
	return false
}

// lastWord returns the end of s from the last white space or opening mark;
// it is empty when the word is longer than nearby.
func lastWord(s string) string {
	floor := max(0, len(s)-nearby)
	for i := len(s); i > floor; {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if unicode.IsSpace(r) || strings.ContainsRune("([{\"“‘«—–/", r) {
			return s[i:]
		}
		i -= size
	}
	if floor > 0 {
		return ""
	}
	return s
}

// firstWord returns the letters that s begins with, behind opening marks.
func firstWord(s string) string {
	s = strings.TrimLeft(s[:min(len(s), nearby)], opening)
	for i, r := range s {
		if !unicode.IsLetter(r) {
			return s[:i]
		}
	}
	return s
}
