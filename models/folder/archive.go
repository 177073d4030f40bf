package folder

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// What an archive may hold: the largest models in use have a few gigabytes, and
// what is far beyond is a mistake or an attack.
const (
	maxUnpacked = 32 << 30
	maxEntries  = 10_000
)

// unpack writes the files of an archive into the empty folder dir. Only files at
// the top and in the folders there are taken. Links, and names that lead out of
// the archive, are errors.
func unpack(archive, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	u := &unpacker{root: root, left: maxUnpacked}
	name := strings.ToLower(archive)
	switch {
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		err = u.tar(archive)
	case strings.HasSuffix(name, ".zip"):
		err = u.zip(archive)
	default:
		err = errors.New("it is neither a folder nor a .tar.gz, .tgz or .zip")
	}
	if err = errors.Join(err, root.Close()); err != nil {
		return fmt.Errorf("model bundle: %s: %w", archive, err)
	}
	return nil
}

// unpacker writes files below a folder and counts.
type unpacker struct {
	root    *os.Root
	left    int64 // bytes
	entries int
}

func (u *unpacker) tar(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("it is no gzip file: %w", err)
	}
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		mode := h.FileInfo().Mode()
		switch h.Typeflag {
		case tar.TypeXGlobalHeader: // git archive writes one
			continue
		case tar.TypeLink: // looks like an empty file
			mode |= os.ModeIrregular
		}
		if err := u.entry(h.Name, mode, r); err != nil {
			return err
		}
	}
}

func (u *unpacker) zip(path string) error {
	r, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, f := range r.File {
		content, err := f.Open()
		if err != nil {
			return fmt.Errorf("%q: %w", f.Name, err)
		}
		err = u.entry(f.Name, f.Mode(), content)
		if err = errors.Join(err, content.Close()); err != nil {
			return err
		}
	}
	return nil
}

// entry writes one entry, if it is a file of a bundle.
func (u *unpacker) entry(name string, mode os.FileMode, content io.Reader) error {
	if u.entries++; u.entries > maxEntries {
		return fmt.Errorf("it has more than %d entries", maxEntries)
	}
	local, err := filepath.Localize(strings.TrimPrefix(strings.TrimSuffix(name, "/"), "./"))
	switch {
	case err != nil || strings.Contains(name, `\`): // a folder on Windows only
		return fmt.Errorf("the entry %q leads out of the archive", name)
	case mode.IsDir():
		return nil
	case !mode.IsRegular():
		return fmt.Errorf("the entry %q is a link or a device; a bundle is made of files", name)
	case strings.Count(local, string(filepath.Separator)) > 1:
		return nil
	}
	if parent := filepath.Dir(local); parent != "." {
		if err := u.root.MkdirAll(parent, 0o755); err != nil {
			return err
		}
	}
	return u.write(local, content)
}

func (u *unpacker) write(name string, content io.Reader) (err error) {
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	n, err := io.Copy(f, io.LimitReader(content, u.left+1))
	if u.left -= n; u.left < 0 {
		return fmt.Errorf("it unpacks to more than %d bytes", int64(maxUnpacked))
	}
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return f.Sync()
}
