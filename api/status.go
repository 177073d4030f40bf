package api

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ragprune/ragprune/prune"
)

// Info is what GET /info says about a server.
type Info struct {
	// Version is that of the server.
	Version string `json:"version"`
	// Model is the bundle that labels; its zero value means none.
	Model ModelInfo `json:"model"`
	// Models are all that a request may name, the usual one first. Empty means
	// Model alone.
	Models []ModelState `json:"models,omitzero"`
	// Embedder is the bundle of the scorers embed, hybrid and fused; nil means
	// none.
	Embedder *ModelInfo `json:"embedder,omitzero"`
	// Generator is the bundle of the scorer generate; nil means none.
	Generator *ModelInfo `json:"generator,omitzero"`
	// Presets are the thresholds by name of the first scorer.
	Presets map[string]float64 `json:"presets"`
	// Scorers are those that a request may name; the first is the usual one.
	Scorers []prune.Scorer `json:"scorers"`
	// ScorerPresets are the thresholds by name of each scorer.
	ScorerPresets map[prune.Scorer]map[string]float64 `json:"scorer_presets,omitzero"`
	// Tokenizers are what a request may count its budget with; the first is the
	// usual one.
	Tokenizers []string `json:"tokenizers,omitzero"`
	// Limits are what a request may reach.
	Limits InfoLimits `json:"limits"`

	InfoTEI
}

// ModelInfo describes a model bundle.
type ModelInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Licence is that of the weights.
	Licence string `json:"licence,omitzero"`
	// Source is what the bundle was made from.
	Source string `json:"source,omitzero"`
	// MaxTokens is the number of tokens that the model reads at a time.
	MaxTokens int `json:"max_tokens,omitzero"`
}

// InfoLimits are the limits of a server: those of prune.Limits, and BodyBytes,
// TimeoutMS, Workers and Queue, which New fills in. 0 means that there is none.
type InfoLimits struct {
	BodyBytes     int64 `json:"body_bytes"`
	Documents     int   `json:"documents,omitzero"`
	DocumentBytes int   `json:"document_bytes,omitzero"`
	QueryBytes    int   `json:"query_bytes,omitzero"`
	Units         int   `json:"units,omitzero"`
	Patterns      int   `json:"patterns,omitzero"`
	PatternBytes  int   `json:"pattern_bytes,omitzero"`
	TimeoutMS     int64 `json:"timeout_ms"`
	Workers       int   `json:"workers"`
	Queue         int   `json:"queue"`
	CoarseTokens  int   `json:"coarse_tokens,omitzero"`
}

// encodeInfo returns the answer of GET /info.
func encodeInfo(info Info, l Limits) ([]byte, error) {
	info.Limits.BodyBytes = l.BodyBytes
	info.Limits.TimeoutMS = l.Timeout.Milliseconds()
	info.Limits.Workers = l.Workers
	info.Limits.Queue = l.Queue
	info.InfoTEI = newInfoTEI(info)
	return json.Marshal(info, json.Deterministic(true))
}

func (h *Handler) serveInfo(w http.ResponseWriter, r *http.Request) {
	body, err := encodeInfo(h.options.Models.Info(), h.limits)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	writeBody(w, http.StatusOK, jsonType, body)
}

func (h *Handler) serveLive(w http.ResponseWriter, _ *http.Request) {
	writeBody(w, http.StatusOK, jsonType, []byte(`{"status":"alive"}`))
}

// readyRetry is what probes of an unready server are told to wait.
const readyRetry = time.Second

func (h *Handler) serveReady(w http.ResponseWriter, r *http.Request) {
	if h.draining.Load() {
		writeProblem(w, r, &problem{code: CodeDraining, retryAfter: readyRetry})
		return
	}
	if err := h.options.Ready(); err != nil {
		h.log.DebugContext(r.Context(), "not ready", "error", err)
		writeProblem(w, r, &problem{code: CodeNotReady, retryAfter: readyRetry})
		return
	}
	body := `{"status":"ready"` + part("cache", h.options.CacheWorks) + part("engine", h.options.EngineWorks) + `}`
	writeBody(w, http.StatusOK, jsonType, []byte(body))
}

// part tells in the JSON of GET /readyz how something beside the server does;
// works is nil if there is no such thing.
func part(name string, works func() bool) string {
	switch {
	case works == nil:
		return ""
	case works():
		return `,"` + name + `":"ok"`
	}
	return `,"` + name + `":"degraded"`
}
