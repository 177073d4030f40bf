package redis_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ragprune/ragprune/cache/redis"
)

func TestOptions(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		fatal(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	password, empty := file("password", "p@ss\n"), file("empty", "\n")
	good := map[string]redis.Options{
		"one server":       {URL: "redis://127.0.0.1:6379"},
		"bare":             {URL: "localhost"},
		"database":         {URL: "redis://127.0.0.1/3"},
		"password":         {URL: "redis://:p@ss@127.0.0.1"},
		"user":             {URL: "redis://me:p@ss@127.0.0.1"},
		"user from file":   {URL: "redis://127.0.0.1", Username: "me", PasswordFile: password},
		"TLS":              {URL: "rediss://cache.example:6380", ServerName: "cache"},
		"cluster":          {URL: "redis://a:1,b:2,c:3"},
		"cluster, schemes": {URL: "redis://a:1,redis://b:2"},
		"cluster, one":     {URL: "redis+cluster://a"},
		"sentinels":        {URL: "redis://a,b,c/1", Master: "cache", SentinelPasswordFile: password},
		"IPv6":             {URL: "redis://[::1]:6379"},
		"odd prefix":       {URL: "redis://a", Prefix: "żółw:*?[x]\\\"'€"},
		"lease":            {URL: "redis://a", Lease: time.Second, TTL: time.Hour},
	}
	for name, o := range good {
		if err := o.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := map[string]struct {
		field string
		o     redis.Options
	}{
		"no URL":               {"URL", redis.Options{}},
		"scheme":               {"URL", redis.Options{URL: "http://:secret@a"}},
		"parameters":           {"URL", redis.Options{URL: "redis://:secret@a?db=1"}},
		"port":                 {"URL", redis.Options{URL: "redis://:secret@a:99999"}},
		"no host":              {"URL", redis.Options{URL: "redis://:secret@:1"}},
		"database":             {"URL", redis.Options{URL: "redis://:secret@a/x"}},
		"cluster and database": {"URL", redis.Options{URL: "redis://:secret@a,b/1"}},
		"cluster and master":   {"URL", redis.Options{URL: "redis+cluster://:secret@a", Master: "m"}},
		"user alone":           {"Username", redis.Options{URL: "redis://a", Username: "me"}},
		"no password file":     {"PasswordFile", redis.Options{URL: "redis://a", PasswordFile: folder + "/none"}},
		"empty password":       {"PasswordFile", redis.Options{URL: "redis://a", PasswordFile: empty}},
		"sentinel password":    {"SentinelPasswordFile", redis.Options{URL: "redis://a", SentinelPasswordFile: password}},
		"CA without TLS":       {"CAFile", redis.Options{URL: "redis://a", CAFile: password}},
		"no CA":                {"CAFile", redis.Options{URL: "rediss://a", CAFile: password}},
		"key alone":            {"CertFile", redis.Options{URL: "rediss://a", KeyFile: password}},
		"no certificate":       {"CertFile", redis.Options{URL: "rediss://a", KeyFile: password, CertFile: password}},
		"braces":               {"Prefix", redis.Options{URL: "redis://a", Prefix: "a{b}"}},
		"blank":                {"Prefix", redis.Options{URL: "redis://a", Prefix: "a b"}},
		"control character":    {"Prefix", redis.Options{URL: "redis://a", Prefix: "a\x00"}},
		"broken UTF-8":         {"Prefix", redis.Options{URL: "redis://a", Prefix: "a\xff"}},
		"long prefix":          {"Prefix", redis.Options{URL: "redis://a", Prefix: strings.Repeat("x", 129)}},
		"TTL":                  {"TTL", redis.Options{URL: "redis://a", TTL: -1}},
		"short TTL":            {"TTL", redis.Options{URL: "redis://a", TTL: time.Millisecond}},
		"long time-out":        {"Timeout", redis.Options{URL: "redis://a", Timeout: time.Minute}},
		"short lease":          {"Lease", redis.Options{URL: "redis://a", Lease: time.Millisecond}},
		"connections":          {"Connections", redis.Options{URL: "redis://a", Connections: -1}},
	}
	for name, test := range bad {
		err := test.o.Validate()
		o, ok := errors.AsType[*redis.OptionError](err)
		if !ok || o.Field != test.field {
			t.Errorf("%s: %v, want one about %s", name, err, test.field)
			continue
		}
		if text := err.Error(); strings.Contains(text, "secret") || strings.Contains(text, "\n") {
			t.Errorf("%s: the error tells too much: %q", name, text)
		}
		if s, err := redis.New(t.Context(), test.o); err == nil || s != nil {
			t.Errorf("%s: New gave %v, %v", name, s, err)
		}
	}
}
