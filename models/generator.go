package models

import (
	"errors"
	"fmt"
	"strings"
)

// The placeholders of a generator's prompt.
const (
	PlaceHTML     = "{html}"
	PlaceQuestion = "{question}"
)

// placeLayer stands for the number of a layer in the names of a cache.
const placeLayer = "{layer}"

// Generation is what the manifest of a generator says about its cache and
// about what it reads.
type Generation struct {
	// Layers, KVHeads and HeadDim are the shape of the cache: a key and a value
	// for each layer, of [1, KVHeads, tokens, HeadDim].
	Layers  int `json:"layers"`
	KVHeads int `json:"kv_heads"`
	HeadDim int `json:"head_dim"`
	// Prompt is read before the path of a block: marks of the chat format and
	// text in which PlaceHTML and PlaceQuestion occur once each.
	Prompt []PromptPart `json:"prompt"`
	// End is the special token that ends an answer.
	End string `json:"end"`
	// FirstIndex is the number of the first of several siblings of one tag: 1
	// in the paper, 0 in the released code.
	FirstIndex int `json:"first_index"`
	// BlockWords is the size of a block where a request asks for none.
	BlockWords int `json:"block_words"`
}

// PromptPart is a special token by its content, or text.
type PromptPart struct {
	Special string `json:"special,omitzero"`
	Text    string `json:"text,omitzero"`
}

// LayerNames are the names that a pattern with "{layer}" stands for, one for
// each layer.
func (g *Generation) LayerNames(pattern string) []string {
	names := make([]string, g.Layers)
	for i := range names {
		names[i] = strings.ReplaceAll(pattern, placeLayer, fmt.Sprint(i))
	}
	return names
}

// TokenBytes is the memory that the cache takes for one token.
func (m *Manifest) TokenBytes() int64 {
	number := int64(4)
	if m.Precision == "fp16" {
		number = 2
	}
	g := m.Generation
	return 2 * number * int64(g.Layers) * int64(g.KVHeads) * int64(g.HeadDim)
}

func (m *Manifest) validateGenerator() error {
	return errors.Join(
		m.validateDecoder(),
		m.validateGeneration(),
		m.validatePrompt(),
		m.validateGeneratorWindow(),
		m.validateThresholdPresets(),
	)
}

func (m *Manifest) validateDecoder() error {
	var errs []error
	if m.Inputs.IDs == "" || m.Inputs.Mask == "" {
		errs = append(errs, errors.New("inputs: ids and mask are mandatory"))
	}
	if m.Outputs.Logits == "" {
		errs = append(errs, errors.New("outputs: logits is mandatory"))
	}
	for _, f := range []struct{ field, name string }{
		{"inputs: past_key", m.Inputs.PastKey},
		{"inputs: past_value", m.Inputs.PastValue},
		{"outputs: present_key", m.Outputs.PresentKey},
		{"outputs: present_value", m.Outputs.PresentValue},
	} {
		if !strings.Contains(f.name, placeLayer) {
			errs = append(errs, fmt.Errorf("%s is %q, want a name with %s for the number of the layer", f.field, f.name, placeLayer))
		}
	}
	return errors.Join(errs...)
}

func (m *Manifest) validateGeneration() error {
	var errs []error
	g := m.Generation
	for _, f := range []struct {
		field string
		value int
	}{{"layers", g.Layers}, {"kv_heads", g.KVHeads}, {"head_dim", g.HeadDim}, {"block_words", g.BlockWords}} {
		if f.value < 1 {
			errs = append(errs, fmt.Errorf("generation: %s is %d, want 1 or more", f.field, f.value))
		}
	}
	if g.FirstIndex != 0 && g.FirstIndex != 1 {
		errs = append(errs, fmt.Errorf("generation: first_index is %d, want 0 or 1", g.FirstIndex))
	}
	if g.End == "" {
		errs = append(errs, errors.New("generation: end is mandatory"))
	}
	return errors.Join(errs...)
}

func (m *Manifest) validatePrompt() error {
	var errs []error
	var text strings.Builder
	for i, p := range m.Generation.Prompt {
		if (p.Special == "") == (p.Text == "") {
			errs = append(errs, fmt.Errorf("generation: prompt: part %d must have either special or text", i))
		}
		text.WriteString(p.Text)
	}
	for _, place := range []string{PlaceHTML, PlaceQuestion} {
		if n := strings.Count(text.String(), place); n != 1 {
			errs = append(errs, fmt.Errorf("generation: prompt: %s occurs %d times, want once", place, n))
		}
	}
	return errors.Join(errs...)
}

func (m *Manifest) validateGeneratorWindow() error {
	switch {
	case m.WindowTokens > m.MaxTokens:
		return fmt.Errorf("window_tokens %d exceeds max_tokens %d", m.WindowTokens, m.MaxTokens)
	case m.QueryTokens < 1:
		return errors.New("query_tokens must be positive")
	case m.WindowTokens-m.QueryTokens < leastTextTokens:
		return fmt.Errorf("window_tokens %d leaves fewer than %d tokens beside the query", m.WindowTokens, leastTextTokens)
	}
	return nil
}
