package tests_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// declared are the names of the metrics that the sources of the service make:
// Namespace, Subsystem and Name as they are written down.
func declared(t *testing.T) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	literal := regexp.MustCompile(`"([a-z][a-z0-9_]*)"`)
	full := regexp.MustCompile(`"ragprune_([a-z0-9_]+)"`)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.Base(path), "metrics") || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range full.FindAllStringSubmatch(string(data), -1) {
			found[m[1]] = true
		}
		subsystem := ""
		if m := regexp.MustCompile(`Subsystem: "([a-z]+)"`).FindSubmatch(data); m != nil {
			subsystem = string(m[1]) + "_"
		}
		for _, m := range literal.FindAllStringSubmatch(string(data), -1) {
			found[m[1]], found[subsystem+m[1]] = true, true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// used are the metrics of ragprune that an expression names.
func used(expr string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`\bragprune_([a-z0-9_]+)`).FindAllStringSubmatch(expr, -1) {
		name := m[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
		out = append(out, name)
	}
	return out
}

func check(t *testing.T, have map[string]bool, where, expr string) {
	t.Helper()
	if len(used(expr)) == 0 && !strings.HasPrefix(expr, "up{") && !strings.Contains(expr, "process_") && !strings.Contains(expr, "go_") {
		t.Errorf("%s uses no metric of ragprune: %s", where, expr)
	}
	for _, name := range used(expr) {
		if !have[name] {
			t.Errorf("%s uses ragprune_%s, which the service does not have", where, name)
		}
	}
}

func TestAlerts(t *testing.T) {
	var a alerts
	if err := yaml.UnmarshalStrict(readFile(t, "../helm/ragprune/alerts.yml"), &a); err != nil {
		t.Fatal(err)
	}
	have, runbook := declared(t), string(readFile(t, "../README.md"))
	for _, group := range a.Groups {
		for _, r := range group.Rules {
			check(t, have, r.Alert, r.Expr)
			if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) || r.Annotations["summary"] == "" {
				t.Errorf("%s has no severity or no summary", r.Alert)
			}
			if !strings.Contains(runbook, "### "+r.Alert+"\n") {
				t.Errorf("README.md does not say what to do about %s", r.Alert)
			}
		}
	}
}

func TestDashboard(t *testing.T) {
	var board struct {
		Title  string `json:"title"`
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(readFile(t, "../monitoring/grafana/dashboards/ragprune.json"), &board); err != nil {
		t.Fatal(err)
	}
	have := declared(t)
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			check(t, have, p.Title, target.Expr)
		}
	}
}
