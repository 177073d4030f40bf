package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ragprune/ragprune/models"
)

// Item is a sub-folder that should hold a bundle.
type Item struct {
	Dir string
	// Bundle is what is in it; nil if Err says why it cannot be used.
	Bundle *models.Bundle
	Err    error
}

// Open is the item of one folder.
func Open(dir string) Item {
	b, err := models.Open(dir)
	return Item{Dir: dir, Bundle: b, Err: err}
}

// List returns the bundles in dir in the order of their folders' names. It reads
// the manifests, not the other files. Its error is about dir itself.
func List(dir string) ([]Item, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("models folder: %w", err)
	}
	var items []Item
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), ".") || !hasManifest(path) {
			continue
		}
		if err := inside(dir, path); err != nil {
			items = append(items, Item{Dir: path, Err: err})
			continue
		}
		items = append(items, Open(path))
	}
	return items, nil
}

func hasManifest(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, models.ManifestFile))
	return err == nil
}

// inside reports a link that leads out of dir: what is served must be what lies
// in the models folder.
func inside(dir, path string) error {
	from, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fmt.Errorf("models folder: %w", err)
	}
	to, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("model bundle: %w", err)
	}
	rel, err := filepath.Rel(from, to)
	if err != nil || !filepath.IsLocal(rel) {
		return fmt.Errorf("model bundle: %s is a link out of the models folder; copy it in with `ragprune models add`", path)
	}
	return nil
}

// ErrUnknown is wrapped by the error about a name that no bundle has.
var ErrUnknown = errors.New("no such bundle")

// Find returns the bundle of a name, "name@version" or "name" alone if there is
// one version of it, or the item of a sub-folder called so, which may be unusable.
func Find(dir, name string) (Item, error) {
	items, err := List(dir)
	if err != nil {
		return Item{}, err
	}
	var exact, named []Item
	var offers []string
	for _, item := range items {
		if b := item.Bundle; b != nil {
			offers = append(offers, b.ID())
			if b.ID() == name {
				exact = append(exact, item)
			}
			if b.Name == name {
				named = append(named, item)
			}
		}
	}
	for _, list := range [][]Item{exact, named} {
		switch len(list) {
		case 0:
		case 1:
			return list[0], nil
		default:
			return Item{}, fmt.Errorf("several bundles are called %s: %s; name one as name@version, or by its folder", name, dirs(list))
		}
	}
	for _, item := range items {
		if filepath.Base(item.Dir) == name {
			return item, nil
		}
	}
	return Item{}, fmt.Errorf("%w: %s is not in %s, which has %s", ErrUnknown, name, dir, orNone(offers))
}

func dirs(items []Item) string {
	var out []string
	for _, item := range items {
		out = append(out, fmt.Sprintf("%s in %s", item.Bundle.ID(), item.Dir))
	}
	return strings.Join(out, ", ")
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "no bundle"
	}
	return strings.Join(names, ", ")
}
