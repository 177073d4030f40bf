package triton

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ragprune/ragprune/models"
)

// Options of an export.
type Options struct {
	// Batch is the most sequences of a run, 1 to 1024. A graph of int8 ignores
	// it.
	Batch int
	// QueueDelay is how long the engine waits for more of them, up to a second.
	QueueDelay time.Duration
	// Instances is the number of runs side by side, 1 to 256; on GPUs, for each
	// of them.
	Instances int
	// GPU says that the graph runs on GPUs.
	GPU bool
}

func (o Options) validate() error {
	switch {
	case o.Batch < 1 || o.Batch > 1024:
		return fmt.Errorf("a batch of %d is out of range, want 1 to 1024", o.Batch)
	case o.QueueDelay < 0 || o.QueueDelay > time.Second:
		return fmt.Errorf("a queue delay of %v is out of range, want 0 to 1s", o.QueueDelay)
	case o.Instances < 1 || o.Instances > 256:
		return fmt.Errorf("%d instances are out of range, want 1 to 256", o.Instances)
	}
	return nil
}

// Export writes b, whose files it checks, as a model of the repository out, and
// returns the model's folder. What is there already is an error and left alone;
// a failed export leaves nothing behind.
func Export(b *models.Bundle, out string, o Options) (dir string, err error) {
	config, err := Config(&b.Manifest, o)
	if err != nil {
		return "", err
	}
	if filepath.Base(b.Name) != b.Name || !filepath.IsLocal(b.Name) {
		return "", fmt.Errorf("%q is no name of a folder", b.Name)
	}
	if err := b.Verify(); err != nil {
		return "", err
	}
	dir = filepath.Join(out, b.Name)
	if _, err := os.Lstat(dir); err == nil {
		return "", fmt.Errorf("%s is there already: %w", dir, fs.ErrExist)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", err
	}
	staging, err := os.MkdirTemp(out, ".export-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	if err := write(b, staging, config); err != nil {
		return "", err
	}
	return dir, os.Rename(staging, dir)
}

// write fills the model's folder.
func write(b *models.Bundle, dir, config string) error {
	// The engine runs as somebody else.
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.pbtxt"), []byte(config), 0o644); err != nil {
		return err
	}
	version := filepath.Join(dir, "1")
	if err := os.Mkdir(version, 0o755); err != nil {
		return err
	}
	return copyFile(b.ModelPath(), filepath.Join(version, "model.onnx"))
}

func copyFile(from, to string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	_, err = io.Copy(dst, src)
	return err
}
