// Package catalog keeps the models that requests may name: it loads them when
// they are first asked for, unloads the least recently used ones when memory
// is short, and exchanges them while requests go on.
//
//	catalog.go  Options, New, Catalog.Acquire: from a name to a loaded model
//	entry.go    one bundle on offer, and the model that is loaded for it
//	evict.go    the memory limit
//	reload.go   Catalog.Reload: bundles that changed, came or went
//	names.go    what a name means
//	metrics.go  what an operator sees
//
// A model is closed when it is no longer on offer or had to make room, and the
// last request that uses it is done.
//
// What is not here: what a model is and how it is opened (cmd/ragprune), and
// the files of a folder of bundles (models/folder).
package catalog
