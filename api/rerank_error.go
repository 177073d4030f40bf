package api

import (
	"net/http"
	"strings"

	"github.com/ragprune/ragprune/prune"
)

// dialect writes a problem as the clients of a route read errors. It may
// change the status.
type dialect func(p problemBody) (status int, body any)

// speak makes every error of a route one of d.
func speak(d dialect) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			exchangeOf(r.Context()).dialect = d
			next.ServeHTTP(w, r)
		})
	}
}

// sentence says all of a problem in one line, as most clients show no more.
func (p problemBody) sentence() string {
	var rules []string
	for _, e := range p.Errors {
		rules = append(rules, strings.TrimSpace(strings.TrimPrefix(e.Pointer, "/")+" "+e.Message))
	}
	switch {
	case len(rules) > 0:
		return p.Title + ": " + strings.Join(rules, "; ")
	case p.Detail != "":
		return p.Title + ": " + p.Detail
	}
	return p.Title
}

// rerankError is a problem with what Cohere (message), Jina (detail) and vLLM
// (error) call its text.
type rerankError struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Instance string         `json:"instance"`
	Code     Code           `json:"code"`
	Errors   []fieldProblem `json:"errors,omitzero"`
	Message  string         `json:"message"`
	Error    openAIError    `json:"error"`
}

// openAIError is an error as OpenAI has it, and with it vLLM.
type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    int     `json:"code"`
}

// rerankDialect is that of Cohere, Jina and vLLM.
func rerankDialect(p problemBody) (status int, body any) {
	text := p.sentence()
	e := openAIError{Message: text, Type: "invalid_request_error", Code: p.Status}
	if p.Status >= http.StatusInternalServerError {
		e.Type = "server_error"
	}
	if len(p.Errors) > 0 {
		e.Param = new(strings.TrimPrefix(p.Errors[0].Pointer, "/"))
	}
	return p.Status, rerankError{
		Type: p.Type, Title: p.Title, Status: p.Status, Detail: text, Instance: p.Instance,
		Code: p.Code, Errors: p.Errors, Message: text, Error: e,
	}
}

// teiError is an error of TEI.
type teiError struct {
	Error     string `json:"error"`
	ErrorType string `json:"error_type"`
}

// teiDialect is that of TEI, statuses included: it answers an empty list with
// 400 and a list over the limit with 413.
func teiDialect(p problemBody) (status int, body any) {
	status, kind := p.Status, "validation"
	switch p.Code {
	case CodeOverloaded, CodeRateLimited:
		kind = "overloaded"
	case CodeNotReady, CodeDraining, CodeTimeout, CodeUnavailable:
		kind = "unhealthy"
	case CodeInternal:
		kind = "backend"
	}
	for _, e := range p.Errors {
		switch {
		case e.Pointer == "/texts" && e.Code == prune.CodeRequired:
			status, kind = http.StatusBadRequest, "empty"
		case e.Pointer == "/texts" && e.Code == prune.CodeTooMany:
			status = http.StatusRequestEntityTooLarge
		}
	}
	return status, teiError{Error: p.sentence(), ErrorType: kind}
}
