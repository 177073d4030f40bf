package api

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	jsonType   = "application/json"
	ndjsonType = "application/x-ndjson"
)

// wantsLines reports whether r would rather have its answer line by line than
// as one JSON document. It must say so by name; what it likes as much as JSON,
// by name too, it gets as JSON.
func wantsLines(r *http.Request) bool {
	a := parseAccept(r.Header.Values("Accept"))
	lines, named := a[ndjsonType]
	if !named || lines <= 0 {
		return false
	}
	plain, named := a[jsonType]
	if named {
		return lines > plain
	}
	for _, wider := range []string{"application/*", "*/*"} {
		if q, ok := a[wider]; ok {
			return lines >= q
		}
	}
	return true
}

// parseAccept returns the q-values of media types (RFC 9110, section 12.5.1).
// What cannot be read is left out.
func parseAccept(values []string) map[string]float64 {
	accept := make(map[string]float64)
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			media, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			q := 1.0
			if written, ok := params["q"]; ok {
				if q, err = strconv.ParseFloat(written, 64); err != nil || !(q >= 0 && q <= 1) {
					continue
				}
			}
			accept[media] = max(q, accept[media])
		}
	}
	return accept
}

// unlessLines serves with lines what wants its answer line by line, and with
// plain everything else.
func unlessLines(lines, plain http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wantsLines(r) {
			lines.ServeHTTP(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	})
}
