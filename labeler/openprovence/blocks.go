package openprovence

import "slices"

// fragment is a part of a sentence that a block holds whole.
type fragment struct {
	sentence int
	ids      []int32
}

// block is one run of the model over a question and some fragments.
type block []fragment

// least is the smallest bound of a fragment.
const least = 16

// fragments cuts the sentences' tokens into parts of at most size. A sentence
// without tokens has none; neither has one of nothing but unknown words, which
// the reference drops because nothing comes back when they are decoded. There
// is at least one fragment.
func (m *Model) fragments(sentences []string, size int) []fragment {
	var all, out []fragment
	for i, s := range sentences {
		ids := m.tokenizer.AppendIDs(nil, s)
		for start := 0; start < len(ids); start += size {
			all = append(all, fragment{sentence: i, ids: ids[start:min(start+size, len(ids))]})
		}
	}
	for _, f := range all {
		if m.decodes(f.ids) {
			out = append(out, f)
		}
	}
	switch {
	case len(out) > 0:
		return out
	case len(all) > 0:
		return all[:1]
	default:
		return []fragment{{}} // the model sees the question alone
	}
}

// decodes reports whether any of ids is no special token.
func (m *Model) decodes(ids []int32) bool {
	for _, id := range ids {
		if !m.hasUnknown || id != m.unknown {
			return true
		}
	}
	return false
}

// fragmentSize is the bound of a fragment's tokens.
func (m *Model) fragmentSize(r *Request, question int) int {
	size := max(least, m.maxLength/2)
	if r.RespectSentenceBoundaries {
		size = max(least, m.maxLength-2)
	}
	if m.defects {
		return size
	}
	return min(size, m.room(question))
}

// room is what a block has for fragments beside a question of so many tokens:
// all but two special tokens and a separator.
func (m *Model) room(question int) int { return max(1, m.maxLength-3-question) }

// assemble fills blocks with fragments in their order. With the reference's
// defects, the end of a fragment that no block can hold is cut off.
func (m *Model) assemble(fragments []fragment, question int) []block {
	var out []block
	var open block
	room, used := m.room(question), 0
	for _, f := range fragments {
		if used+len(f.ids) > m.maxLength-3-question {
			if len(open) > 0 {
				out = append(out, open)
			}
			open, used = nil, 0
			f.ids = f.ids[:min(len(f.ids), room)]
		}
		open = append(open, f)
		used += len(f.ids)
	}
	if len(open) > 0 {
		out = append(out, open)
	}
	return out
}

// input is a block as the model reads it. ranges has the place of each fragment.
type input struct {
	ids, types []int64
	ranges     []span
}

func (m *Model) input(question []int32, b block) input {
	var in input
	add := func(kind int64, ids []int32) {
		for _, id := range ids {
			in.ids = append(in.ids, int64(id))
			in.types = append(in.types, kind)
		}
	}
	add(0, m.frame.Before)
	add(0, question)
	add(0, m.frame.Between)
	for _, f := range b {
		start := len(in.ids)
		add(1, f.ids)
		in.ranges = append(in.ranges, span{start, len(in.ids)})
	}
	if text := len(m.frame.Before) + len(question) + len(m.frame.Between); m.defects {
		early := text - first(in.ids, in.ids[text:])
		for i := range in.ranges {
			in.ranges[i].start -= early
			in.ranges[i].end -= early
		}
	}
	add(1, m.frame.After)
	return in
}

// first returns where part begins in ids for the first time. It is in there.
func first(ids, part []int64) int {
	at := 0
	for !slices.Equal(ids[at:at+len(part)], part) {
		at++
	}
	return at
}
