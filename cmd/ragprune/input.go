package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

// extensions are the files that are read from a folder; a file that is named
// is read whatever it is called.
var extensions = []string{".html", ".htm", ".xhtml", ".txt", ".text", ".md", ".markdown"}

// readDocuments reads files, folders with all below them, and "-", the standard
// input. A path is the id of its document. as is the format of all of them, or
// empty to go by the extension and else by the content.
func readDocuments(paths []string, as htmlprune.Format, stdin io.Reader) ([]prune.Document, error) {
	var files []string
	for _, p := range paths {
		below, err := filesBelow(p)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	docs := make([]prune.Document, 0, len(files))
	for _, f := range files {
		data, err := readFile(f, stdin)
		if err != nil {
			return nil, err
		}
		docs = append(docs, newDocument(f, strings.ToValidUTF8(string(data), "\uFFFD"), as))
	}
	return docs, nil
}

func filesBelow(path string) ([]string, error) {
	if path == "-" || !isDir(path) {
		return []string{path}, nil
	}
	var files []string
	err := filepath.WalkDir(path, func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Type().IsRegular() && slices.Contains(extensions, strings.ToLower(filepath.Ext(p))) {
			files = append(files, p)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s holds no file with an extension of %s", path, strings.Join(extensions, " "))
	}
	return files, err
}

func readFile(path string, stdin io.Reader) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(stdin)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist", path)
	}
	return data, err
}

func newDocument(path, source string, as htmlprune.Format) prune.Document {
	if as == "" {
		as = formatOf(path, source)
	}
	if as == htmlprune.HTML {
		return prune.Document{ID: path, HTML: &source}
	}
	return prune.Document{ID: path, Text: &source}
}

func formatOf(path, source string) htmlprune.Format {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html", ".htm", ".xhtml":
		return htmlprune.HTML
	case ".txt", ".text", ".md", ".markdown":
		return htmlprune.Text
	default:
		return htmlprune.Sniff(source)
	}
}
