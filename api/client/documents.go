package client

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// TextDocument returns a document that is plain text or Markdown alone.
func TextDocument(text string) DocumentInput {
	raw, _ := json.Marshal(text) // strings always can be
	return DocumentInput{union: raw}
}

// HTMLDocument returns a document that is a page or a fragment alone.
func HTMLDocument(html string) DocumentInput {
	raw, _ := json.Marshal(Document{HTML: &html}) // strings always can be
	return DocumentInput{union: raw}
}

// RerankDocuments returns texts as RerankRequest.Documents.
func RerankDocuments(texts ...string) []*RerankDocumentInput {
	documents := make([]*RerankDocumentInput, len(texts))
	for i, text := range texts {
		raw, _ := json.Marshal(text) // strings always can be
		documents[i] = &RerankDocumentInput{union: raw}
	}
	return documents
}

// NewDocument returns d as an item of PruneRequest.Documents. It fails on
// metadata that JSON cannot hold.
func NewDocument(d Document) (DocumentInput, error) {
	var input DocumentInput
	if err := input.FromDocument(d); err != nil {
		return input, fmt.Errorf("client: encoding a document: %w", err)
	}
	return input, nil
}

// Error makes a problem an error.
func (p *Problem) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "ragprune: %s (%d %s)", p.Title, p.Status, p.Code)
	if p.Errors != nil {
		for _, e := range *p.Errors {
			fmt.Fprintf(&text, "; %s %s", e.Pointer, e.Message)
		}
	}
	return text.String()
}

// Reply is what every reply of ClientWithResponses offers.
type Reply interface {
	GetBody() []byte
	StatusCode() int
	ContentType() string
}

// Err returns nil for a reply with status 2xx, the *Problem that a server
// answered, or another error for an answer that is not of ragprune. The errors
// of the rerank paths are problems too, but not those of TEI.
func Err(r Reply) error {
	if r.StatusCode()/100 == 2 {
		return nil
	}
	media, _, err := mime.ParseMediaType(r.ContentType())
	if err != nil || media != "application/problem+json" && media != "application/json" {
		return fmt.Errorf("client: status %d without a problem", r.StatusCode())
	}
	p := new(Problem)
	if err := json.Unmarshal(r.GetBody(), p); err != nil {
		return fmt.Errorf("client: status %d with a problem that cannot be read: %w", r.StatusCode(), err)
	}
	if p.Code == "" {
		return fmt.Errorf("client: status %d without a problem", r.StatusCode())
	}
	return p
}

// WithKey makes a client send an API key.
func WithKey(key string) ClientOption {
	return WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+key)
		return nil
	})
}
