package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// exchange is what the layers of one request tell each other.
type exchange struct {
	id      string
	caller  string  // name of the API key
	dialect dialect // of errors; nil: problems
	begun   bool    // a line of the answer is written
	status  int     // how it ended, where that is not the status that was sent; 0: it is
}

type exchangeKey struct{}

// exchangeOf returns the exchange that observe put into ctx.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

func requestID(ctx context.Context) string { return exchangeOf(ctx).id }

// statusClientGone stands in log and metrics for requests whose sender left.
const statusClientGone = 499

// observe names a request, counts it, and logs it when it is done. Paths that
// are not routes, bodies and secrets stay out of both.
func (h *Handler) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		x := &exchange{id: newRequestID(r.Header.Get("X-Request-Id"))}
		w.Header().Set("X-Request-Id", x.id)
		secure(w.Header())
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := h.tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		r = r.WithContext(context.WithValue(ctx, exchangeKey{}, x))
		rec := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		h.metrics.inFlight.Inc()
		defer func() {
			h.metrics.inFlight.Dec()
			h.record(r, x, rec, time.Since(start))
		}()
		next.ServeHTTP(rec, r)
	})
}

// secure sets what every answer tells a browser: believe the content type, say
// no address to other sites, and share no window and no answer with them.
func secure(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// record writes one line to the log and counts one request.
func (h *Handler) record(r *http.Request, x *exchange, rec middleware.WrapResponseWriter, took time.Duration) {
	status := cmp.Or(x.status, rec.Status(), http.StatusOK)
	route := chi.RouteContext(r.Context()).RoutePattern()
	if route == "" {
		route = "unmatched"
	}
	span := trace.SpanFromContext(r.Context())
	describe(span, r.Method, route, status, x)
	h.metrics.count(route, r.Method, status, took, span.SpanContext())
	attrs := []slog.Attr{
		slog.String("id", x.id),
		slog.String("method", r.Method),
		slog.String("route", route),
		slog.Int("status", status),
		slog.Int("bytes", rec.BytesWritten()),
		slog.Duration("took", took),
	}
	if x.caller != "" {
		attrs = append(attrs, slog.String("key", x.caller))
	}
	if c := span.SpanContext(); c.IsSampled() {
		attrs = append(attrs, slog.String("trace", c.TraceID().String()))
	}
	h.log.LogAttrs(r.Context(), levelOf(route, status), "request", attrs...)
}

// describe names the span of a request after its route, by the semantic
// conventions of OpenTelemetry.
func describe(span trace.Span, method, route string, status int, x *exchange) {
	if !span.IsRecording() {
		return
	}
	span.SetName(method + " " + route)
	span.SetAttributes(
		attribute.String("http.request.method", knownMethod(method)),
		attribute.String("http.route", route),
		attribute.Int("http.response.status_code", status),
		attribute.String("ragprune.request_id", x.id),
	)
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
}

// levelOf keeps probes and scrapes out of the usual log.
func levelOf(route string, status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable:
		return slog.LevelError
	case route == "/livez" || route == "/readyz" || route == "/health" || route == "/metrics":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// recoverPanic answers 500 for a handler that panicked. Values of panics may
// hold parts of a document, so only those of the runtime are logged.
func (h *Handler) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			writeProblem(w, r, h.panicked(r.Context(), v))
		}()
		next.ServeHTTP(w, r)
	})
}

// panicked logs and counts a panic with v, and returns the problem that it is.
func (h *Handler) panicked(ctx context.Context, v any) *problem {
	h.metrics.panics.Inc()
	what := fmt.Sprintf("%T", v)
	if err, ok := v.(runtime.Error); ok {
		what = err.Error()
	}
	h.log.ErrorContext(ctx, "panic", "id", requestID(ctx), "value", what, "stack", string(debug.Stack()))
	return &problem{code: CodeInternal}
}

// newRequestID returns sent if it is fit for headers, logs and file names, or
// else a random id.
func newRequestID(sent string) string {
	if len(sent) == 0 || len(sent) > 128 {
		return rand.Text()
	}
	for _, c := range []byte(sent) {
		if !isIDByte(c) {
			return rand.Text()
		}
	}
	return sent
}

func isIDByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}
