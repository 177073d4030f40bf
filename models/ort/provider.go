package ort

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	onnx "github.com/yalue/onnxruntime_go"
)

// Provider is an execution provider of ONNX Runtime: what computes the nodes of
// a graph that it knows; the CPU computes the others.
type Provider struct {
	// Name is one of ProviderNames.
	Name string
	// Options are those of the provider, under its own names. nil means its
	// defaults. The CPU has none.
	Options map[string]string
}

// The providers that Start can ask for.
const (
	ProviderCPU      = "cpu"
	ProviderOpenVINO = "openvino"
	ProviderCUDA     = "cuda"
	ProviderCoreML   = "coreml"
)

// ProviderNames lists the providers that Start can ask for.
func ProviderNames() []string {
	return []string{ProviderCPU, ProviderOpenVINO, ProviderCUDA, ProviderCoreML}
}

// ErrNoProvider is wrapped by the error of Start for a provider that the library
// does not have or that does not work on this machine.
var ErrNoProvider = errors.New("the execution provider cannot be used")

// Validate reports a name that does not exist and options that nobody reads.
func (p Provider) Validate() error {
	if !slices.Contains(ProviderNames(), p.Name) {
		return fmt.Errorf("there is no execution provider %q: want one of %s", p.Name, strings.Join(ProviderNames(), ", "))
	}
	if p.Name == ProviderCPU && len(p.Options) > 0 {
		return fmt.Errorf("the execution provider %s has no options, got %s", p.Name, strings.Join(slices.Sorted(maps.Keys(p.Options)), ", "))
	}
	return nil
}

// String names the provider and its options, always in the same order.
func (p Provider) String() string {
	var s strings.Builder
	s.WriteString(p.Name)
	for _, key := range slices.Sorted(maps.Keys(p.Options)) {
		fmt.Fprintf(&s, " %s=%s", key, p.Options[key])
	}
	return s.String()
}

// add asks for the provider in the settings of a session.
func (p Provider) add(settings *onnx.SessionOptions) (err error) {
	switch p.Name {
	case ProviderCPU:
		return nil // always there, last
	case ProviderOpenVINO:
		err = settings.AppendExecutionProviderOpenVINO(p.Options)
	case ProviderCUDA:
		err = p.addCUDA(settings)
	case ProviderCoreML:
		err = settings.AppendExecutionProviderCoreMLV2(p.Options)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w: it needs %s", ErrNoProvider, p.Name, err, p.needs())
	}
	return nil
}

func (p Provider) addCUDA(settings *onnx.SessionOptions) error {
	options, err := onnx.NewCUDAProviderOptions()
	if err != nil {
		return err
	}
	defer func() { _ = options.Destroy() }() // the settings have a copy
	if err := options.Update(p.Options); err != nil {
		return err
	}
	return settings.AppendExecutionProviderCUDA(options)
}

// needs says what must be installed for the provider.
func (p Provider) needs() string {
	switch p.Name {
	case ProviderOpenVINO:
		return "the library of the PyPI package onnxruntime-openvino, with the files beside it"
	case ProviderCUDA:
		return "the library of the PyPI package onnxruntime-gpu, with the files beside it, CUDA, cuDNN and a GPU"
	default:
		return "a library built with it, on macOS"
	}
}
