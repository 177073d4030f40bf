// Package plots draws an evaluation as PNG pictures.
//
//	plots.go    Write: which pictures there are
//	curves.go   answers kept against text removed; precision and recall
//	bins.go     reliability diagrams
//	style.go    colours, axes, size
//	absent.go   Write of a program without pictures
//
// The fonts and the library for it are 9 MB of a program; the build tag
// noplots leaves them out of one that only serves.
//
// What is not here: figures (package eval).
package plots

import "errors"

// ErrAbsent is returned by Write in a program built with the tag noplots.
var ErrAbsent = errors.New("this program was built without pictures (build tag noplots); write --json, and draw it with another by --compare")
