package api

import (
	"cmp"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ragprune/ragprune/prune"
)

// rerankBody is a body of the compatibility routes: what Cohere, Jina, vLLM,
// infinity and TEI call the same things by different names. Fields that are
// not here are ignored, whatever they hold.
type rerankBody struct {
	Model     string             `json:"model"`
	Query     string             `json:"query"`
	Documents *[]*rerankDocument `json:"documents"`
	// Texts are the documents of TEI.
	Texts *[]*rerankDocument `json:"texts"`
	TopN  count              `json:"top_n"`
	// TopK is another name for TopN.
	TopK count `json:"top_k"`
	// ReturnDocuments is on unless it is sent as false.
	ReturnDocuments *flag `json:"return_documents"`
	// ReturnText is ReturnDocuments of TEI, and off unless it is sent.
	ReturnText flag `json:"return_text"`
	// RawScores asks for logits.
	RawScores flag      `json:"raw_scores"`
	Prune     pruneWish `json:"prune"`
	// RankFields name the fields of documents that are their text.
	RankFields []string `json:"rank_fields"`
}

// flag is a boolean as clients send it: true, "true", "True" or 1.
type flag bool

// UnmarshalJSONFrom reads a flag.
func (f *flag) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch raw.Kind() {
	case 'n':
		return nil
	case 't', 'f':
		*f = flag(raw.Bool())
		return nil
	case '"', '0':
		for word, on := range map[string]flag{"true": true, "1": true, "false": false, "0": false} {
			if strings.EqualFold(raw.String(), word) {
				*f = on
				return nil
			}
		}
	}
	return errors.New("not a boolean")
}

// count is a number of results. A number too large for an int means all, as
// any number above that of the documents does.
type count int

// UnmarshalJSONFrom reads a count.
func (c *count) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadToken()
	if err != nil || raw.Kind() == 'n' {
		return err
	}
	if raw.Kind() != '0' {
		return errors.New("not a number")
	}
	x, err := strconv.ParseFloat(raw.String(), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return err
	}
	if math.Trunc(x) != x {
		return errors.New("not an integer")
	}
	*c = count(min(max(x, -1), math.MaxInt32))
	return nil
}

// pruneWish is the field prune: a flag, or the fields of /prune that say how.
type pruneWish struct {
	// on is nil where nothing was said.
	on *bool
	// how holds the fields of the object.
	how prune.Request
}

// UnmarshalJSONFrom reads a wish.
func (p *pruneWish) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case 'n':
		return dec.SkipValue()
	case '{':
		p.on = new(true)
		return json.UnmarshalDecode(dec, &p.how, json.RejectUnknownMembers(true))
	}
	var f flag
	if err := json.UnmarshalDecode(dec, &f); err != nil {
		return err
	}
	p.on = new(bool(f))
	return nil
}

// refuseElsewhere refuses the fields of /prune that are said elsewhere in a body
// with a field prune, and those that would leave documents out.
func refuseElsewhere(how *prune.Request) *fieldProblem {
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"query", how.Query != ""},
		{"documents", how.Documents != nil},
		{"top_n", how.TopN != 0},
		{"order", how.Order != ""},
		{"min_score", how.MinScore != 0},
	} {
		if field.set {
			return &fieldProblem{Pointer: "/prune/" + field.name, Code: "unknown_field", Message: "is not a field of prune"}
		}
	}
	return nil
}

// rerankDocument is a document as a string, or as an object that has its text
// in text, html or the fields that rank_fields names.
type rerankDocument struct {
	id, title  string
	text, html *string
	fields     map[string]jsontext.Value
	repaired   bool
}

// UnmarshalJSONFrom reads a document. Fields that are not strings count as
// not sent.
func (d *rerankDocument) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '"' {
		return json.UnmarshalDecode(dec, &d.text)
	}
	if err := json.UnmarshalDecode(dec, &d.fields); err != nil {
		return err
	}
	d.id, _ = d.field("id")
	d.title, _ = d.field("title")
	if text, ok := d.field("text"); ok {
		d.text = &text
	} else if html, ok := d.field("html"); ok {
		d.html = &html
	}
	return nil
}

