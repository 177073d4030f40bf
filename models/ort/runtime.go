package ort

import (
	"errors"
	"fmt"
	"strings"

	onnx "github.com/yalue/onnxruntime_go"

	"github.com/ragprune/ragprune/models"
)

// Runtime is the loaded library. A process has at most one at a time, because
// ONNX Runtime keeps one environment per process.
type Runtime struct{ providers []Provider }

// ErrStarted is returned by Start while a Runtime is open.
var ErrStarted = errors.New("ONNX Runtime is already started in this process")

// Start loads the library at path; see Locate. Close it after all sessions. The
// providers are asked, in that order, for each node of every graph; none means
// the CPU alone.
func Start(path string, providers ...Provider) (*Runtime, error) {
	if onnx.IsInitialized() {
		return nil, ErrStarted
	}
	for _, p := range providers {
		if err := p.Validate(); err != nil {
			return nil, err
		}
	}
	onnx.SetSharedLibraryPath(path)
	// What goes wrong is returned, with the same words.
	if err := onnx.InitializeEnvironment(onnx.WithLogLevelFatal()); err != nil {
		return nil, fmt.Errorf("load ONNX Runtime from %s: %w", path, err)
	}
	r := &Runtime{providers}
	if err := r.tryProviders(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), r.Close())
	}
	return r, nil
}

// tryProviders finds out at the start, before any graph is opened, that a
// provider is not there.
func (r *Runtime) tryProviders() error {
	settings, err := r.newSettings(0, false)
	if err != nil {
		return err
	}
	return settings.Destroy()
}

// newSettings are those of a session with that many threads, 0 means 1, computed
// by the providers of r or by the CPU alone.
func (r *Runtime) newSettings(threads int, cpu bool) (*onnx.SessionOptions, error) {
	settings, err := onnx.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	errs := []error{
		settings.SetIntraOpNumThreads(max(threads, 1)),
		settings.SetInterOpNumThreads(1),
		// Patterns pay for one fixed shape; here every length is another.
		settings.SetMemPattern(false),
	}
	for _, p := range r.providers {
		if !cpu {
			errs = append(errs, p.add(settings))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, settings.Destroy())
	}
	return settings, nil
}

// Close unloads the library.
func (r *Runtime) Close() error {
	if err := onnx.DestroyEnvironment(); err != nil {
		return fmt.Errorf("close ONNX Runtime: %w", err)
	}
	return nil
}

// Version is the release of the loaded library.
func (r *Runtime) Version() string { return onnx.GetVersion() }

// Provider names what computes the graph of a bundle, with its options: of no
// provider, the CPU.
func (r *Runtime) Provider(m *models.Manifest) string {
	if len(r.providers) == 0 || staysOnCPU(m) {
		return ProviderCPU
	}
	names := make([]string, len(r.providers))
	for i, p := range r.providers {
		names[i] = p.String()
	}
	return strings.Join(names, ", ")
}

// staysOnCPU reports whether the CPU computes the graph of a bundle whatever the
// providers. CUDA leaves most of int8 to the CPU, and what OpenVINO makes of it
// in bf16 need not be numbers.
func staysOnCPU(m *models.Manifest) bool { return m.Precision == models.PrecisionInt8 }
