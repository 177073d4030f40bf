package htmlrag

import (
	"regexp"
	"sort"
	"strings"
)

// attr is one attribute, its value as it will be written but not escaped.
type attr struct {
	name, value string
}

// charset finds the encoding in the content of a meta element.
var charset = regexp.MustCompile(`(?m)((?:^|;)` + space + `*charset=)[^;]*`)

// settle makes of the attributes of a tag what Beautiful Soup keeps: of a
// repeated name the last value, lists of words with single spaces, and the
// encoding of the output where a meta element tells one. They are sorted by
// name, as they are written.
func settle(tag string, attrs []attr) []attr {
	sort.SliceStable(attrs, func(i, j int) bool { return attrs[i].name < attrs[j].name })
	kept := attrs[:0]
	for i, a := range attrs {
		if i+1 < len(attrs) && attrs[i+1].name == a.name {
			continue
		}
		if isWordList(tag, a.name) {
			a.value = strings.Join(strings.FieldsFunc(a.value, isSpace), " ")
		}
		kept = append(kept, a)
	}
	if tag == "meta" {
		tellEncoding(kept)
	}
	return kept
}

// isWordList reports the attributes whose value is a list of words.
func isWordList(tag, name string) bool {
	switch name {
	case "class", "accesskey", "dropzone":
		return true
	case "rel":
		return tag == "a" || tag == "link" || tag == "area"
	case "rev":
		return tag == "a" || tag == "link"
	case "headers":
		return tag == "td" || tag == "th"
	case "accept-charset":
		return tag == "form"
	case "archive":
		return tag == "object"
	case "sizes":
		return tag == "icon"
	case "sandbox":
		return tag == "iframe"
	case "for":
		return tag == "output"
	}
	return false
}

// tellEncoding replaces the encoding that a meta element tells.
func tellEncoding(attrs []attr) {
	var content *attr
	isType := false
	for i := range attrs {
		switch a := &attrs[i]; a.name {
		case "charset":
			a.value = "utf-8"
			return
		case "content":
			content = a
		case "http-equiv":
			isType = lower(a.value) == "content-type"
		}
	}
	if content != nil && isType {
		content.value = charset.ReplaceAllString(content.value, "${1}utf-8")
	}
}
