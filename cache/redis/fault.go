package redis

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// kindOf sorts a fault into one of a few kinds, the values of a label.
func kindOf(err error) string {
	for _, k := range kinds {
		if k.is(err) {
			return k.name
		}
	}
	return "other"
}

// kinds are tried in this order.
var kinds = []struct {
	name string
	is   func(error) bool
}{
	{"wrong_type", isWrongType},
	{"damaged", oneOf(errCut, errForeign, errVersion, errEcho, errSum, errSize)},
	{"auth", func(err error) bool { return goredis.IsAuthError(err) || goredis.IsPermissionError(err) }},
	{"full", goredis.IsOOMError},
	{"read_only", goredis.IsReadOnlyError},
	{"max_clients", goredis.IsMaxClientsError},
	{"loading", goredis.IsLoadingError},
	{"cluster", isClusterReply},
	{"refused", isReply},
	{"pool", oneOf(goredis.ErrPoolTimeout, goredis.ErrPoolExhausted)},
	{"timeout", isTimeout},
	{"connection", isConnection},
	{"protocol", func(err error) bool { return strings.HasPrefix(err.Error(), "redis: ") }},
}

func oneOf(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
}

// isReply reports whether err is what Redis answered, and not the lack of an
// answer.
func isReply(err error) bool {
	var reply goredis.Error
	return errors.As(err, &reply)
}

func isWrongType(err error) bool { return err != nil && goredis.HasErrorPrefix(err, "WRONGTYPE") }

func isClusterReply(err error) bool {
	_, moved := goredis.IsMovedError(err)
	_, ask := goredis.IsAskError(err)
	return moved || ask || goredis.IsClusterDownError(err) || goredis.IsMasterDownError(err) || goredis.IsTryAgainError(err)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func isConnection(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, goredis.ErrClosed) || strings.Contains(err.Error(), "sentinel")
}

// describe says what a log may hold of err: of a reply its first word, and of
// what could not be read nothing, for it may be anybody's data.
func describe(err error) string {
	var n net.Error
	switch {
	case isReply(err):
		word, _, _ := strings.Cut(err.Error(), " ")
		return word[:min(len(word), 20)]
	case errors.As(err, &n):
		return err.Error()
	}
	return kindOf(err)
}

// faultLog writes one line about faults per interval, however many there are.
type faultLog struct {
	logger   *slog.Logger
	interval time.Duration

	mu     sync.Mutex
	next   time.Time
	count  int // since the last line
	failed bool
}

func newFaultLog(logger *slog.Logger, interval time.Duration) *faultLog {
	return &faultLog{logger: logger, interval: interval}
}

// add counts a fault and writes the line if it is time.
func (l *faultLog) add(op, kind string, err error) {
	l.mu.Lock()
	l.count++
	now := time.Now()
	if now.Before(l.next) {
		l.mu.Unlock()
		return
	}
	count := l.count
	l.count, l.next, l.failed = 0, now.Add(l.interval), true
	l.mu.Unlock()
	l.logger.Warn("faults of the cache in Redis, each a miss", "faults", count, "last_op", op, "last_kind", kind, "last_error", describe(err))
}

// outage says that a line about a fault was written elsewhere.
func (l *faultLog) outage() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next, l.failed = time.Now().Add(l.interval), true
}

// recovered writes that Redis answers again, once after a line about faults.
func (l *faultLog) recovered() {
	l.mu.Lock()
	failed := l.failed
	l.failed = false
	l.mu.Unlock()
	if failed {
		l.logger.Info("Redis answers again")
	}
}
