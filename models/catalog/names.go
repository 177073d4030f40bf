package catalog

import (
	"cmp"
	"fmt"

	"golang.org/x/mod/semver"
)

// resolve returns the entry that a name means; nil for none. A name without a
// version is that of the usual model if it is called so, else the highest
// version there is.
func resolve[M Model](entries []*entry[M], name string) (best *entry[M]) {
	if len(entries) == 0 {
		return nil
	}
	if usual := entries[0]; name == "" || name == usual.bundle.Name {
		return usual
	}
	for _, e := range entries {
		if e.bundle.ID() == name {
			return e
		}
		if e.bundle.Name == name && (best == nil || compareVersions(best.bundle.Version, e.bundle.Version) < 0) {
			best = e
		}
	}
	return best
}

// compareVersions returns -1, 0 or 1. What is no semantic version is lower than
// what is, and compared as text.
func compareVersions(a, b string) int {
	if c := semver.Compare("v"+a, "v"+b); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}

// ids returns "name@version" of all entries.
func ids[M Model](entries []*entry[M]) []string {
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.bundle.ID()
	}
	return out
}

// unambiguous reports two bundles of one name and version.
func unambiguous[M Model](entries []*entry[M]) error {
	seen := make(map[string]string)
	for _, e := range entries {
		if other, ok := seen[e.bundle.ID()]; ok {
			return fmt.Errorf("name and version are %s in the manifests of both %s and %s; remove one or give it another version",
				e.bundle.ID(), other, e.bundle.Dir)
		}
		seen[e.bundle.ID()] = e.bundle.Dir
	}
	return nil
}
