package playground_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ragprune/ragprune/api/playground"
	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/prune"
)

var inline = regexp.MustCompile(`(?s)<(style|script type="module")>(.*?)</(?:style|script)>`)

// All that a page needs is in it, and its policy allows exactly that.
func TestPageIsInOnePiece(t *testing.T) {
	page, err := playground.New()
	if err != nil {
		t.Fatal(err)
	}
	parts := inline.FindAllSubmatch(page.HTML, -1)
	if len(parts) != 3 {
		t.Fatalf("%d style sheets and scripts, want 3", len(parts))
	}
	for _, m := range parts {
		sum := sha256.Sum256(m[2])
		if hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(page.Policy, hash) {
			t.Errorf("the policy lacks %s of %s", hash, m[1])
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^(import|export)\b.*`).FindAll(page.HTML, -1) {
		t.Errorf("left over in the page: %s", line)
	}
	for _, word := range []string{"unsafe", "http:", "https:", "*"} {
		if strings.Contains(page.Policy, word) {
			t.Errorf("the policy has %s: %s", word, page.Policy)
		}
	}
}

// Modules are joined into one, so no two may use a name; and none may make
// markup of text.
func TestModules(t *testing.T) {
	names, err := filepath.Glob("*.js")
	if err != nil {
		t.Fatal(err)
	}
	top := regexp.MustCompile(`(?m)^(?:export )?(?:const|let|class|async function|function) (\w+)`)
	markup := regexp.MustCompile(`\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval|Function)\b`)
	owner := make(map[string]string)
	for _, name := range names {
		js, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range top.FindAllSubmatch(js, -1) {
			if other := owner[string(m[1])]; other != "" {
				t.Errorf("%s is in %s and in %s", m[1], other, name)
			}
			owner[string(m[1])] = name
		}
		for _, m := range markup.FindAll(js, -1) {
			t.Errorf("%s uses %s", name, m)
		}
		if n := bytes.Count(js, []byte("\n")); n > 500 {
			t.Errorf("%s has %d lines", name, n)
		}
	}
	if len(owner) < 20 {
		t.Errorf("only %d names were found", len(owner))
	}
}

func report(text string) playground.Report {
	return playground.Report{
		Request: prune.Request{
			Query: text, Documents: []prune.Document{{ID: text, Text: &text}}, Explain: true, Offsets: htmlprune.UTF16,
		},
		Response: &prune.Response{Results: []prune.Result{{
			ID: text, Title: text, Text: text, Metadata: map[string]any{text: text},
			Units: []prune.UnitScore{{Text: text, Path: text, Why: "threshold"}},
		}}},
		Scorer: prune.ScorerLabel,
	}
}

// Whatever a document says stays data.
func TestReportEscapes(t *testing.T) {
	var calm bytes.Buffer
	if err := report("calm").Write(&calm); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"</script><script>alert(1)</script>", "<!--<script>", "<img src=x onerror=alert(1)>", "\u2028\u2029", "]]>", "${alert(1)}",
		`<script type="application/json" id="data">`, "$1 $& \\1",
	} {
		var out bytes.Buffer
		if err := report(text).Write(&out); err != nil {
			t.Fatal(err)
		}
		if got, want := bytes.Count(out.Bytes(), []byte("<")), bytes.Count(calm.Bytes(), []byte("<")); got != want {
			t.Errorf("%q: %d tags and the like, want %d", text, got, want)
		}
		if !regexp.MustCompile(`http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-`).Match(out.Bytes()) {
			t.Errorf("%q: no policy", text)
		}
	}
}

func TestReportValidate(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*playground.Report)
		want   string
	}{
		"complete":    {func(*playground.Report) {}, ""},
		"no answer":   {func(r *playground.Report) { r.Response = nil }, "Response"},
		"unexplained": {func(r *playground.Report) { r.Request.Explain = false }, "Explain"},
		"bytes":       {func(r *playground.Report) { r.Request.Offsets = htmlprune.Byte }, "Offsets"},
		"no scorer":   {func(r *playground.Report) { r.Scorer = "" }, "Scorer"},
	} {
		r := report("text")
		test.change(&r)
		err := r.Write(new(bytes.Buffer))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one about %q", name, err, test.want)
		}
	}
}
