package api

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// Timeouts bound how long a connection may take for each part of an exchange.
type Timeouts struct {
	// Header is the time for the header of a request. 0 means 5 s.
	Header time.Duration
	// Body is the time for header and body of a request. 0 means 30 s.
	Body time.Duration
	// Answer is the time from the end of the header to the end of the answer,
	// so it has to be longer than Body and Limits.Timeout together. 0 means
	// 2 min.
	Answer time.Duration
	// Idle is the time that a connection may wait for its next request. 0
	// means 2 min.
	Idle time.Duration
}

// maxHeaderBytes bounds the header of a request.
const maxHeaderBytes = 64 << 10

// NewServer returns a server for h on which every time is bounded, so that a
// slow or silent client costs one connection for a known time. log takes what
// net/http has to say; nil means nothing.
func NewServer(addr string, h http.Handler, t Timeouts, log *slog.Logger) *http.Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: cmp.Or(t.Header, 5*time.Second),
		ReadTimeout:       cmp.Or(t.Body, 30*time.Second),
		WriteTimeout:      cmp.Or(t.Answer, 2*time.Minute),
		IdleTimeout:       cmp.Or(t.Idle, 2*time.Minute),
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
