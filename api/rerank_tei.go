package api

import (
	"net/http"

	"github.com/ragprune/ragprune/prune"
)

// teiRank is one item of the answer of TEI, which is a bare array of them.
type teiRank struct {
	Index    int             `json:"index"`
	Score    float64         `json:"score"`
	Text     *string         `json:"text,omitzero"`
	Degraded *prune.Degraded `json:"degraded,omitzero"`
}

// rankTEI answers as TEI does.
func (h *Handler) rankTEI(w http.ResponseWriter, r *http.Request, k *ranking) {
	if err := h.run(r.Context(), k); err != nil {
		h.fail(w, r, err)
		return
	}
	answer := make([]teiRank, 0, len(k.response.Results))
	for i := range k.response.Results {
		result := &k.response.Results[i]
		rank := teiRank{Index: result.Index, Score: k.score(result), Degraded: result.Degraded}
		if k.body.ReturnText {
			rank.Text = new(k.text(result))
		}
		answer = append(answer, rank)
	}
	h.answer(w, r, answer, k.response.Timing)
}

// InfoTEI is what clients of TEI look for in GET /info. New fills it in from
// the rest of Info.
type InfoTEI struct {
	// ModelID is name and version of the model.
	ModelID string `json:"model_id"`
	// ModelType says that the model is a reranker.
	ModelType TEIModelType `json:"model_type"`
	// MaxConcurrentRequests may be worked on and wait at a time.
	MaxConcurrentRequests int `json:"max_concurrent_requests"`
	// MaxInputLength is the number of tokens of a text that are read at most:
	// that of its bytes. 0 means that there is no limit.
	MaxInputLength int `json:"max_input_length"`
	// MaxClientBatchSize is the number of texts of a request. 0 means that
	// there is no limit.
	MaxClientBatchSize int `json:"max_client_batch_size"`
	// AutoTruncate is true: a long text is never an error.
	AutoTruncate bool `json:"auto_truncate"`
}

// TEIModelType is the kind of a model as TEI says it.
type TEIModelType struct {
	// Reranker names the one class of the model.
	Reranker TEILabels `json:"reranker"`
}

// TEILabels names the classes of a model.
type TEILabels struct {
	// IDToLabel are the names by number.
	IDToLabel map[string]string `json:"id2label"`
	// LabelToID are the numbers by name.
	LabelToID map[string]int `json:"label2id"`
}

// newInfoTEI says info as TEI does.
func newInfoTEI(info Info) InfoTEI {
	const label = "relevant"
	id := info.Model.Name
	if info.Model.Version != "" {
		id += "@" + info.Model.Version
	}
	return InfoTEI{
		ModelID: id,
		ModelType: TEIModelType{Reranker: TEILabels{
			IDToLabel: map[string]string{"0": label}, LabelToID: map[string]int{label: 0},
		}},
		MaxConcurrentRequests: info.Limits.Workers + info.Limits.Queue,
		MaxInputLength:        info.Limits.DocumentBytes,
		MaxClientBatchSize:    info.Limits.Documents,
		AutoTruncate:          true,
	}
}