// field returns a field that is a string.
func (d *rerankDocument) field(name string) (value string, ok bool) {
	raw := d.fields[name]
	if raw.Kind() != '"' {
		return "", false
	}
	return value, json.Unmarshal(raw, &value, jsontext.AllowInvalidUTF8(true)) == nil
}

// document returns d for the pruner, and whether it has a text. One without
// counts as empty: hosts match results to their documents by place, so none
// may be missing.
func (d *rerankDocument) document(rankFields []string) (document prune.Document, ok bool) {
	if d == nil {
		return prune.Document{Text: new("")}, false
	}
	document = prune.Document{ID: d.id, Title: d.title, Text: d.text, HTML: d.html, Repaired: d.repaired}
	if len(rankFields) > 0 && d.fields != nil {
		var parts []string
		for _, name := range rankFields {
			if value, ok := d.field(name); ok {
				parts = append(parts, value)
			}
		}
		document.Title, document.HTML, document.Text = "", nil, nil
		if len(parts) > 0 {
			document.Text = new(strings.Join(parts, "\n"))
		}
	}
	if document.Text == nil && document.HTML == nil {
		document.Text = new("")
		return document, false
	}
	return document, true
}

// decodeRerank reads a body. It is lenient about everything but the types of
// the fields it uses. Its error is a *problem.
func decodeRerank(body []byte) (*rerankBody, error) {
	body, err := begun(body)
	if err != nil {
		return nil, err
	}
	r := new(rerankBody)
	err = json.Unmarshal(body, r,
		jsontext.AllowInvalidUTF8(true),
		jsontext.AllowDuplicateNames(true),
		json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFromFunc(decodeList[*rerankDocument]),
			json.UnmarshalFromFunc(decodeList[string]),
			json.UnmarshalFromFunc(func(dec *jsontext.Decoder, d *rerankDocument) error {
				start := dec.InputOffset()
				err := d.UnmarshalJSONFrom(dec)
				d.repaired = err == nil && isRepaired(body[start:dec.InputOffset()])
				return err
			}),
		)),
	)
	if err != nil {
		return nil, decodeProblem(err)
	}
	if field := r.check(); field != nil {
		return nil, unacceptable(*field)
	}
	return r, nil
}

func (r *rerankBody) check() *fieldProblem {
	if r.TopN < 0 || r.TopK < 0 {
		name := "/top_n"
		if r.TopN >= 0 {
			name = "/top_k"
		}
		return &fieldProblem{Pointer: name, Code: prune.CodeOutOfRange, Message: "must be 0 or more; 0 means all"}
	}
	return refuseElsewhere(&r.Prune.how)
}

// The end of a model's name that asks for pruned texts, alone or with the name
// of a preset behind: it is the only thing that many hosts let their users say.
const pruneSuffix = ":prune"

// pruning returns how the documents are to be pruned, and where in the body
// that was said. The field prune goes before the name of the model.
func (r *rerankBody) pruning() (how prune.Request, pointer string, on bool) {
	if r.Prune.on != nil {
		return r.Prune.how, "/prune", *r.Prune.on
	}
	if strings.HasSuffix(r.Model, pruneSuffix) {
		return how, "", true
	}
	if i := strings.LastIndex(r.Model, pruneSuffix+":"); i >= 0 {
		how.Preset = r.Model[i+len(pruneSuffix)+1:]
		return how, "/model", true
	}
	return how, "", false
}

// modelName is what Model says without its end that asks for pruned texts.
func (r *rerankBody) modelName() string {
	if name, ok := strings.CutSuffix(r.Model, pruneSuffix); ok {
		return name
	}
	if i := strings.LastIndex(r.Model, pruneSuffix+":"); i >= 0 {
		return r.Model[:i]
	}
	return r.Model
}

// limit is the number of results; 0 means all.
func (r *rerankBody) limit() int { return int(cmp.Or(r.TopN, r.TopK)) }
