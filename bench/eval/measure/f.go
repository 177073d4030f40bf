package measure

// F is the F measure that weighs recall beta times as much as precision; 0 if
// both are 0.
func F(beta, precision, recall float64) float64 {
	if precision+recall == 0 {
		return 0
	}
	b := beta * beta
	return (1 + b) * precision * recall / (b*precision + recall)
}
