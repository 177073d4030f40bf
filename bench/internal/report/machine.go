package report

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Machine describes the processor and the Go release, for example
// "2 cores of an AMD EPYC (linux/amd64, go1.26.8)".
func Machine() string {
	model := "unknown processor"
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(data)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d cores, %s (%s/%s, %s)", runtime.NumCPU(), model, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// Commit is the short commit of the working folder, "unknown" outside git.
func Commit() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// Command is the command line that repeats this run: `go run ./bench/name`
// with the flags as they were given.
func Command(name string) string {
	parts := append([]string{"go run ./" + filepath.ToSlash(filepath.Join("bench", name))}, os.Args[1:]...)
	return strings.Join(parts, " ")
}
