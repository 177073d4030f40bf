package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Report collects a Markdown page. See New and Blank.
type Report struct {
	b strings.Builder
}

// New starts a page with its title, the time, the machine and the command.
func New(title, command string) *Report {
	r := Blank(title)
	fmt.Fprintf(&r.b, "Measured %s on %s. Commit %s.\n\n", time.Now().UTC().Format("2006-01-02 15:04 MST"), Machine(), Commit())
	fmt.Fprintf(&r.b, "    %s\n\n", command)
	return r
}

// Blank starts a page that has its title only.
func Blank(title string) *Report {
	r := &Report{}
	fmt.Fprintf(&r.b, "# %s\n\n", title)
	return r
}

// Section starts a section.
func (r *Report) Section(name string) { fmt.Fprintf(&r.b, "## %s\n\n", name) }

// Part starts a part of a section.
func (r *Report) Part(name string) { fmt.Fprintf(&r.b, "### %s\n\n", name) }

// Code adds a line that is shown as it is.
func (r *Report) Code(line string) { fmt.Fprintf(&r.b, "    %s\n\n", line) }

// Text adds a paragraph.
func (r *Report) Text(format string, args ...any) {
	fmt.Fprintf(&r.b, format, args...)
	r.b.WriteString("\n\n")
}

// List adds a bulleted list; nothing if there are no items.
func (r *Report) List(items []string) {
	for _, item := range items {
		fmt.Fprintf(&r.b, "- %s\n", item)
	}
	if len(items) > 0 {
		r.b.WriteByte('\n')
	}
}

// Table adds a table. The first column is aligned left, the others right.
func (r *Report) Table(header []string, rows [][]string) {
	r.row(header)
	for i := range header {
		if i == 0 {
			r.b.WriteString("|---")
			continue
		}
		r.b.WriteString("|--:")
	}
	r.b.WriteString("|\n")
	for _, row := range rows {
		r.row(row)
	}
	r.b.WriteByte('\n')
}

func (r *Report) row(cells []string) {
	for _, c := range cells {
		r.b.WriteString("| " + strings.ReplaceAll(c, "|", `\|`) + " ")
	}
	r.b.WriteString("|\n")
}

// String is the page so far.
func (r *Report) String() string { return r.b.String() }

// Write writes the page to path and makes its folder.
func (r *Report) Write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	page := strings.TrimRight(r.b.String(), "\n") + "\n"
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
