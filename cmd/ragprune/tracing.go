package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// traceSettings say where traces go. Spans hold stages, sizes and times, never
// texts.
type traceSettings struct {
	TracesURL   string  `name:"traces-url" help:"Address of an OpenTelemetry collector that takes traces by OTLP over HTTP, such as http://127.0.0.1:4318. Empty: no traces." env:"RAGPRUNE_TRACES_URL" group:"log" placeholder:"URL"`
	TracesShare float64 `name:"traces-share" help:"Share of the requests that are traced, 0 to 1, where the caller has not decided." env:"RAGPRUNE_TRACES_SHARE" group:"log" default:"1"`
}

// traces returns what makes traces, and how it ends: what was not sent yet is
// sent, as long as ctx allows.
func (s traceSettings) traces(ctx context.Context) (trace.TracerProvider, func(context.Context) error, error) {
	if s.TracesURL == "" {
		return noop.NewTracerProvider(), func(context.Context) error { return nil }, nil
	}
	if s.TracesShare < 0 || s.TracesShare > 1 {
		return nil, nil, &settingError{"RAGPRUNE_TRACES_SHARE", fmt.Errorf("%v is not from 0 to 1", s.TracesShare)}
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(s.TracesURL))
	if err != nil {
		return nil, nil, &settingError{"RAGPRUNE_TRACES_URL", err}
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(s.TracesShare))),
		sdk.WithResource(resource.NewSchemaless(semconv.ServiceName("ragprune"), semconv.ServiceVersion(version))),
	)
	return provider, provider.Shutdown, nil
}
