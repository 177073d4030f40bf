package api

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/ragprune/ragprune/prune"
)

// batchSums is what follows the items in an answer to a batch.
type batchSums struct {
	Usage  prune.Usage  `json:"usage"`
	Timing prune.Timing `json:"timing_ms"`
}

// itemList writes the answer to a batch as its items are done, in their order:
// an object with the items and batchSums. Only what is done before its turn is
// kept, as JSON.
type itemList struct {
	out  pieces
	next int
	// early are the items behind next that are done.
	early map[int][]byte
	err   error
}

func newItemList(w http.ResponseWriter) *itemList {
	l := &itemList{out: pieces{w: w}, early: map[int][]byte{}}
	l.write([]byte(`{"items":[`))
	return l
}

// add takes an item that is done.
func (l *itemList) add(item batchItem) {
	l.early[item.Index] = l.encode(item)
	for raw, ok := l.early[l.next]; ok; raw, ok = l.early[l.next] {
		if l.next > 0 {
			l.write([]byte{','})
		}
		l.write(raw)
		delete(l.early, l.next)
		l.next++
	}
}

// end takes what follows the items.
func (l *itemList) end(s batchSums) {
	rest := l.encode(s)
	if l.err != nil {
		return
	}
	l.write([]byte(`],`))
	l.write(rest[1:]) // in the object that is open
}

func (l *itemList) encode(v any) []byte {
	raw, err := json.Marshal(v, answerOptions())
	if err != nil && l.err == nil {
		l.err = err
	}
	return raw
}

func (l *itemList) write(raw []byte) {
	if l.err == nil {
		_, l.err = l.out.Write(raw)
	}
}
