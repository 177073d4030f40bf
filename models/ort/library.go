package ort

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Version is the release of ONNX Runtime that ragprune is built and tested
// against. Later releases work too: the C API is backward compatible.
const Version = "1.24.4"

// ErrNoLibrary is wrapped by the error of Locate.
var ErrNoLibrary = errors.New("the ONNX Runtime library was not found")

// Locate returns the path of the library: explicit if it is not empty,
// otherwise the first that exists of .ort/ and lib/ in the folder of the
// program, in the working folder and in its parents, and the system's library
// folders. The error says what to do.
func Locate(explicit string) (string, error) {
	const advice = "run `make setup`, or set RAGPRUNE_ORT_LIBRARY to a libonnxruntime.so of release " + Version + " or later"
	if explicit != "" {
		if err := isFile(explicit); err != nil {
			return "", fmt.Errorf("%w at %s: %s", ErrNoLibrary, explicit, advice)
		}
		return explicit, nil
	}
	for _, path := range candidates() {
		if isFile(path) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: %s", ErrNoLibrary, advice)
}

func isFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fs.ErrInvalid
	}
	return nil
}

func candidates() []string {
	const pinned, plain = "libonnxruntime.so." + Version, "libonnxruntime.so"
	var out []string
	add := func(dir string) {
		for _, sub := range []string{".ort", "lib", "."} {
			out = append(out, filepath.Join(dir, sub, pinned), filepath.Join(dir, sub, plain))
		}
	}
	if exe, err := os.Executable(); err == nil {
		add(filepath.Dir(exe))
		add(filepath.Dir(filepath.Dir(exe)))
	}
	if dir, err := os.Getwd(); err == nil {
		for {
			add(dir)
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	for _, dir := range []string{"/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/opt/onnxruntime/lib"} {
		out = append(out, filepath.Join(dir, pinned), filepath.Join(dir, plain))
	}
	return out
}
