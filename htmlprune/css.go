package htmlprune

import (
	"iter"
	"strconv"
	"strings"
)

// declarations gives the properties of an inline style in order, names and
// values in lower case, without comments, escapes and "!important".
func declarations(css string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		css := plainCSS(css)
		for css != "" {
			var d string
			d, css = cutDeclaration(css)
			name, value, ok := strings.Cut(d, ":")
			if !ok {
				continue
			}
			value = strings.ToLower(strings.TrimSpace(value))
			value = strings.TrimSpace(strings.TrimSuffix(strings.ReplaceAll(value, "! important", "!important"), "!important"))
			if !yield(strings.ToLower(strings.TrimSpace(name)), value) {
				return
			}
		}
	}
}

// cutDeclaration cuts at the next semicolon outside brackets.
func cutDeclaration(css string) (first, rest string) {
	depth := 0
	for i := range len(css) {
		switch css[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ';':
			if depth <= 0 {
				return css[:i], css[i+1:]
			}
		}
	}
	return css, ""
}

// plainCSS drops comments and decodes escapes, which may hide a keyword:
// "dis/**/play" hides none, "d\69splay" does.
func plainCSS(css string) string {
	if !strings.Contains(css, "/*") && !strings.Contains(css, `\`) {
		return css
	}
	var out strings.Builder
	for i := 0; i < len(css); {
		switch {
		case strings.HasPrefix(css[i:], "/*"):
			n := strings.Index(css[i+2:], "*/")
			if n < 0 {
				return out.String()
			}
			out.WriteByte(' ')
			i += n + 4
		case css[i] == '\\':
			r, n := cssEscape(css[i:])
			out.WriteString(r)
			i += n
		default:
			out.WriteByte(css[i])
			i++
		}
	}
	return out.String()
}

// cssEscape decodes the escape at the beginning of s: up to six hexadecimal
// digits and one white space, or any other character as it is.
func cssEscape(s string) (text string, n int) {
	end := 1
	for end < len(s) && end < 7 && isHex(s[end]) {
		end++
	}
	code, err := strconv.ParseUint(s[1:end], 16, 32)
	if err != nil {
		return "", 1
	}
	if end < len(s) && isSpaceByte(s[end]) {
		end++
	}
	return string(rune(code)), end //nolint:gosec // at most six hex digits; what is no character becomes U+FFFD
}

// colour is a CSS colour in one spelling: "rrggbb", "transparent", a name
// that is not known, or "" for what is no plain colour.
func colour(value string) string {
	value = strings.Join(strings.Fields(value), "")
	switch {
	case strings.HasPrefix(value, "#"):
		return hexColour(value[1:])
	case strings.HasPrefix(value, "rgb"):
		return rgbColour(value)
	case value == "inherit" || value == "currentcolor" || value == "initial" || value == "unset" || strings.ContainsAny(value, "(,/"):
		return ""
	}
	if hex, ok := map[string]string{
		"white": "ffffff", "black": "000000", "red": "ff0000", "lime": "00ff00", "blue": "0000ff", "yellow": "ffff00",
		"gray": "808080", "grey": "808080", "silver": "c0c0c0", "green": "008000", "navy": "000080", "none": "",
	}[value]; ok {
		return hex
	}
	return value
}

func hexColour(digits string) string {
	switch len(digits) {
	case 3, 4:
		var long []byte
		for i := range len(digits) {
			long = append(long, digits[i], digits[i])
		}
		return hexColour(string(long))
	case 8:
		if digits[6:] == "00" {
			return "transparent"
		}
		return digits[:6]
	case 6:
		return digits
	}
	return ""
}

// rgbColour reads "rgb(255,255,255)" and "rgba(0,0,0,0)" without spaces.
func rgbColour(value string) string {
	_, args, _ := strings.Cut(strings.TrimSuffix(value, ")"), "(")
	parts := strings.FieldsFunc(args, func(r rune) bool { return r == ',' || r == '/' })
	if len(parts) < 3 {
		return ""
	}
	if len(parts) > 3 {
		if alpha, err := strconv.ParseFloat(strings.TrimSuffix(parts[3], "%"), 64); err == nil && alpha == 0 {
			return "transparent"
		}
	}
	var hex strings.Builder
	for _, p := range parts[:3] {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 255 {
			return ""
		}
		if n < 16 {
			hex.WriteByte('0')
		}
		hex.WriteString(strconv.FormatInt(int64(n), 16))
	}
	return hex.String()
}
