package ort

import (
	"errors"
	"fmt"

	onnx "github.com/yalue/onnxruntime_go"
)

// Runtime is the loaded library. A process has at most one at a time, because
// ONNX Runtime keeps one environment per process.
type Runtime struct{}

// ErrStarted is returned by Start while a Runtime is open.
var ErrStarted = errors.New("ONNX Runtime is already started in this process")

// Start loads the library at path; see Locate. Close it after all sessions.
func Start(path string) (*Runtime, error) {
	if onnx.IsInitialized() {
		return nil, ErrStarted
	}
	onnx.SetSharedLibraryPath(path)
	// What goes wrong is returned, with the same words.
	if err := onnx.InitializeEnvironment(onnx.WithLogLevelFatal()); err != nil {
		return nil, fmt.Errorf("load ONNX Runtime from %s: %w", path, err)
	}
	return &Runtime{}, nil
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
