package api

import "github.com/go-chi/chi/v5"

// Routes shows the tests what is served.
func (h *Handler) Routes() chi.Routes { return h.mux }
