package dataset

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// endings of the files that are read from a folder. A file that is named is
// read whatever it is called.
var endings = []string{".jsonl", ".jsonl.gz"}

// Read reads files, and from folders the files in them, not below them. Lines
// that cannot be used are told in Data.Problems; the error says that a file
// cannot be read or that there is none.
func Read(paths ...string) (*Data, error) {
	files, err := filesOf(paths)
	if err != nil {
		return nil, err
	}
	c := newCollector()
	for _, file := range files {
		if err := c.file(file); err != nil {
			return nil, err
		}
	}
	return c.data(), nil
}

// ReadStream reads lines from r. Name is what problems call the stream, and
// without its ending the name of the set where a line names none.
func ReadStream(name string, r io.Reader) (*Data, error) {
	c := newCollector()
	if err := c.stream(name, r); err != nil {
		return nil, err
	}
	return c.data(), nil
}

func filesOf(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s does not exist", path)
		case err != nil:
			return nil, err
		case !info.IsDir():
			files = append(files, path)
			continue
		}
		in, err := filesIn(path)
		if err != nil {
			return nil, err
		}
		files = append(files, in...)
	}
	if len(files) == 0 {
		return nil, errors.New("no data was given")
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

func filesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && e.Name() != setName(e.Name()) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no file that ends in %s", dir, strings.Join(endings, " or "))
	}
	return files, nil
}

// setName is the name of a file without folder and ending.
func setName(path string) string {
	name := filepath.Base(path)
	for _, e := range endings {
		if short, ok := strings.CutSuffix(name, e); ok && short != "" {
			return short
		}
	}
	return name
}

// collector sorts rows into sets.
type collector struct {
	sets     map[string]*Set
	seen     map[[2]string]string // where an id of a set was
	problems []Problem
}

func newCollector() *collector {
	return &collector{sets: map[string]*Set{}, seen: map[[2]string]string{}}
}

func (c *collector) data() *Data {
	d := &Data{Problems: c.problems}
	for _, s := range c.sets {
		d.Sets = append(d.Sets, *s)
	}
	slices.SortFunc(d.Sets, func(a, b Set) int { return cmp.Compare(a.Name, b.Name) })
	return d
}

func (c *collector) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if !strings.HasSuffix(path, ".gz") {
		return c.stream(path, f)
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return c.stream(path, z)
}

func (c *collector) stream(name string, r io.Reader) error {
	lines := newLines(r)
	for {
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLong):
			c.problem(name, lines.number, err.Error())
		case err != nil:
			return fmt.Errorf("%s: after line %d: %w", name, lines.number, err)
		case len(line) > 0:
			c.line(name, lines.number, line)
		}
	}
}

func (c *collector) problem(file string, line int, text string) {
	c.problems = append(c.problems, Problem{File: file, Line: line, Text: text})
}

func (c *collector) line(file string, number int, line []byte) {
	row, wrong := decode(line, setName(file))
	for _, text := range wrong {
		c.problem(file, number, text)
	}
	if len(wrong) > 0 {
		return
	}
	key, place := [2]string{row.Dataset, row.ID}, fmt.Sprintf("%s:%d", file, number)
	if first, ok := c.seen[key]; ok {
		c.problem(file, number, fmt.Sprintf("id %q was already used in %s", row.ID, first))
		return
	}
	c.seen[key] = place
	set := c.sets[row.Dataset]
	if set == nil {
		set = &Set{Name: row.Dataset}
		c.sets[row.Dataset] = set
	}
	set.Rows = append(set.Rows, row)
}
