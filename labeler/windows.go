package labeler

// window is a range of a document's tokens that one run of the model reads.
// The tokens in [from, to) are its text; it decides only about those in [core,
// coreEnd), the others are context.
type window struct {
	from, core, coreEnd, to int
}

// split cuts a text of n tokens into windows of at most size tokens. ends are
// the ascending ends of the units, the last one n. Every token is in exactly
// one core; a core has overlap tokens of context on each side, or what there is
// of the text. Cores are of similar length and end with a unit where one ends
// in reach; a unit longer than a core is cut.
func split(ends []int, size, overlap int) []window {
	n := ends[len(ends)-1]
	if n <= size {
		return []window{{to: n, coreEnd: n}}
	}
	limit := size - 2*overlap
	count := (n + limit - 1) / limit
	target := (n + count - 1) / count
	var out []window
	for start, unit := 0, 0; start < n; {
		end := 0
		end, unit = cut(ends, unit, start, start+target, start+limit)
		out = append(out, window{
			from: max(0, start-overlap), core: start,
			coreEnd: end, to: min(n, end+overlap),
		})
		start = end
	}
	return out
}

// cut returns the end of a core that begins at start, and the first unit that
// ends after it: the first unit end in [want, limit], else the last before
// want, else limit.
func cut(ends []int, unit, start, want, limit int) (end, next int) {
	best := start
	for unit < len(ends) && ends[unit] <= limit {
		best = ends[unit]
		unit++
		if best >= want {
			return best, unit
		}
	}
	if best > start {
		return best, unit
	}
	return limit, unit
}
