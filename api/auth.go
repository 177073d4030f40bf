package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// hashPrefix begins a key that is given by its hash.
const hashPrefix = "sha256:"

// HashKey is secret as Options.Keys takes it where the secret itself should not
// be at rest: "sha256:" and its SHA-256 in hex. Secrets are random and long, so
// a plain hash is enough; it is no way to keep passwords.
func HashKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hashPrefix + hex.EncodeToString(sum[:])
}

// keyring knows the API keys by their hashes; the secrets are not kept.
type keyring struct {
	names []string
	sums  [][sha256.Size]byte
}

// newKeyring fails on keys that Options.Keys does not allow, and names them all.
func newKeyring(keys map[string]string) (*keyring, error) {
	k := &keyring{}
	var errs []error
	holders := make(map[[sha256.Size]byte]string)
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if name == "" {
			errs = append(errs, errors.New("api: a key of Options.Keys has no name"))
		}
		sum, err := sumOf(keys[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("api: Options.Keys[%q] %w", name, err))
			continue
		}
		if other, ok := holders[sum]; ok {
			errs = append(errs, fmt.Errorf("api: Options.Keys[%q] and [%q] are the same key", other, name))
		}
		holders[sum] = name
		k.names = append(k.names, name)
		k.sums = append(k.sums, sum)
	}
	return k, errors.Join(errs...)
}

// sumOf reads a secret or the hash of one.
func sumOf(key string) (sum [sha256.Size]byte, err error) {
	text, hashed := strings.CutPrefix(key, hashPrefix)
	if !hashed {
		if key == "" || strings.TrimSpace(key) != key {
			return sum, errors.New("is empty or has white space around it")
		}
		return sha256.Sum256([]byte(key)), nil
	}
	bytes, err := hex.DecodeString(text)
	if err != nil || len(bytes) != len(sum) {
		return sum, fmt.Errorf("is not %q and 64 hex digits", hashPrefix)
	}
	return [sha256.Size]byte(bytes), nil
}

// find returns the name of the key. It compares hashes, all of them, each in
// constant time, so that the time tells neither the secret nor which key came
// close.
func (k *keyring) find(secret string) (name string, ok bool) {
	sum := sha256.Sum256([]byte(secret))
	found := -1
	for i := range k.sums {
		equal := subtle.ConstantTimeCompare(k.sums[i][:], sum[:])
		found = subtle.ConstantTimeSelect(equal, i, found)
	}
	if found < 0 {
		return "", false
	}
	return k.names[found], true
}

// SetKeys replaces the API keys of a running server; requests under way stay
// admitted. A key that keeps its name keeps its cached scores. It changes
// nothing and fails on keys that Options.Keys does not allow, on none, and on a
// server that began without keys: neither may open or close by an empty file.
func (h *Handler) SetKeys(keys map[string]string) error {
	k, err := newKeyring(keys)
	if err != nil {
		return err
	}
	if (len(keys) == 0) != (len(h.keys.Load().names) == 0) {
		return errors.New("api: keys can be replaced, not added to a server without any or taken from one with some")
	}
	h.keys.Store(k)
	return nil
}

// authenticate lets through who has a key, or everyone if there are no keys.
// The name of the key is the namespace of its cached scores.
func (h *Handler) authenticate(next http.Handler) http.Handler {
	if len(h.keys.Load().names) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := h.keys.Load().find(secretOf(r))
		if !ok {
			writeProblem(w, r, &problem{
				code:   CodeUnauthorized,
				detail: "Send a key as Authorization: Bearer or as X-API-Key.",
			})
			return
		}
		exchangeOf(r.Context()).caller = name
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
