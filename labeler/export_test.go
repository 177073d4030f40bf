package labeler

// Window is a window for the tests of split.
type Window struct{ From, Core, CoreEnd, To int }

// Split exposes split.
func Split(ends []int, size, overlap int) []Window {
	var out []Window
	for _, w := range split(ends, size, overlap) {
		out = append(out, Window{w.from, w.core, w.coreEnd, w.to})
	}
	return out
}
