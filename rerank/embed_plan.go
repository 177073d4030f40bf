package rerank

// windowPlan says which windows are to be read, and which are whose.
type windowPlan struct {
	windows []textWindow
	// texts has the range of windows of each text.
	texts []windowRange
}

type windowRange struct{ first, last int }

// textWindow is a part of a text as the graph reads it.
type textWindow struct{ ids []int64 }

func (e *Embedder) plan(texts []string) windowPlan {
	p := windowPlan{texts: make([]windowRange, len(texts))}
	known := make(map[string]windowRange, len(texts))
	var tokens []int32
	for i, text := range texts {
		own, ok := known[text]
		if !ok {
			tokens = e.tokenizer.AppendIDs(tokens[:0], text)
			own.first = len(p.windows)
			p.windows = e.appendWindows(p.windows, tokens)
			own.last = len(p.windows)
			known[text] = own
		}
		p.texts[i] = own
	}
	return p
}

// appendWindows cuts the tokens of a text into windows of similar length that
// overlap as the manifest says.
func (e *Embedder) appendWindows(windows []textWindow, tokens []int32) []textWindow {
	n, room, overlap := len(tokens), e.manifest.WindowTokens-2, e.manifest.OverlapTokens
	if n == 0 {
		return windows
	}
	count := 1
	if n > room {
		count = (n - overlap + room - overlap - 1) / (room - overlap)
	}
	// The windows share overlap*(count-1) tokens between them.
	size := (n + overlap*(count-1) + count - 1) / count
	for start := 0; ; start += size - overlap {
		end := min(start+size, n)
		windows = append(windows, e.window(tokens[start:end]))
		if end == n {
			return windows
		}
	}
}

func (e *Embedder) window(tokens []int32) textWindow {
	ids := make([]int64, 0, len(tokens)+2)
	ids = append(ids, int64(e.cls))
	for _, id := range tokens {
		ids = append(ids, int64(id))
	}
	return textWindow{append(ids, int64(e.sep))}
}
