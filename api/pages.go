package api

import (
	"bytes"
	_ "embed" // the contract
	"fmt"
	"net/http"
	"strings"

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
	c := contractEncoder{Encoder: jsontext.NewEncoder(&out), root: doc.Content[0]}
	if err := c.encode(c.root, false); err != nil {
		return nil, fmt.Errorf("api: converting the contract: %w", err)
	}
	return out.Bytes(), nil
}

// contractEncoder writes a contract in YAML as JSON: aliases are written out,
// and references below anyOf, oneOf and allOf. Hosts that import operations as
// tools hand schemas to a language model and do not follow references there.
type contractEncoder struct {
	*jsontext.Encoder
	root *yaml.Node
}

// encode writes n; alternative says that it is below anyOf, oneOf or allOf.
func (c *contractEncoder) encode(n *yaml.Node, alternative bool) error {
	switch n.Kind {
	case yaml.AliasNode:
		return c.encode(n.Alias, alternative)
	case yaml.MappingNode:
		if alternative && len(n.Content) == 2 && n.Content[0].Value == "$ref" {
			found, err := c.find(n.Content[1].Value)
			if err != nil {
				return err
			}
			return c.encode(found, true)
		}
		return c.encodeMembers(n, alternative)
	case yaml.SequenceNode:
		return c.encodeItems(n, alternative)
	}
	switch n.Tag {
	case "!!null":
		return c.WriteToken(jsontext.Null)
	case "!!bool", "!!int", "!!float":
		return c.WriteValue(jsontext.Value(n.Value))
	}
	return c.WriteToken(jsontext.String(n.Value))
}

func (c *contractEncoder) encodeMembers(n *yaml.Node, alternative bool) error {
	if err := c.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		if err := c.WriteToken(jsontext.String(name)); err != nil {
			return err
		}
		below := alternative || name == "anyOf" || name == "oneOf" || name == "allOf"
		if err := c.encode(n.Content[i+1], below); err != nil {
			return err
		}
	}
	return c.WriteToken(jsontext.EndObject)
}

func (c *contractEncoder) encodeItems(n *yaml.Node, alternative bool) error {
	if err := c.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, child := range n.Content {
		if err := c.encode(child, alternative); err != nil {
			return err
		}
	}
	return c.WriteToken(jsontext.EndArray)
}

// find returns what a reference within the contract stands for.
func (c *contractEncoder) find(reference string) (*yaml.Node, error) {
	n := c.root
	for name := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		var next *yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				next = n.Content[i+1]
			}
		}
		if next == nil {
			return nil, fmt.Errorf("nothing at %s", reference)
		}
		n = next
	}
	return n, nil
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
	w.Header().Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	writeBody(w, http.StatusOK, "text/html; charset=utf-8", h.page.HTML)
}
