package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ragprune/ragprune/prune"
)

// ranking is a rerank request on its way through the pruner.
type ranking struct {
	body *rerankBody
	// key is the field that held the documents.
	key string
	// how is where in the body the pruning was asked for.
	how    string
	pruned bool
	// anyModel says that a name which no model has means the usual one.
	anyModel bool
	request  prune.Request
	response *prune.Response
	// bare are the documents that had no text.
	bare []int
}

// rerankShape is what differs between the answers of the paths.
type rerankShape struct {
	// version is that of Cohere's API.
	version string
	// object is list for Jina, and rerank on the path of infinity, whose client
	// takes nothing else.
	object string
}

// serveRerank answers POST /v1/rerank and /v2/rerank, in a shape that clients
// of Cohere, Jina and vLLM all read.
func (h *Handler) serveRerank(shape rerankShape) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, release, err := readAs(h, r, decodeRerank)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		defer release()
		h.rank(w, r, newRanking(body, "documents", body.Documents), shape)
	}
}

// serveRerankOrTEI answers POST /rerank: with texts as TEI does, otherwise as
// serveRerank.
func (h *Handler) serveRerankOrTEI(w http.ResponseWriter, r *http.Request) {
	body, release, err := readAs(h, r, decodeRerank)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer release()
	if body.Texts == nil || body.Documents != nil {
		h.rank(w, r, newRanking(body, "documents", body.Documents), rerankShape{version: "1", object: "rerank"})
		return
	}
	exchangeOf(r.Context()).dialect = teiDialect
	h.rankTEI(w, r, newRanking(body, "texts", body.Texts))
}

// newRanking turns a body into a request for the pruner.
func newRanking(body *rerankBody, key string, documents *[]*rerankDocument) *ranking {
	k := &ranking{body: body, key: key}
	k.request, k.how, k.pruned = body.pruning()
	if documents == nil {
		documents = new([]*rerankDocument)
	}
	k.request.Query, k.request.Order = body.Query, prune.OrderScore
	if k.request.Model == "" {
		k.request.Model, k.anyModel = body.modelName(), true
	}
	if !k.pruned { // so that the metrics count nothing as saved, and no warning speaks of it
		k.request.Threshold, k.request.OnEmpty = new(0.0), prune.OnEmptyOriginal
	}
	k.request.TopN = min(body.limit(), len(*documents))
	for i, d := range *documents {
		document, ok := d.document(body.RankFields)
		if !ok {
			k.bare = append(k.bare, i)
		}
		k.request.Documents = append(k.request.Documents, document)
	}
	return k
}

// run prunes, by the same way as /prune.
func (h *Handler) run(ctx context.Context, k *ranking) error {
	resp, err := h.admit(ctx, k.request, nil)
	if k.anyModel && isUnknownModel(err) {
		k.request.Model = ""
		resp, err = h.admit(ctx, k.request, nil)
	}
	if err != nil {
		return k.relabel(err)
	}
	k.response = resp
	return nil
}

// isUnknownModel reports that no model has the name asked for. Clients of
// rerankers must name a model, and many send that of another service.
func isUnknownModel(err error) bool {
	var invalid *prune.InvalidError
	return errors.As(err, &invalid) && slices.ContainsFunc(invalid.Fields, func(f prune.FieldError) bool {
		return f.Pointer == "/model"
	})
}

