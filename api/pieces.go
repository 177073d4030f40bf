package api

import "net/http"

// wholeBytes is the size of an answer up to which it is sent as a whole, with its
// length, once it is known to be one.
const wholeBytes = 1 << 20

// pieces takes an answer of JSON as it is written. What is longer than wholeBytes
// it passes on piece by piece: with explanations an answer may be many times as
// long as its request, and is never in memory.
type pieces struct {
	w http.ResponseWriter
	// timing is Server-Timing, empty where it is not known before the end.
	timing string
	held   []byte
	begun  bool // the answer is on its way
	gone   bool // nobody reads it
}

// Write implements io.Writer.
func (p *pieces) Write(b []byte) (int, error) {
	if !p.begun && len(p.held)+len(b) <= wholeBytes {
		p.held = append(p.held, b...)
		return len(b), nil
	}
	if !p.begun {
		p.begun = true
		if p.timing != "" {
			p.w.Header().Set("Server-Timing", p.timing)
		}
		writeHeader(p.w, http.StatusOK, jsonType)
		if err := p.pass(p.held); err != nil {
			return 0, err
		}
		p.held = nil
	}
	return len(b), p.pass(b)
}

func (p *pieces) pass(b []byte) error {
	_, err := p.w.Write(b)
	p.gone = err != nil
	return err
}
