package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ragprune/ragprune/bench/internal/remote"
)

const mib = 1 << 20

// sample is what the service holds at a time.
type sample struct {
	at time.Duration
	// resident is all memory; native is the part that Go did not ask for: the
	// program itself, and what ONNX Runtime holds.
	resident, native float64 // MiB
	heap             float64 // MiB of live objects at the last collection
	goroutines       float64
	descriptors      float64
	threads          float64
}

func (s sample) String() string {
	return fmt.Sprintf("%.0f MiB, %.0f of them native, heap %.0f MiB, %.0f goroutines, %.0f descriptors, %.0f threads",
		s.resident, s.native, s.heap, s.goroutines, s.descriptors, s.threads)
}

// take reads the metrics of the service, and what the system says of it.
func take(ctx context.Context, service *remote.Service) (sample, error) {
	metrics, err := gauges(ctx, service.Operator+"/metrics")
	if err != nil {
		return sample{}, err
	}
	resident, err := remote.Resident(service.PID)
	if err != nil {
		return sample{}, err
	}
	descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", service.PID))
	if err != nil {
		return sample{}, fmt.Errorf("descriptors: %w", err)
	}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", service.PID))
	if err != nil {
		return sample{}, fmt.Errorf("threads: %w", err)
	}
	held := metrics["go_memstats_sys_bytes"] - metrics["go_memstats_heap_released_bytes"]
	return sample{
		resident: float64(resident) / mib, native: (float64(resident) - held) / mib,
		heap:       metrics["go_memstats_heap_alloc_bytes"] / mib,
		goroutines: metrics["go_goroutines"], descriptors: float64(len(descriptors)), threads: float64(len(threads)),
	}, nil
}

// gauges are the metrics of a page that have no labels.
func gauges(ctx context.Context, url string) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("metrics: %s", response.Status)
	}
	return parseGauges(response.Body)
}

func parseGauges(r io.Reader) (map[string]float64, error) {
	out := map[string]float64{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(name, "#") || strings.Contains(name, "{") {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: %s: %w", name, err)
		}
		out[name] = v
	}
	return out, lines.Err()
}
