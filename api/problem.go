package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Code is the stable word of a problem.
type Code string

// The codes of problems; Code.Status has their statuses.
const (
	CodeEmptyBody            Code = "empty_body"
	CodeInvalidJSON          Code = "invalid_json"
	CodeInvalidBody          Code = "invalid_body"
	CodeUnreadableBody       Code = "unreadable_body"
	CodeUnauthorized         Code = "unauthorized"
	CodeNotFound             Code = "not_found"
	CodeMethodNotAllowed     Code = "method_not_allowed"
	CodeBodyTimeout          Code = "body_timeout"
	CodeBodyTooLarge         Code = "body_too_large"
	CodeUnsupportedMediaType Code = "unsupported_media_type"
	CodeUnsupportedEncoding  Code = "unsupported_encoding"
	CodeInvalidRequest       Code = "invalid_request"
	CodeOverloaded           Code = "overloaded"
	CodeRateLimited          Code = "rate_limited"
	CodeInternal             Code = "internal"
	CodeNotReady             Code = "not_ready"
	CodeDraining             Code = "draining"
	CodeTimeout              Code = "timeout"
	CodeUnavailable          Code = "unavailable"
)

type codeRow struct {
	code   Code
	status int
	title  string
}

// codeTable is the one place where a code gets its status and its title. What
// cannot be read as a request is 400; what can be read and breaks a rule, 422.
func codeTable() []codeRow {
	return []codeRow{
		{CodeEmptyBody, http.StatusBadRequest, "The body is empty"},
		{CodeInvalidJSON, http.StatusBadRequest, "The body is not JSON"},
		{CodeInvalidBody, http.StatusBadRequest, "The body does not have the shape of a request"},
		{CodeUnreadableBody, http.StatusBadRequest, "The body could not be read"},
		{CodeUnauthorized, http.StatusUnauthorized, "A valid API key is needed"},
		{CodeNotFound, http.StatusNotFound, "There is no such path"},
		{CodeMethodNotAllowed, http.StatusMethodNotAllowed, "The path does not have this method"},
		{CodeBodyTimeout, http.StatusRequestTimeout, "The body did not arrive in time"},
		{CodeBodyTooLarge, http.StatusRequestEntityTooLarge, "The body is too large"},
		{CodeUnsupportedMediaType, http.StatusUnsupportedMediaType, "The body must be application/json"},
		{CodeUnsupportedEncoding, http.StatusUnsupportedMediaType, "The body must be plain or gzip"},
		{CodeInvalidRequest, http.StatusUnprocessableEntity, "The request breaks a rule"},
		{CodeOverloaded, http.StatusTooManyRequests, "Too many requests are waiting"},
		{CodeRateLimited, http.StatusTooManyRequests, "This key sends more requests than it may"},
		{CodeInternal, http.StatusInternalServerError, "The server made a mistake"},
		{CodeNotReady, http.StatusServiceUnavailable, "The server is starting"},
		{CodeDraining, http.StatusServiceUnavailable, "The server is about to stop"},
		{CodeTimeout, http.StatusServiceUnavailable, "The server did not finish in time"},
		{CodeUnavailable, http.StatusServiceUnavailable, "The model cannot answer now"},
	}
}

// Codes returns all codes of problems.
func Codes() []Code {
	table := codeTable()
	codes := make([]Code, len(table))
	for i, row := range table {
		codes[i] = row.code
	}
	return codes
}

// Status returns the HTTP status of problems of this code, 500 for an unknown
// code.
func (c Code) Status() int { return c.row().status }

// Title returns the code in words.
func (c Code) Title() string { return c.row().title }

func (c Code) row() codeRow {
	table := codeTable()
	for _, row := range table {
		if row.code == c {
			return row
		}
	}
	return codeRow{c, http.StatusInternalServerError, CodeInternal.Title()}
}

// problem is an error that a caller may read: it holds nothing of a document
// and nothing of the program.
type problem struct {
	code   Code
	detail string
	errors []fieldProblem
	// retryAfter is sent where it is above 0.
	retryAfter time.Duration
}

// fieldProblem says what is wrong with one field of a body.
type fieldProblem struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error makes a problem an error; the text is for logs.
func (p *problem) Error() string { return string(p.code) + ": " + p.detail }

// problemBody is a problem on the wire, as RFC 9457 has it.
type problemBody struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail,omitzero"`
	Instance string         `json:"instance"`
	Code     Code           `json:"code"`
	Errors   []fieldProblem `json:"errors,omitzero"`
}

// body is p on the wire, in the exchange of that id.
func (p *problem) body(id string) problemBody {
	return problemBody{
		Type:     "urn:ragprune:problem:" + string(p.code),
		Title:    p.code.Title(),
		Status:   p.code.Status(),
		Detail:   p.detail,
		Instance: id,
		Code:     p.code,
		Errors:   p.errors,
	}
}

// writeProblem answers r with p, in the dialect of the route if it has one, or
// as the last line of an answer that has begun in lines.
func writeProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	x := exchangeOf(r.Context())
	written := p.body(x.id)
	if x.begun {
		x.status = written.Status
		l := lines{w: w, x: x, control: http.NewResponseController(w)}
		l.write(errorLine{Type: lineError, Problem: written, RetryAfter: retrySeconds(p.retryAfter)})
		return
	}
	status, contentType, value := written.Status, "application/problem+json", any(written)
	if speak := x.dialect; speak != nil {
		status, value = speak(written)
		contentType = jsonType
	}
	body, err := json.Marshal(value, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retrySeconds(p.retryAfter)))
	}
	if p.code == CodeUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="ragprune"`)
	}
	if p.code == CodeUnsupportedEncoding {
		w.Header().Set("Accept-Encoding", "gzip")
	}
	writeBody(w, status, contentType, body)
}

// retrySeconds is d in whole seconds, rounded up.
func retrySeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// writeBody sends a complete answer. Errors of writing mean that nobody reads
// any more, so they are of no interest.
func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	writeHeader(w, status, contentType)
	_, _ = w.Write(body) //nolint:gosec // JSON, or a page of ours; nothing sniffs the type
}

// writeHeader begins an answer.
func writeHeader(w http.ResponseWriter, status int, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
}

// maxPointer is the length in bytes above which a pointer names the parent
// instead: names in a body are the caller's and may be of any length.
const maxPointer = 200

// safePointer returns a pointer that is valid UTF-8 and not longer than
// maxPointer.
func safePointer(p jsontext.Pointer) string {
	for len(p) > maxPointer {
		p = p.Parent()
	}
	return strings.ToValidUTF8(string(p), "\uFFFD")
}
