package api

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// Models are the models that requests may name.
type Models interface {
	// Acquire returns what answers requests for a model, "name" or
	// "name@version"; the empty name is the usual model. release is called when
	// the answer is there. A name that is not there gives a
	// *prune.InvalidError, a model that cannot be loaded a
	// *prune.UnavailableError.
	Acquire(ctx context.Context, name string) (p Pruner, release func(), err error)
	// Info is the answer of GET /info as of now.
	Info() Info
}

// oneModel is a Pruner that checks Request.Model itself.
type oneModel struct {
	pruner Pruner
	info   Info
}

func (m oneModel) Acquire(context.Context, string) (Pruner, func(), error) {
	return m.pruner, func() {}, nil
}

func (m oneModel) Info() Info {
	info := m.info
	if len(info.Models) == 0 && info.Model.Name != "" {
		info.Models = []ModelState{{ID: info.Model.Name + "@" + info.Model.Version, Loaded: true}}
	}
	return info
}

// ModelState is a model that requests may name.
type ModelState struct {
	// ID is "name@version".
	ID string `json:"id"`
	// Loaded says that a request need not wait for it to be loaded.
	Loaded bool `json:"loaded"`
	// Bytes is the size of its files. 0 means that it is not known.
	Bytes int64 `json:"bytes,omitzero"`
	// Owner is who made what it was made from. Empty means not known.
	Owner string `json:"-"`
	// Created is when the bundle was made. Its zero value means not known.
	Created time.Time `json:"-"`
}

// modelList is the list of models in the form of OpenAI's API.
type modelList struct {
	Object string        `json:"object"`
	Data   []listedModel `json:"data"`
}

type listedModel struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	Loaded  bool   `json:"loaded"`
}

// defaultOwner is who owns a model that says nothing about it.
const defaultOwner = "ragprune"

func (h *Handler) serveModels(w http.ResponseWriter, r *http.Request) {
	list := modelList{Object: "list", Data: []listedModel{}}
	for _, m := range h.options.Models.Info().Models {
		l := listedModel{ID: m.ID, Object: "model", OwnedBy: m.Owner, Loaded: m.Loaded}
		if l.OwnedBy == "" {
			l.OwnedBy = defaultOwner
		}
		if !m.Created.IsZero() {
			l.Created = m.Created.Unix()
		}
		list.Data = append(list.Data, l)
	}
	body, err := json.Marshal(list, json.Deterministic(true))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	writeBody(w, http.StatusOK, jsonType, body)
}
