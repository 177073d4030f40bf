package htmlprune

// Sniff tells the format of a source by its beginning: HTML if that looks like
// markup, otherwise Text.
func Sniff(source string) Format {
	if looksLikeHTML(source) {
		return HTML
	}
	return Text
}
