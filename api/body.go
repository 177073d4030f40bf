package api

import (
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// readBody returns the body of r, decompressed and not longer than
// Limits.BodyBytes. release gives its bytes back to the budget of all bodies.
func (h *Handler) readBody(r *http.Request) (body []byte, release func(), err error) {
	if err := checkMediaType(r.Header.Get("Content-Type")); err != nil {
		return nil, nil, err
	}
	limit := h.limits.BodyBytes
	if r.ContentLength > limit {
		linger(r, limit)
		return nil, nil, tooLarge(limit)
	}
	// Not told of w, the reader leaves what is over the limit to linger.
	plain := io.Reader(http.MaxBytesReader(nil, r.Body, limit))
	src := plain
	switch encoding := strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ",")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		zip, err := gzip.NewReader(src)
		if err != nil {
			return nil, nil, readProblem(r, err, limit)
		}
		src = zip
	default:
		return nil, nil, &problem{code: CodeUnsupportedEncoding}
	}
	known := int64(0)
	if src == plain {
		known = max(r.ContentLength, 0)
	}
	body, err = h.collect(src, limit, known)
	if err != nil {
		h.bodies.give(int64(cap(body)))
		if isTooLarge(err) {
			linger(r, limit)
		}
		return nil, nil, readProblem(r, err, limit)
	}
	// release must not hold the body: it is garbage once it is decoded.
	held := int64(cap(body))
	return body, func() { h.bodies.give(held) }, nil
}

// readAs reads the body of r with decode; release is as that of readBody.
func readAs[T any](h *Handler, r *http.Request, decode func([]byte) (T, error)) (v T, release func(), err error) {
	body, release, err := h.readBody(r)
	if err != nil {
		return v, nil, err
	}
	if v, err = decode(body); err != nil {
		release()
		return v, nil, err
	}
	return v, release, nil
}

// linger reads and forgets what the sender of too large a body still sends, at
// most twice what is accepted and for no longer than a body may take: a
// connection that is closed with unread bytes is reset, and the sender never
// sees the answer.
func linger(r *http.Request, limit int64) {
	if r.Header.Get("Expect") == "" { // a sender that asks first waits for the answer
		_, _ = io.CopyN(io.Discard, r.Body, 2*limit)
	}
}

// isTooLarge reports whether a body was over the limit.
func isTooLarge(err error) bool {
	var tooLong *http.MaxBytesError
	return errors.Is(err, errTooLarge) || errors.As(err, &tooLong)
}

// firstRead is the size of the first piece of a body that is read.
const firstRead = 8 << 10

var (
	errTooLarge = errors.New("api: the body is over the limit")
	errNoBudget = errors.New("api: too many bytes of bodies are held")
)

// collect reads src to its end, at most limit bytes. What it holds, the
// capacity of the result, is taken from the budget as it grows, so that a
// sender occupies only what it has sent. known is the length of the body, 0 if
// that is not known: the last piece is not larger than what is still to come.
func (h *Handler) collect(src io.Reader, limit, known int64) ([]byte, error) {
	var buf []byte
	for {
		if len(buf) == cap(buf) {
			size := min(max(2*int64(cap(buf)), firstRead), limit+1)
			if int64(cap(buf)) <= known {
				size = min(size, known+1)
			}
			if !h.bodies.take(size - int64(cap(buf))) {
				return buf, errNoBudget
			}
			buf = append(make([]byte, 0, size), buf...)
		}
		n, err := src.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err != nil && err != io.EOF:
			return buf, err
		case int64(len(buf)) > limit:
			return buf, errTooLarge
		case err == io.EOF:
			return buf, nil
		}
	}
}

// checkMediaType accepts JSON, and silence: a body without a type is JSON too.
func checkMediaType(value string) error {
	if value == "" {
		return nil
	}
	media, params, err := mime.ParseMediaType(value)
	charset := params["charset"]
	if err != nil || media != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return &problem{
			code:   CodeUnsupportedMediaType,
			detail: "Send the body as JSON in UTF-8 with Content-Type: application/json.",
		}
	}
	return nil
}

func tooLarge(limit int64) *problem {
	return &problem{code: CodeBodyTooLarge, detail: fmt.Sprintf("At most %d bytes are accepted, counted after decompression.", limit)}
}

// bodyRetry is what a sender is told to wait when the budget of bodies is used
// up; bodies come and go within seconds.
const bodyRetry = 2 * time.Second

// readProblem says why a body could not be read. It returns the error of the
// context if the sender left.
func readProblem(r *http.Request, err error, limit int64) error {
	var timeout net.Error
	var damage flate.CorruptInputError
	switch {
	case isTooLarge(err):
		return tooLarge(limit)
	case errors.Is(err, errNoBudget):
		return &problem{code: CodeOverloaded, retryAfter: bodyRetry}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &problem{code: CodeBodyTimeout}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &damage):
		return &problem{code: CodeUnreadableBody, detail: "The gzip data is damaged."}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &problem{code: CodeUnreadableBody, detail: "The body ends too early."}
	case errors.Is(r.Context().Err(), context.Canceled):
		return context.Canceled
	}
	return &problem{code: CodeUnreadableBody, detail: "The body is not framed as HTTP wants it."}
}
