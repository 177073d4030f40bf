package remote

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Resident returns the resident memory of a process in bytes (Linux only).
func Resident(pid int) (int64, error) { return memory(pid, "VmRSS:") }

// Peak returns the largest resident memory that a process had since ResetPeak,
// in bytes (Linux only).
func Peak(pid int) (int64, error) { return memory(pid, "VmHWM:") }

// ResetPeak begins Peak anew.
func ResetPeak(pid int) error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	return nil
}

// memory is a line of /proc/PID/status in bytes.
func memory(pid int, name string) (int64, error) {
	path := fmt.Sprintf("/proc/%d/status", pid)
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		value, ok := strings.CutPrefix(line, name)
		if !ok {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("memory: %s: %w", path, err)
		}
		return kb << 10, nil
	}
	return 0, fmt.Errorf("memory: %s has no %s", path, strings.TrimSuffix(name, ":"))
}

// Watch samples the resident memory every interval until ctx ends and sends
// the largest value seen, 0 if it could not be read.
func Watch(ctx context.Context, pid int, interval time.Duration) <-chan int64 {
	out := make(chan int64, 1)
	go func() {
		var largest int64
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			if now, err := Resident(pid); err == nil {
				largest = max(largest, now)
			}
			select {
			case <-ctx.Done():
				out <- largest
				return
			case <-ticker.C:
			}
		}
	}()
	return out
}
