package remote

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/models"
)

// DefaultTimeout is the time for one request to an endpoint.
const DefaultTimeout = 5 * time.Second

// Options of a Session.
type Options struct {
	// Endpoints say where the engine is: http://host:port, https:// for TLS,
	// grpc:// and grpcs://. A path before /v2 is kept. Mandatory, each once.
	Endpoints []string
	// Model is the name of the model on the engine. Mandatory.
	Model string
	// Manifest says which inputs and outputs the graph has. Mandatory.
	Manifest models.Manifest
	// Timeout is the longest wait for one endpoint; then another is asked. 0
	// means DefaultTimeout.
	Timeout time.Duration
	// CAFile has the certificates, in PEM, that an endpoint's may be signed by.
	// Empty means those of the system.
	CAFile string
	// Registry receives the metrics. Nil means none.
	Registry prometheus.Registerer
	// Logger receives what happens to endpoints, never texts. Nil means none.
	Logger *slog.Logger
}

// OptionError is an option that cannot be used.
type OptionError struct {
	// Field is the name of the field of Options.
	Field string
	Err   error
}

// Error names the field.
func (e *OptionError) Error() string { return "remote: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns what is wrong with the field.
func (e *OptionError) Unwrap() error { return e.Err }

// Validate reports the first thing that is missing or out of range, as an
// *OptionError. It reads the file.
func (o Options) Validate() error {
	o = o.withDefaults()
	if _, err := o.addresses(); err != nil {
		return &OptionError{"Endpoints", err}
	}
	if o.Model == "" || strings.ContainsAny(o.Model, "/?#% \t\r\n") {
		return &OptionError{"Model", fmt.Errorf("%q is no name of a model", o.Model)}
	}
	if o.Timeout < 10*time.Millisecond || o.Timeout > 5*time.Minute {
		return &OptionError{"Timeout", fmt.Errorf("%v is out of range, want 10ms to 5m", o.Timeout)}
	}
	if _, err := o.tls(); err != nil {
		return &OptionError{"CAFile", err}
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// graph is what the engine's model must have.
func (o Options) graph() (graph, error) {
	switch o.Manifest.Kind {
	case models.KindPruner, models.KindReranker:
	default:
		return graph{}, &OptionError{"Manifest", fmt.Errorf("a bundle of kind %s cannot run on a serving engine", o.Manifest.Kind)}
	}
	in := o.Manifest.Inputs
	g := graph{model: o.Model, inputs: []string{in.IDs, in.Mask}, outputs: o.Manifest.Outputs.Names(o.Manifest.Kind)}
	if in.Types != "" {
		g.inputs = append(g.inputs, in.Types)
	}
	return g, nil
}

func (o Options) addresses() ([]address, error) {
	if len(o.Endpoints) == 0 {
		return nil, errors.New("there is none")
	}
	seen := make(map[string]bool)
	var addresses []address
	for _, e := range o.Endpoints {
		a, err := parseAddress(e)
		if err != nil {
			return nil, err
		}
		if seen[a.String()] {
			return nil, fmt.Errorf("%s is there twice", a)
		}
		seen[a.String()] = true
		addresses = append(addresses, a)
	}
	return addresses, nil
}
