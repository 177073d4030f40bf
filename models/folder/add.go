package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/models"
)

// ErrExists is wrapped by the error about a bundle that is there already.
var ErrExists = errors.New("the bundle is there already")

// AddOptions say how to add.
type AddOptions struct {
	// Replace exchanges a bundle of the same name and version.
	Replace bool
	// Check looks at the bundle once its files are verified and before it is
	// put in its place. Nil means no more checks.
	Check func(*models.Bundle) error
}

// Add copies the bundle at source, a folder or a .tar.gz, .tgz or .zip of one,
// into dir, which is made if need be, as sub-folder "name@version". Manifest, the
// files that it lists, and a README and a LICENSE are taken, nothing else. The
// bundle appears in dir when it is complete and verified, or not at all.
func Add(dir, source string, o AddOptions) (*models.Bundle, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("models folder: %w", err)
	}
	staging, err := os.MkdirTemp(dir, ".adding-")
	if err != nil {
		return nil, fmt.Errorf("models folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(staging) }() // what cannot be removed is hidden
	complete := filepath.Join(staging, "bundle")
	b, err := prepare(source, staging, complete, o)
	if err != nil {
		return nil, &sourceError{strings.ReplaceAll(err.Error(), complete, source), err}
	}
	return b, place(dir, staging, b, o.Replace)
}

// sourceError is an error about a bundle under the path that its user knows.
type sourceError struct {
	text string
	err  error
}

func (e *sourceError) Error() string { return e.text }
func (e *sourceError) Unwrap() error { return e.err }

// prepare makes and checks the bundle in complete.
func prepare(source, staging, complete string, o AddOptions) (*models.Bundle, error) {
	if err := stage(source, staging, complete); err != nil {
		return nil, err
	}
	b, err := models.Open(complete)
	if err != nil {
		return nil, err
	}
	if err := b.Verify(); err != nil {
		return nil, err
	}
	if o.Check != nil {
		return b, o.Check(b)
	}
	return b, nil
}

// stage makes the folder complete of source.
func stage(source, staging, complete string) error {
	info, err := os.Stat(source)
	if err != nil {
		return fmt.Errorf("model bundle: %w", err)
	}
	if info.IsDir() {
		return copyBundle(source, complete, copyFile)
	}
	unpacked := filepath.Join(staging, "archive")
	if err := os.Mkdir(unpacked, 0o755); err != nil {
		return err
	}
	if err := unpack(source, unpacked); err != nil {
		return err
	}
	root, err := bundleRoot(source, unpacked)
	if err != nil {
		return err
	}
	if err := copyBundle(root, complete, os.Rename); err != nil {
		return &sourceError{strings.ReplaceAll(err.Error(), root, source), err}
	}
	return nil
}

// bundleRoot is where the manifest lies: at the top of an archive or in its
// only folder.
func bundleRoot(source, unpacked string) (string, error) {
	if hasManifest(unpacked) {
		return unpacked, nil
	}
	found, err := filepath.Glob(filepath.Join(unpacked, "*", models.ManifestFile))
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("model bundle: %s has %d %s at its top or in a folder there, want one", source, len(found), models.ManifestFile)
	}
	return filepath.Dir(found[0]), nil
}

// copyBundle takes over what belongs to a bundle.
func copyBundle(from, to string, take func(from, to string) error) error {
	b, err := models.Open(from)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(b.Files))
	for _, name := range append(names, models.ManifestFile) {
		if err := take(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return fmt.Errorf("model bundle %s: %w", b.ID(), err)
		}
	}
	for _, name := range []string{"README.md", "LICENSE", "LICENSE.txt", "LICENSE.md"} {
		err := take(filepath.Join(from, name), filepath.Join(to, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("model bundle %s: %w", b.ID(), err)
		}
	}
	return nil
}

// copyFile copies the content of from, also behind a link.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", from)
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}

// place moves the staged bundle to where it belongs.
func place(dir, staging string, b *models.Bundle, replace bool) error {
	target, aside := filepath.Join(dir, b.ID()), filepath.Join(staging, "old")
	old, err := Find(dir, b.ID())
	switch {
	case errors.Is(err, ErrUnknown):
		if _, err := os.Lstat(target); err == nil {
			return fmt.Errorf("%w: something else is at %s", ErrExists, target)
		}
	case err != nil:
		return err
	case !replace:
		return fmt.Errorf("%w: %s in %s; --replace exchanges it", ErrExists, b.ID(), old.Dir)
	default:
		target = old.Dir
		if err := os.Rename(target, aside); err != nil {
			return fmt.Errorf("models folder: %w", err)
		}
	}
	if err := os.Rename(b.Dir, target); err != nil {
		err = fmt.Errorf("models folder: %w", err)
		if old.Dir != "" {
			err = errors.Join(err, os.Rename(aside, old.Dir))
		}
		return err
	}
	b.Dir = target
	return nil
}
