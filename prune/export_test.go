package prune

// The stored form of scores, for its tests.
var LabelKey = labelKey

func EncodeLabels(scores []float32, logit float32, tokens int) []byte {
	return labels{scores: scores, logit: logit, tokens: tokens}.encode()
}

func DecodeLabels(b []byte, units int) (scores []float32, logit float32, tokens int, ok bool) {
	l, ok := decodeLabels(b, units)
	return l.scores, l.logit, l.tokens, ok
}
