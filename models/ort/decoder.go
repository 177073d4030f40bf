package ort

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	onnx "github.com/yalue/onnxruntime_go"

	"github.com/ragprune/ragprune/models"
)

// DecoderOptions of a Decoder. All are mandatory but Positions, Threads and CPU.
type DecoderOptions struct {
	// IDs and Mask name the graph's inputs; Positions that for the places of
	// the tokens, empty if the graph has none.
	IDs, Mask, Positions string
	// PastKeys and PastValues name the inputs for what a Cache holds, a pair
	// for each layer; PresentKeys and PresentValues the outputs that continue
	// them.
	PastKeys, PastValues       []string
	PresentKeys, PresentValues []string
	// Logits names the output with the logits of the next token, of the last
	// token or of all tokens.
	Logits string
	// KVHeads and HeadDim are the shape of the cache: each key and value is
	// [1, KVHeads, tokens, HeadDim].
	KVHeads, HeadDim int
	// Threads is the number of threads of one Decode. 0 means 1.
	Threads int
	// CPU says that the providers of the Runtime are not for this graph.
	CPU bool
}

// DecoderOptionsOf are those that the manifest of a generator says.
func DecoderOptionsOf(m *models.Manifest) DecoderOptions {
	g := &m.Generation
	return DecoderOptions{
		IDs: m.Inputs.IDs, Mask: m.Inputs.Mask, Positions: m.Inputs.Positions,
		PastKeys: g.LayerNames(m.Inputs.PastKey), PastValues: g.LayerNames(m.Inputs.PastValue),
		PresentKeys: g.LayerNames(m.Outputs.PresentKey), PresentValues: g.LayerNames(m.Outputs.PresentValue),
		Logits: m.Outputs.Logits, KVHeads: g.KVHeads, HeadDim: g.HeadDim,
		CPU: staysOnCPU(m),
	}
}

// Cache is what a decoder has computed of the tokens that it has read. It is
// immutable: any number of Decodes may go on from it, also side by side. It is
// an alias, so that others can declare the same interface.
type Cache = interface {
	// Tokens is the number of tokens read.
	Tokens() int
	// Close frees the memory. No Decode may be reading the cache.
	Close() error
}

// Decoder is the graph of a causal language model that takes and gives its
// key and value cache. It is safe for concurrent use.
type Decoder struct {
	session *onnx.DynamicAdvancedSession
	options DecoderOptions
	// half says that the cache is of float16.
	half bool
	// all says that the graph gives the logits of all tokens.
	all bool
	// vocabulary is the number of logits of a token.
	vocabulary int
	caches     atomic.Int64
}

// cache holds the keys and values of all layers, in the order of the inputs.
type cache struct {
	decoder *Decoder
	tokens  int
	values  []onnx.Value
}

func (c *cache) Tokens() int { return c.tokens }

func (c *cache) Close() error {
	if c.values == nil {
		return nil
	}
	err := destroy(c.values)
	c.values = nil
	c.decoder.caches.Add(-1)
	return err
}

// OpenDecoder loads the graph at path, whose content must be trusted as with
// Open. A graph that has not the inputs and outputs that o names, in the shapes
// that o says, is an error that names the file, the input or output, and what
// the graph has.
func (r *Runtime) OpenDecoder(path string, o DecoderOptions) (*Decoder, error) {
	settings, err := r.newSettings(o.Threads, o.CPU)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { _ = settings.Destroy() }() // the session has a copy
	d := &Decoder{options: o}
	if err := d.inspect(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if d.session, err = onnx.NewDynamicAdvancedSession(path, o.inputs(), o.outputs(), settings); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return d, nil
}

// inputs names all inputs in the order in which they are given.
func (o *DecoderOptions) inputs() []string {
	names := []string{o.IDs, o.Mask}
	if o.Positions != "" {
		names = append(names, o.Positions)
	}
	return append(names, pairs(o.PastKeys, o.PastValues)...)
}

// outputs names all outputs in the order in which they are taken.
func (o *DecoderOptions) outputs() []string {
	return append([]string{o.Logits}, pairs(o.PresentKeys, o.PresentValues)...)
}

func pairs(keys, values []string) []string {
	var names []string
	for i := range keys {
		names = append(names, keys[i], values[i])
	}
	return names
}

// Caches is the number of caches that are not closed.
func (d *Decoder) Caches() int { return int(d.caches.Load()) }

// Decode reads ids, at least one, behind the tokens of past, nil for none, and
// returns the logits of the token to come, one for each entry of the
// vocabulary, and a cache of all tokens read, which the caller closes. past
// stays as it is. When ctx ends, Decode stops soon and returns its error.
//
// The present keys and values are written by the graph into the memory that the
// next Decode reads; the graph itself copies the past into them.
func (d *Decoder) Decode(ctx context.Context, past Cache, ids []int64) (logits []float32, present Cache, err error) {
	before, err := d.past(past)
	if err != nil {
		return nil, nil, err
	}
	if len(ids) == 0 {
		return nil, nil, errors.New("decode: there is no token to read")
	}
	p := pass{decoder: d, before: before, tokens: len(ids)}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.prepare(ids); err != nil {
		return nil, nil, fmt.Errorf("decode: %w", err)
	}
	if err := p.run(ctx); err != nil {
		return nil, nil, fmt.Errorf("decode %d tokens after %d: %w", len(ids), before.tokens, err)
	}
	// A copy, so that the logits of all tokens do not stay in memory.
	all := p.logits.GetData()
	logits = append([]float32(nil), all[len(all)-d.vocabulary:]...)
	present = &cache{decoder: d, tokens: before.tokens + len(ids), values: p.present}
	p.present = nil
	d.caches.Add(1)
	return logits, present, nil
}

// past is the cache to go on from.
func (d *Decoder) past(c Cache) (*cache, error) {
	if c == nil {
		return &cache{}, nil
	}
	past, ok := c.(*cache)
	if !ok || past.decoder != d || past.values == nil {
		return nil, errors.New("decode: the cache is not an open one of this decoder")
	}
	return past, nil
}

// Close frees the graph. No Decode may be under way, and no cache be used.
func (d *Decoder) Close() error { return d.session.Destroy() }
