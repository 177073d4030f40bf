package redis

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
)

// The defaults of Options.
const (
	DefaultPrefix      = "ragprune"
	DefaultTTL         = 24 * time.Hour
	DefaultTimeout     = 50 * time.Millisecond
	DefaultConnections = 16
	DefaultLogInterval = time.Minute
	DefaultFlush       = time.Second
)

// Options of a Store.
type Options struct {
	// URL says where Redis is. Mandatory. One server:
	//
	//	redis://host:6379, redis://host:6379/2, rediss://host (TLS)
	//
	// a Cluster, by several addresses or by one that leads to the others:
	//
	//	redis://a:6379,b:6379,c:6379, redis+cluster://a, rediss+cluster://a
	//
	// and with Master the Sentinels that know it: redis://a:26379,b:26379.
	// A user and a password may precede the address, user:password@.
	URL string
	// Master is the name of the master that Sentinels watch. Empty means that
	// there are none.
	Master string
	// Username is a user of the access list. Empty means that of URL, or the
	// default user.
	Username string
	// PasswordFile holds the password and nothing else; it is read again for
	// each connection, so it may change. Empty means the password of URL.
	PasswordFile string
	// SentinelPasswordFile holds the password of the Sentinels. Empty means
	// none.
	SentinelPasswordFile string
	// CAFile has the certificates, in PEM, that a server's may be signed by.
	// Empty means those of the system. It needs a URL with TLS, as do
	// CertFile, KeyFile and ServerName.
	CAFile string
	// CertFile and KeyFile, in PEM, are shown to servers that ask who is
	// there. Both or none.
	CertFile, KeyFile string
	// ServerName is what a server's certificate must be for. Empty means the
	// host of its address.
	ServerName string
	// Prefix is put before every key, with a colon. Programs that may see each
	// other's values share one. Empty means DefaultPrefix. It has no blanks, no
	// control characters and no braces, which would mean one slot of a Cluster
	// for all.
	Prefix string
	// TTL is how long a value stays after it was written, less up to a tenth by
	// chance, so that what was written together does not end together. 0 means
	// until Redis evicts it.
	TTL time.Duration
	// Timeout bounds what a lookup waits for. 0 means DefaultTimeout. Writing
	// and connecting, which nobody waits for, may take four times as long.
	Timeout time.Duration
	// Lease is how long others wait for a process that has stopped to work on a
	// value. 0 means that processes do not wait for each other.
	Lease time.Duration
	// Connections bound those to each server. 0 means DefaultConnections.
	Connections int
	// Flush is the longest time that Close takes to write what is left. 0
	// means DefaultFlush.
	Flush time.Duration
	// LogInterval is the time between two lines about faults. 0 means
	// DefaultLogInterval.
	LogInterval time.Duration
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
	// Logger receives a line on faults, never keys or values. Nil means none.
	Logger *slog.Logger
}

// OptionError is an option that cannot be used.
type OptionError struct {
	// Field is the name of the field of Options.
	Field string
	Err   error
}

// Error names the field. No error holds a password.
func (e *OptionError) Error() string { return "redis: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns what is wrong with the field.
func (e *OptionError) Unwrap() error { return e.Err }

// Validate reports the first thing that is missing or out of range, as an
// *OptionError. It reads the files.
func (o Options) Validate() error {
	_, err := newTarget(o.withDefaults())
	return err
}

func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Connections == 0 {
		o.Connections = DefaultConnections
	}
	if o.Flush == 0 {
		o.Flush = DefaultFlush
	}
	if o.LogInterval == 0 {
		o.LogInterval = DefaultLogInterval
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// background is the time for what nobody waits for.
func (o Options) background() time.Duration { return 4 * o.Timeout }

// validateValues checks the fields that are neither addresses nor files.
func (o Options) validateValues() error {
	for field, d := range map[string]time.Duration{
		"TTL": o.TTL, "Timeout": o.Timeout, "Lease": o.Lease, "Flush": o.Flush, "LogInterval": o.LogInterval,
	} {
		if d < 0 {
			return &OptionError{field, fmt.Errorf("%v is below 0", d)}
		}
	}
	if o.TTL > 0 && o.TTL < time.Second {
		return &OptionError{"TTL", fmt.Errorf("%v is too short to be of use, want a second or more, or 0", o.TTL)}
	}
	if o.Timeout < time.Millisecond || o.Timeout > time.Second {
		return &OptionError{"Timeout", fmt.Errorf("%v is out of range, want 1ms to 1s", o.Timeout)}
	}
	if o.Lease > 0 && o.Lease < 100*time.Millisecond || o.Lease > time.Minute {
		return &OptionError{"Lease", fmt.Errorf("%v is out of range, want 100ms to 1m, or 0", o.Lease)}
	}
	if o.Connections < 1 || o.Connections > 1000 {
		return &OptionError{"Connections", fmt.Errorf("%d is out of range, want 1 to 1000", o.Connections)}
	}
	if err := validatePrefix(o.Prefix); err != nil {
		return &OptionError{"Prefix", err}
	}
	return nil
}

// longestPrefix keeps keys short.
const longestPrefix = 128

func validatePrefix(prefix string) error {
	switch {
	case len(prefix) > longestPrefix:
		return fmt.Errorf("it has %d bytes, want at most %d", len(prefix), longestPrefix)
	case strings.ContainsAny(prefix, "{}"):
		return errors.New("it has a brace, which would put all keys into one slot of a Cluster")
	case strings.ContainsFunc(prefix, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return errors.New("it has a blank, a control character or broken UTF-8")
	}
	return nil
}
