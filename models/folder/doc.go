// Package folder keeps bundles in a folder, one sub-folder each.
//
//	list.go     List, Find: what is there
//	add.go      Add: a bundle from a folder or an archive, whole or not at all
//	archive.go  what of a .tar.gz or .zip is taken
//	remove.go   Remove
//
// Sub-folders whose name begins with a dot, and those without a manifest, are
// none of its business. Nothing is ever fetched from elsewhere.
//
// What is not here: what a manifest says (models), and models in memory
// (models/catalog).
package folder
