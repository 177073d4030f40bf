package main

import (
	"cmp"
	"maps"
	"runtime"
	"strconv"

	"golang.org/x/sys/cpu"

	"github.com/ragprune/ragprune/models/ort"
)

// providerSettings say what computes the graphs. serve, prune and models share
// them.
type providerSettings struct {
	Provider        string            `help:"What computes the models: ${enum}. All but the cpu need another ONNX Runtime library; 'make openvino' brings one for OpenVINO." enum:"cpu,openvino,cuda,coreml" env:"RAGPRUNE_PROVIDER" group:"model" default:"cpu"`
	ProviderOptions map[string]string `help:"Options of the provider, as ONNX Runtime calls them; they replace those that ragprune chooses." env:"RAGPRUNE_PROVIDER_OPTIONS" group:"model" placeholder:"NAME=VALUE;..."`
}

// provider is the execution provider for that many windows at once, 0 means one
// for each core.
func (s providerSettings) provider(workers int) (ort.Provider, error) {
	p := ort.Provider{Name: cmp.Or(s.Provider, ort.ProviderCPU), Options: maps.Clone(s.ProviderOptions)}
	if p.Name == ort.ProviderOpenVINO {
		p.Options = openVINOOptions(workers)
		maps.Copy(p.Options, s.ProviderOptions)
	}
	if err := p.Validate(); err != nil {
		return p, &settingError{"RAGPRUNE_PROVIDER_OPTIONS", err}
	}
	return p, nil
}

// openVINOOptions give each window a stream and a thread of its own. bf16 pays
// where the processor multiplies matrices in it (bench/results/providers.md);
// elsewhere it would cost precision for nothing.
func openVINOOptions(workers int) map[string]string {
	n := strconv.Itoa(cmp.Or(workers, runtime.NumCPU()))
	precision := "f32"
	if cpu.X86.HasAMXBF16 || cpu.X86.HasAVX512BF16 {
		precision = "bf16"
	}
	return map[string]string{
		"device_type": "CPU", "num_streams": n, "num_of_threads": n,
		"load_config": `{"CPU":{"INFERENCE_PRECISION_HINT":"` + precision + `"}}`,
	}
}
