package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
)

// keyring knows the API keys by their hashes; the secrets are not kept.
type keyring struct {
	names []string
	sums  [][sha256.Size]byte
}

func newKeyring(keys map[string]string) *keyring {
	k := &keyring{}
	for name, secret := range keys {
		k.names = append(k.names, name)
		k.sums = append(k.sums, sha256.Sum256([]byte(secret)))
	}
	return k
}

// find returns the name of the key and the namespace of its cached scores. It
// compares hashes, all of them, each in constant time, so that the time tells
// neither the secret nor which key came close.
func (k *keyring) find(secret string) (name, namespace string, ok bool) {
	sum := sha256.Sum256([]byte(secret))
	found := -1
	for i := range k.sums {
		equal := subtle.ConstantTimeCompare(k.sums[i][:], sum[:])
		found = subtle.ConstantTimeSelect(equal, i, found)
	}
	if found < 0 {
		return "", "", false
	}
	return k.names[found], hex.EncodeToString(sum[:16]), true
}

// authenticate lets through who has a key, or everyone if there are no keys.
func (h *Handler) authenticate(next http.Handler) http.Handler {
	if len(h.options.Keys) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, namespace, ok := h.keys.find(secretOf(r))
		if !ok {
			writeProblem(w, r, &problem{
				code:   CodeUnauthorized,
				detail: "Send a key as Authorization: Bearer or as X-API-Key.",
			})
			return
		}
		x := exchangeOf(r.Context())
		x.caller, x.namespace = name, namespace
		next.ServeHTTP(w, r)
	})
}

// secretOf returns the key that came with r, or nothing. Authorization goes
// before X-API-Key.
func secretOf(r *http.Request) string {
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(secret)
	}
	return r.Header.Get("X-API-Key")
}