// relabel turns the places of broken rules into places of the body that was
// sent.
func (k *ranking) relabel(err error) error {
	var invalid *prune.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	out := new(prune.InvalidError)
	for _, f := range invalid.Fields {
		rest, isDocument := strings.CutPrefix(f.Pointer, "/documents")
		switch {
		case isDocument:
			f.Pointer = "/" + k.key + rest
		case f.Pointer == "/query":
		case k.how == "/model":
			f.Pointer, f.Message = k.how, "ends with an unknown preset; it "+f.Message
		default:
			f.Pointer = k.how + f.Pointer
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// text returns the text of a result: the document as it came, or what is left
// of it.
func (k *ranking) text(r *prune.Result) string {
	if k.pruned {
		return r.Text
	}
	if d := k.request.Documents[r.Index]; d.HTML != nil {
		return *d.HTML
	}
	return *k.request.Documents[r.Index].Text
}

// maxLogit bounds the logit of a score that is 0 or 1.
const maxLogit = 30

// score returns the score of a result, 0 to 1, or its logit if raw scores were
// asked for. Where no model said one, it is that of the score, so that all
// results of an answer can be compared.
func (k *ranking) score(r *prune.Result) float64 {
	if !bool(k.body.RawScores) {
		return r.Score
	}
	if r.Logit != nil {
		return *r.Logit
	}
	return min(max(math.Log(r.Score/(1-r.Score)), -maxLogit), maxLogit)
}

// rerankAnswer is the answer of Cohere, Jina and vLLM in one.
type rerankAnswer struct {
	ID      string         `json:"id"`
	Object  string         `json:"object"`
	Model   string         `json:"model"`
	Results []rerankResult `json:"results"`
	Usage   rerankUsage    `json:"usage"`
	Meta    rerankMeta     `json:"meta"`
}

type rerankResult struct {
	Index          int             `json:"index"`
	RelevanceScore float64         `json:"relevance_score"`
	Document       *rerankText     `json:"document,omitzero"`
	Degraded       *prune.Degraded `json:"degraded,omitzero"`
}

type rerankText struct {
	ID   string `json:"id,omitzero"`
	Text string `json:"text"`
}

type rerankUsage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

type rerankMeta struct {
	APIVersion  rerankVersion `json:"api_version"`
	BilledUnits rerankUnits   `json:"billed_units"`
	Tokens      rerankTokens  `json:"tokens"`
	Warnings    []string      `json:"warnings,omitempty"`
}

type rerankVersion struct {
	Version        string `json:"version"`
	IsExperimental bool   `json:"is_experimental"`
}

type rerankUnits struct {
	SearchUnits int `json:"search_units"`
}

type rerankTokens struct {
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
}

// rank answers in the shape of Cohere, Jina and vLLM.
func (h *Handler) rank(w http.ResponseWriter, r *http.Request, k *ranking, shape rerankShape) {
	if err := h.run(r.Context(), k); err != nil {
		h.fail(w, r, err)
		return
	}
	usage := k.response.Usage
	answer := rerankAnswer{
		ID: requestID(r.Context()), Object: shape.object, Model: k.response.Model,
		Results: make([]rerankResult, 0, len(k.response.Results)),
		Usage:   rerankUsage{PromptTokens: usage.TokensBefore, TotalTokens: usage.TokensBefore},
		Meta: rerankMeta{
			APIVersion:  rerankVersion{Version: shape.version},
			BilledUnits: rerankUnits{SearchUnits: 1},
			Tokens:      rerankTokens{InputTokens: usage.TokensBefore},
			Warnings:    k.warnings(),
		},
	}
	if k.pruned {
		answer.Meta.Tokens.OutputTokens = usage.TokensAfter
	}
	for i := range k.response.Results {
		result := &k.response.Results[i]
		out := rerankResult{Index: result.Index, RelevanceScore: k.score(result), Degraded: result.Degraded}
		if k.body.ReturnDocuments == nil || bool(*k.body.ReturnDocuments) {
			out.Document = &rerankText{ID: result.ID, Text: k.text(result)}
		}
		answer.Results = append(answer.Results, out)
	}
	h.answer(w, r, answer, k.response.Timing)
}

// warnings says in words what was cut, repaired, missing or done a cheaper way.
func (k *ranking) warnings() []string {
	var out []string
	for _, w := range k.response.Warnings {
		out = append(out, w.Message)
	}
	for i := range k.response.Results {
		r := &k.response.Results[i]
		place := k.place(r.Index)
		if slices.Contains(k.bare, r.Index) {
			out = append(out, place+"The document has neither text nor html.")
			continue
		}
		if r.Degraded != nil {
			out = append(out, place+"Answered by "+r.Degraded.Used+", because of "+r.Degraded.Reason+".")
		}
		for _, w := range r.Warnings {
			out = append(out, place+w.Message)
		}
	}
	return out
}

func (k *ranking) place(i int) string { return k.key + "/" + strconv.Itoa(i) + ": " }
