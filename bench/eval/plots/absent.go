//go:build noplots

package plots

import "github.com/ragprune/ragprune/bench/eval"

// Write always fails: this program was built without pictures.
func Write(*eval.Report, string) ([]eval.Picture, error) { return nil, ErrAbsent }
