package tests_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stages parses the Dockerfile and fails the test on what BuildKit's linter says.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	file, err := parser.Parse(bytes.NewReader(readFile(t, "../Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) { t.Errorf("%s: %s", rule, message) }})
	stages, _, err := instructions.Parse(file.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	return stages
}

// The image runs as nobody, says whether it is well, and every file that is
// copied from the repository is there.
func TestDockerfile(t *testing.T) {
	var user, health bool
	all := stages(t)
	for _, s := range all {
		if !strings.Contains(s.BaseName, ":") && !strings.Contains(s.BaseName, "@") && s.BaseName != "scratch" && !isStage(all, s.BaseName) {
			t.Errorf("stage %s starts from %s, which is not pinned", s.Name, s.BaseName)
		}
		for _, c := range s.Commands {
			switch c := c.(type) {
			case *instructions.UserCommand:
				user = c.User != "root" && c.User != "0"
			case *instructions.HealthCheckCommand:
				health = true
			case *instructions.CopyCommand:
				if c.From == "" {
					checkSources(t, c.SourcePaths)
				}
			}
		}
	}
	if !user || !health {
		t.Errorf("a user without rights: %v; a health check: %v", user, health)
	}
}

func isStage(all []instructions.Stage, name string) bool {
	for _, s := range all {
		if s.Name == name {
			return true
		}
	}
	return false
}

func checkSources(t *testing.T, paths []string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Stat(filepath.Join("../..", path)); err != nil {
			t.Errorf("COPY %s: %v", path, err)
		}
	}
}
