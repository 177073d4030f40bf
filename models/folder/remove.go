package folder

import (
	"fmt"
	"os"
	"path/filepath"
)

// Remove deletes the bundle of a name, as Find understands it, and returns what
// it was. It is gone from dir at once, or stays whole. A service that has it
// loaded goes on.
func Remove(dir, name string) (Item, error) {
	item, err := Find(dir, name)
	if err != nil {
		return item, err
	}
	trash, err := os.MkdirTemp(dir, ".removing-")
	if err != nil {
		return item, fmt.Errorf("models folder: %w", err)
	}
	if err := os.Rename(item.Dir, filepath.Join(trash, "bundle")); err != nil {
		_ = os.Remove(trash) // it is empty
		return item, fmt.Errorf("models folder: %w", err)
	}
	if err := os.RemoveAll(trash); err != nil { // follows no links
		return item, fmt.Errorf("models folder: %w", err)
	}
	return item, nil
}
