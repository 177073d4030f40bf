package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/ragprune/ragprune/api"
)

// keysCommand makes keys.
type keysCommand struct {
	New newKeyCommand `cmd:"" help:"Make a key: the secret for the caller, and the line for the file of the server."`
}

// newKeyCommand makes one key.
type newKeyCommand struct {
	Name string `arg:"" help:"Who will call with it; appears in the log, and has cached scores of its own."`
}

// Run prints the secret, which is kept nowhere, and the line with its hash.
func (c *newKeyCommand) Run(std streams) error {
	if err := checkKeyName(c.Name); err != nil {
		return &settingError{"NAME", err}
	}
	secret := "rp_" + rand.Text()
	_, err := fmt.Fprintf(std.out, "secret for the caller: %s\nline for RAGPRUNE_API_KEYS_FILE: %s:%s\n", secret, c.Name, api.HashKey(secret))
	return err
}

func checkKeyName(name string) error {
	if name == "" || len(name) > 64 || strings.ContainsAny(name, ":, \t\r\n") || name == "sha256" {
		return fmt.Errorf("the key name %q is empty, longer than 64 bytes, or has a colon, a comma or white space", name)
	}
	return nil
}

// keySettings name the API keys; without any the service is open.
type keySettings struct {
	APIKeys     []string `help:"API keys that may call, each KEY or NAME:KEY. Prefer the file: arguments and environments are visible." env:"RAGPRUNE_API_KEYS" group:"http" placeholder:"KEY,..."`
	APIKeysFile string   `help:"File with one API key a line, KEY or NAME:KEY, where KEY may be sha256:HASH (see 'ragprune keys new'); empty lines and lines with # are skipped. Changes count within seconds." env:"RAGPRUNE_API_KEYS_FILE" group:"http" placeholder:"FILE"`
}

// keys returns the hashes of all keys by name.
func (s keySettings) keys() (map[string]string, error) {
	keys := make(map[string]string)
	if err := addKeys(keys, s.APIKeys); err != nil {
		return nil, &settingError{"RAGPRUNE_API_KEYS", err}
	}
	if s.APIKeysFile == "" {
		return keys, nil
	}
	data, err := os.ReadFile(s.APIKeysFile)
	if err != nil {
		return nil, &settingError{"RAGPRUNE_API_KEYS_FILE", err}
	}
	before := len(keys)
	if err := addKeys(keys, strings.Split(string(data), "\n")); err != nil {
		return nil, &settingError{"RAGPRUNE_API_KEYS_FILE", err}
	}
	if len(keys) == before {
		return nil, &settingError{"RAGPRUNE_API_KEYS_FILE", fmt.Errorf("%s holds no key", s.APIKeysFile)}
	}
	return keys, nil
}

// addKeys reads entries. A key without a name is called after its hash, so that
// it keeps its name and its cached scores wherever it stands.
func addKeys(keys map[string]string, entries []string) error {
	for _, entry := range entries {
		entry = strings.TrimSpace(entry)
		if entry == "" || entry[0] == '#' {
			continue
		}
		name, secret, named := strings.Cut(entry, ":")
		if !named || name == "sha256" {
			name, secret = "", entry
		}
		hash := secret
		if !strings.HasPrefix(secret, "sha256:") {
			hash = api.HashKey(secret)
		}
		if !named || name == "" {
			name = "key-" + strings.TrimPrefix(hash, "sha256:")[:min(8, len(hash)-len("sha256:"))]
		}
		if err := checkKeyName(name); err != nil {
			return err
		}
		if secret == "" {
			return fmt.Errorf("the key %q is empty", name)
		}
		if _, ok := keys[name]; ok {
			return fmt.Errorf("two keys are called %q", name)
		}
		keys[name] = hash
	}
	return nil
}

// keysInterval is the time between two looks at the file of the keys.
const keysInterval = 2 * time.Second

// watchKeys takes over the keys of the file whenever it changes, until ctx
// ends. A file that cannot be used changes nothing and is logged once.
func (s keySettings) watchKeys(ctx context.Context, h *api.Handler, logger *slog.Logger) {
	last := s.contents()
	ticker := time.NewTicker(keysInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := s.contents()
		if now == last {
			continue
		}
		last = now
		keys, err := s.keys()
		if err == nil {
			err = h.SetKeys(keys)
		}
		if err != nil {
			logger.Error("the keys stay as they were", "error", err)
			continue
		}
		logger.Info("keys replaced", "keys", len(keys))
	}
}

// contents is what the file holds; a file that cannot be read is as good as an
// empty one.
func (s keySettings) contents() string {
	data, err := os.ReadFile(s.APIKeysFile)
	if err != nil {
		return ""
	}
	return string(data)
}
