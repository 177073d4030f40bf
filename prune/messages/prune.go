package messages

import (
	"context"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// Pruner prunes documents; *prune.Pruner is one.
type Pruner interface {
	Prune(ctx context.Context, r prune.Request) (*prune.Response, error)
}

// Request asks for messages with their context pruned.
type Request struct {
	// Messages are chat messages as OpenAI has them, a JSON array. Mandatory.
	Messages jsontext.Value `json:"messages"`
	// Query is what the context must help with. Empty means what the last user
	// message says beside its context; if it says nothing else, the one before
	// counts, and so on.
	Query string `json:"query,omitzero"`
	// Context says what of the messages is context.
	Context Options `json:"context,omitzero"`
	// Prune says how to prune. Query, Documents, TopN, Order and MinScore are
	// not used: no piece may be left out or go elsewhere.
	Prune prune.Request `json:"prune,omitzero"`
}

// Answer is the messages with their context pruned.
type Answer struct {
	// Messages are those of the request, byte for byte the same outside context;
	// see Encode.
	Messages jsontext.Value `json:"messages"`
	// Pieces are the documents of the context, in the order of the messages.
	Pieces []Piece `json:"pieces"`
	// Warnings concern the request as a whole; see the codes.
	Warnings []htmlprune.Warning `json:"warnings"`
	// Model is as in prune.Response; empty if there was no context.
	Model  string       `json:"model"`
	Usage  prune.Usage  `json:"usage"`
	Timing prune.Timing `json:"timing_ms"`
}

// Piece says what became of one document of the context. Places are in the
// string that Pointer names, as it was sent.
type Piece struct {
	// Pointer is the RFC 6901 pointer of the string that holds the piece, such
	// as "/messages/1/content".
	Pointer string `json:"pointer"`
	// Start and End bound the piece, without the white space around it.
	Start int `json:"start"`
	End   int `json:"end"`
	// The rest is as in prune.Result.
	Score     float64             `json:"score"`
	Logit     *float64            `json:"logit"`
	Format    htmlprune.Format    `json:"format"`
	Kept      []prune.Kept        `json:"kept"`
	Tokens    prune.Tokens        `json:"tokens"`
	Cached    bool                `json:"cached"`
	Truncated bool                `json:"truncated"`
	Degraded  *prune.Degraded     `json:"degraded"`
	Warnings  []htmlprune.Warning `json:"warnings"`
	Units     []prune.UnitScore   `json:"units,omitzero"`
}

// Encode returns the answer as JSON, with the messages as they are: an encoder
// would change their white space.
func (a *Answer) Encode() ([]byte, error) {
	rest := *a
	rest.Messages = jsontext.Value("null")
	out, err := json.Marshal(rest, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, err
	}
	const head, null = `{"messages":`, "null"
	return append(append([]byte(head), a.Messages...), out[len(head)+len(null):]...), nil
}

// Prune prunes the context in messages. A request that breaks a rule gives a
// *prune.InvalidError with pointers into Request, and other errors are p's.
func Prune(ctx context.Context, p Pruner, r Request) (*Answer, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	c, err := newChat(r.Messages, r.Context)
	if err != nil {
		return nil, err
	}
	if c.messages == 0 {
		return nil, required("must have at least one message")
	}
	request := r.Prune
	request.TopN, request.MinScore, request.Order = 0, 0, prune.OrderInput
	if request.Query = r.Query; request.Query == "" {
		request.Query = c.question
	}
	if request.Query == "" {
		return nil, required("must have a user message that says something beside its context, or query must be sent")
	}
	if len(c.pieces) == 0 {
		c.warn(CodeNoContext, "No context was found in the messages; context says where it is.")
		return &Answer{Messages: c.raw, Pieces: []Piece{}, Warnings: c.warnings}, nil
	}
	request.Documents = c.documents(r.Context)
	response, err := p.Prune(ctx, request)
	if err != nil {
		return nil, relabel(err)
	}
	return c.answer(response, request.Offsets), nil
}

// required is the error of messages that lack something.
func required(message string) error {
	return &prune.InvalidError{Fields: []prune.FieldError{{Pointer: "/messages", Code: prune.CodeRequired, Message: message}}}
}

// validate checks what needs neither a model nor the messages, so that a mistake
// is told whether there is context or not.
func (r *Request) validate() error {
	if err := r.Context.Validate("/context"); err != nil {
		return err
	}
	how := r.Prune
	how.Query, how.Documents = "x", []prune.Document{{Text: new("x")}}
	return relabel(how.Validate(prune.Limits{}))
}

// relabel turns the places of broken rules of a prune.Request into places of a
// Request.
func relabel(err error) error {
	var invalid *prune.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	out := new(prune.InvalidError)
	for _, f := range invalid.Fields {
		switch {
		case f.Pointer == "/query":
		case strings.HasPrefix(f.Pointer, "/documents"):
			f.Pointer, f.Message = "/messages", "context "+f.Message
		default:
			f.Pointer = "/prune" + f.Pointer
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// answer puts what was kept in place of the pieces.
func (c *chat) answer(r *prune.Response, unit htmlprune.OffsetUnit) *Answer {
	a := &Answer{Warnings: append(c.warnings, r.Warnings...), Model: r.Model, Usage: r.Usage, Timing: r.Timing}
	results := make([]*prune.Result, len(c.pieces))
	for i := range r.Results {
		if at := r.Results[i].Index; at >= 0 && at < len(results) {
			results[at] = &r.Results[i]
		}
	}
	places := c.places(unit)
	from := 0
	for i, result := range results {
		p := &c.pieces[i]
		if result == nil { // a document is never lost, whatever a pruner does
			result = &prune.Result{Text: p.source()}
		}
		described := p.describe(result, places[i])
		if !p.fits(p.text.text, result.Text) {
			described.Warnings = append(described.Warnings, htmlprune.Warning{
				Code: CodeMarkInText, Message: "What is left would hold a mark that ends context; the piece was left as it came.",
			})
			described.Tokens.After = described.Tokens.Before
			described.Kept = []prune.Kept{{Start: described.Start, End: described.End}}
			a.Usage.TokensAfter += result.Tokens.Before - result.Tokens.After
		} else if result.Text != p.source() {
			a.Messages = append(a.Messages, c.raw[from:p.text.place(p.start)]...)
			a.Messages = appendEscaped(a.Messages, result.Text)
			from = p.text.place(p.end)
		}
		a.Pieces = append(a.Pieces, described)
	}
	a.Messages = append(a.Messages, c.raw[from:]...)
	return a
}

// places are the pieces in their strings, counted in unit. Those of one string
// are counted together, as that takes one pass.
func (c *chat) places(unit htmlprune.OffsetUnit) (out []htmlprune.Span) {
	if unit == "" {
		unit = htmlprune.Codepoint
	}
	for i := 0; i < len(c.pieces); {
		t := c.pieces[i].text
		var spans []htmlprune.Span
		for ; i < len(c.pieces) && c.pieces[i].text == t; i++ {
			spans = append(spans, htmlprune.Span{Start: c.pieces[i].start, End: c.pieces[i].end})
		}
		out = append(out, htmlprune.ConvertSpans(t.text, spans, unit)...)
	}
	return out
}

// describe is r for p, which is at a place of the string that holds it, with
// places in that string.
func (p *piece) describe(r *prune.Result, at htmlprune.Span) Piece {
	out := Piece{
		Pointer: p.text.pointer, Start: at.Start, End: at.End,
		Score: r.Score, Logit: r.Logit, Format: r.Format, Tokens: r.Tokens,
		Cached: r.Cached, Truncated: r.Truncated, Degraded: r.Degraded, Warnings: r.Warnings,
		Kept: make([]prune.Kept, len(r.Kept)),
	}
	for i, k := range r.Kept {
		out.Kept[i] = prune.Kept{Start: k.Start + at.Start, End: k.End + at.Start, Path: k.Path}
	}
	for _, u := range r.Units {
		u.Start += at.Start
		u.End += at.Start
		out.Units = append(out.Units, u)
	}
	return out
}
