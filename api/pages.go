package api

import (
	"bytes"
	_ "embed" // the contract
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var contractYAML []byte

// Contract returns openapi.yaml, the contract of the API.
func Contract() []byte { return bytes.Clone(contractYAML) }

// contractJSON returns the contract as JSON, members in the order of the YAML.
func contractJSON() ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(contractYAML, &doc); err != nil {
		return nil, fmt.Errorf("api: reading the contract: %w", err)
	}
	var out bytes.Buffer
	if err := encodeNode(jsontext.NewEncoder(&out), &doc); err != nil {
		return nil, fmt.Errorf("api: converting the contract: %w", err)
	}
	return out.Bytes(), nil
}

// encodeNode writes a YAML node as JSON, aliases written out.
func encodeNode(enc *jsontext.Encoder, n *yaml.Node) error {
	switch n.Kind {
	case yaml.DocumentNode:
		return encodeNode(enc, n.Content[0])
	case yaml.AliasNode:
		return encodeNode(enc, n.Alias)
	case yaml.MappingNode:
		return encodeNodes(enc, n, jsontext.BeginObject, jsontext.EndObject)
	case yaml.SequenceNode:
		return encodeNodes(enc, n, jsontext.BeginArray, jsontext.EndArray)
	}
	switch n.Tag {
	case "!!null":
		return enc.WriteToken(jsontext.Null)
	case "!!bool", "!!int", "!!float":
		return enc.WriteValue(jsontext.Value(n.Value))
	}
	return enc.WriteToken(jsontext.String(n.Value))
}

func encodeNodes(enc *jsontext.Encoder, n *yaml.Node, begin, end jsontext.Token) error {
	if err := enc.WriteToken(begin); err != nil {
		return err
	}
	for _, child := range n.Content {
		if err := encodeNode(enc, child); err != nil {
			return err
		}
	}
	return enc.WriteToken(end)
}

func (h *Handler) serveYAML(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	writeBody(w, http.StatusOK, "application/yaml", contractYAML)
}

func (h *Handler) serveJSON(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	writeBody(w, http.StatusOK, jsonType, h.contract)
}

func (h *Handler) servePlayground(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Security-Policy", h.page.Policy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	writeBody(w, http.StatusOK, "text/html; charset=utf-8", h.page.HTML)
}
