package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ragprune/ragprune/models"
)

// entry is a bundle on offer. All but the bundle and its size is guarded by the
// mutex of the catalog.
type entry[M Model] struct {
	bundle *models.Bundle
	bytes  int64

	current *handle[M] // nil: not loaded
	loading *loading   // nil: not being loaded
	used    uint64     // the clock of the last acquisition
	fault   error      // why the last loading failed; nil if it did not
	faultAt time.Time
}

func newEntry[M Model](b *models.Bundle) *entry[M] {
	e := &entry[M]{bundle: b}
	for name := range b.Files {
		// A file that is missing is found when the bundle is verified.
		if info, err := os.Stat(filepath.Join(b.Dir, name)); err == nil {
			e.bytes += info.Size()
		}
	}
	return e
}

// handle is a loaded model and how many requests use it, guarded by the mutex
// of the catalog.
type handle[M Model] struct {
	model M
	id    string
	users int
}

// loading is a model on its way. err may be read once done is closed.
type loading struct {
	done chan struct{}
	err  error
}

// LoadError says that a model on offer cannot be loaded.
type LoadError struct {
	// Model is "name@version".
	Model string
	Err   error
}

// Error names the model.
func (e *LoadError) Error() string {
	return "the model " + e.Model + " cannot be loaded: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *LoadError) Unwrap() error { return e.Err }

// UnknownError says that no model has the name asked for.
type UnknownError struct {
	// Offers are the models that there are, as "name@version".
	Offers []string
}

// Error lists what there is; it never repeats what was asked for.
func (e *UnknownError) Error() string {
	return "no model is called so; there are " + strings.Join(e.Offers, ", ")
}
