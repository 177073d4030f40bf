package folder_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/folder"
)

// tiny is a bundle of random weights.
const tiny = "../export/testdata/openprovence-bert"

func ids(t *testing.T, dir string) (out []string) {
	t.Helper()
	items, err := folder.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if item.Err != nil {
			out = append(out, filepath.Base(item.Dir)+": unusable")
			continue
		}
		out = append(out, item.Bundle.ID())
	}
	return out
}

// nothingLeft reports what an operation that failed has left behind.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s is left behind", e.Name())
	}
}

func TestAddListRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "models")
	b, err := folder.Add(dir, tiny, folder.AddOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"openprovence-bert@1.0.0"}, ids(t, dir)); diff != "" {
		t.Error(diff)
	}
	if _, err := folder.Add(dir, tiny, folder.AddOptions{}); !errors.Is(err, folder.ErrExists) {
		t.Errorf("a second time: error is %v, want ErrExists", err)
	}
	if _, err := folder.Add(dir, tiny, folder.AddOptions{Replace: true}); err != nil {
		t.Error(err)
	}
	if _, err := folder.Remove(dir, "nothing"); !errors.Is(err, folder.ErrUnknown) {
		t.Errorf("remove another: error is %v, want ErrUnknown", err)
	}
	if _, err := folder.Remove(dir, "openprovence-bert"); err != nil {
		t.Error(err)
	}
	nothingLeft(t, dir)
}

// A check that refuses leaves the folder as it was.
func TestAddIsAtomic(t *testing.T) {
	dir := t.TempDir()
	refused := errors.New("no")
	check := func(*models.Bundle) error { return refused }
	if _, err := folder.Add(dir, tiny, folder.AddOptions{Check: check}); !errors.Is(err, refused) {
		t.Errorf("error is %v, want %v", err, refused)
	}
	nothingLeft(t, dir)
}

func TestFindAmong(t *testing.T) {
	dir := t.TempDir()
	copyOf(t, filepath.Join(dir, "a"), "1.0.0")
	copyOf(t, filepath.Join(dir, "b"), "2.0.0")
	copyOf(t, filepath.Join(dir, "c"), "2.0.0")
	for name, want := range map[string]string{ // part of the folder, or of the error after !
		"openprovence-bert@1.0.0": "a", "b": "b",
		"openprovence-bert": "!several bundles", "openprovence-bert@2.0.0": "!several bundles", "x": "!no such bundle",
	} {
		item, err := folder.Find(dir, name)
		if fault, ok := strings.CutPrefix(want, "!"); ok {
			if err == nil || !strings.Contains(err.Error(), fault) {
				t.Errorf("%s: error is %v, want %q", name, err, fault)
			}
		} else if err != nil || filepath.Base(item.Dir) != want {
			t.Errorf("%s is %v, %v, want %s", name, item, err, want)
		}
	}
}

// copyOf makes a bundle with the tiny one's manifest and no other file.
func copyOf(t *testing.T, dir, version string) {
	t.Helper()
	manifest := manifestOf(t, tiny)
	manifest = bytes.Replace(manifest, []byte(`"version": "1.0.0"`), []byte(`"version": "`+version+`"`), 1)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, models.ManifestFile), manifest, 0o644); err != nil {
		t.Fatal(err)
	}
}

func manifestOf(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, models.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What lies outside the models folder is not served from it.
func TestListRefusesLinksOut(t *testing.T) {
	dir := t.TempDir()
	outside, err := filepath.Abs(tiny)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "linked")); err != nil {
		t.Skip("no links here:", err)
	}
	items, err := folder.List(dir)
	if err != nil || len(items) != 1 || items[0].Err == nil || !strings.Contains(items[0].Err.Error(), "out of the models folder") {
		t.Errorf("List gives %v, %v", items, err)
	}
	if _, err := folder.Remove(dir, "linked"); err != nil {
		t.Error(err)
	}
	if _, err := models.Open(outside); err != nil {
		t.Errorf("removing a link removed what it leads to: %v", err)
	}
}

// entry is one of an archive; a link if it has a target.
type entry struct{ name, content, link string }

func tarOf(t *testing.T, entries ...entry) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bundle.tar.gz")
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.content)), Typeflag: tar.TypeReg}
		if e.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zipped.Close(), os.WriteFile(path, out.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipOf(t *testing.T, entries ...entry) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bundle.zip")
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		f, err := w.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), os.WriteFile(path, out.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

// bundleEntries is the tiny bundle in a folder of an archive.
func bundleEntries(t *testing.T, under string) (out []entry) {
	t.Helper()
	for _, name := range []string{models.ManifestFile, "model.onnx", "tokenizer.json"} {
		data, err := os.ReadFile(filepath.Join(tiny, name))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, entry{name: under + name, content: string(data)})
	}
	return append(out, entry{name: under + "testdata/deep/file", content: "not taken"})
}

func TestAddArchives(t *testing.T) {
	for name, archive := range map[string]string{
		"tar": tarOf(t, bundleEntries(t, "")...), "tar folder": tarOf(t, bundleEntries(t, "./my-bundle/")...),
		"zip": zipOf(t, bundleEntries(t, "my-bundle/")...),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b, err := folder.Add(dir, archive, folder.AddOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if entries, err := os.ReadDir(b.Dir); err != nil || len(entries) != 3 {
				t.Errorf("the bundle has %v, %v", entries, err)
			}
		})
	}
}

// Archives that would write elsewhere, and what is no bundle, leave nothing.
func TestAddRefuses(t *testing.T) {
	damaged := bundleEntries(t, "")
	damaged[1].content = damaged[1].content[:1000]
	noise := filepath.Join(t.TempDir(), "noise.tar.gz")
	if err := os.WriteFile(noise, []byte("noise"), 0o644); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	for name, test := range map[string]struct{ source, want string }{
		"slip":         {tarOf(t, entry{name: "../evil", content: "x"}), "leads out"},
		"zip slip":     {zipOf(t, entry{name: "../../evil", content: "x"}), "leads out"},
		"backslash":    {zipOf(t, entry{name: `..\evil`, content: "x"}), "leads out"},
		"absolute":     {tarOf(t, entry{name: "/etc/evil", content: "x"}), "leads out"},
		"link":         {tarOf(t, entry{name: "model.onnx", link: "/etc/passwd"}), "is a link"},
		"truncated":    {tarOf(t, damaged...), "checksum mismatch"},
		"no manifest":  {zipOf(t, entry{name: "model.onnx", content: "x"}), "has 0 manifest.json"},
		"noise":        {noise, "gzip"},
		"a file":       {"folder_test.go", "neither a folder nor"},
		"empty folder": {empty, "manifest.json"},
		"nowhere":      {filepath.Join(empty, "none"), "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := folder.Add(dir, test.source, folder.AddOptions{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), ".adding-") {
				t.Errorf("the error names a folder that nobody knows: %v", err)
			}
			nothingLeft(t, dir)
		})
	}
}
