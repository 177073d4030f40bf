package api

import (
	"net/http"
	"sync"

	"github.com/go-json-experiment/json"
)

// The types of lines. Every answer in lines that is whole ends with one of the
// last two.
const (
	lineProgress = "progress"
	lineResult   = "result"
	lineItem     = "item"
	lineEnd      = "end"
	lineError    = "error"
)

// lines writes an answer line by line, each as soon as it is there. Who tells a
// line never waits for the reader; what the reader has not taken yet is kept,
// and no more than that of a plain answer.
type lines struct {
	w       http.ResponseWriter
	x       *exchange
	control *http.ResponseController

	mu     sync.Mutex
	queue  []any
	closed bool
	more   chan struct{}
	done   chan struct{}
	// err is why a line could not be written as JSON; read it after close.
	err error
}

// newLines starts to write what is told. Nothing is sent before the first line.
func newLines(w http.ResponseWriter, r *http.Request) *lines {
	l := &lines{
		w: w, x: exchangeOf(r.Context()), control: http.NewResponseController(w),
		more: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go l.run()
	return l
}

// tell adds a line. After close it does nothing.
func (l *lines) tell(line any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.queue = append(l.queue, line)
	select {
	case l.more <- struct{}{}:
	default: // the writer looks anyway
	}
}

// close waits until everything that was told is written.
func (l *lines) close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.more)
	}
	l.mu.Unlock()
	<-l.done
}

func (l *lines) run() {
	defer close(l.done)
	for range l.more {
		l.writeAll()
	}
	l.writeAll()
}

// writeAll writes what is told by now, and sends it.
func (l *lines) writeAll() {
	l.mu.Lock()
	queue := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, line := range queue {
		l.write(line)
	}
}

// write writes one line. Errors of writing mean that nobody reads any more.
func (l *lines) write(line any) {
	raw, err := json.Marshal(line, answerOptions())
	if err != nil {
		l.err = err
		return
	}
	if !l.x.begun {
		l.x.begun = true
		h := l.w.Header()
		h.Set("Content-Type", ndjsonType)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // of nginx, which would hold lines back
		l.w.WriteHeader(http.StatusOK)
	}
	_, _ = l.w.Write(append(raw, '\n'))
	_ = l.control.Flush()
}

// streamed answers line by line with what work tells, and with the line that it
// returns as the last one. An error before the first line is an ordinary answer,
// later it is a line.
func (h *Handler) streamed(w http.ResponseWriter, r *http.Request, work func(tell func(line any)) (last any, err error)) {
	l := newLines(w, r)
	defer l.close() // before a panic is answered
	last, err := work(l.tell)
	if err == nil {
		l.tell(last)
	}
	l.close()
	if err == nil {
		err = l.err
	}
	if err != nil {
		h.fail(w, r, err)
	}
}

// errorLine is the last line of an answer that failed midway.
type errorLine struct {
	Type    string      `json:"type"`
	Problem problemBody `json:"problem"`
	// RetryAfter is in seconds, as in the header of that name.
	RetryAfter int `json:"retry_after,omitzero"`
}
