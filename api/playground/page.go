package playground

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed *.html *.css *.js
var files embed.FS

// Page is a page in one piece.
type Page struct {
	// HTML refers to nothing outside.
	HTML []byte
	// Policy is the content security policy that the page keeps: it may run
	// its own scripts and styles and talk to its own server, and nothing else.
	Policy string
}

// New returns the playground.
func New() (*Page, error) {
	p, err := join("page.html")
	if err != nil {
		return nil, fmt.Errorf("playground: %w", err)
	}
	p.Policy += "; connect-src 'self'; frame-ancestors 'none'"
	return p, nil
}

var (
	styleLine  = regexp.MustCompile(`<link rel="stylesheet" href="([a-z]+\.css)">`)
	scriptLine = regexp.MustCompile(`<script type="module" src="([a-z]+\.js)"></script>`)
	importLine = regexp.MustCompile(`(?m)^import \{[^}]*\} from "\./([a-z]+\.js)";\n`)
	exportWord = regexp.MustCompile(`(?m)^export `)
	// unsafe would end a script early.
	unsafe = regexp.MustCompile(`(?i)<(/script|script|!--)`)
)

// join puts the style sheets and modules that a page names into it.
func join(name string) (*Page, error) {
	page, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var styles, scripts []string
	for _, m := range styleLine.FindAllSubmatch(page, -1) {
		css, err := files.ReadFile(string(m[1]))
		if err != nil {
			return nil, err
		}
		styles = append(styles, sourceOf(css))
		page = bytes.Replace(page, m[0], slices.Concat([]byte("<style>"), css, []byte("</style>")), 1)
	}
	for _, m := range scriptLine.FindAllSubmatch(page, -1) {
		js, err := bundle(string(m[1]), make(map[string]bool))
		if err != nil {
			return nil, err
		}
		if at := unsafe.Find(js); at != nil {
			return nil, fmt.Errorf("the modules of %s hold %q", name, at)
		}
		scripts = append(scripts, sourceOf(js))
		page = bytes.Replace(page, m[0], slices.Concat([]byte(`<script type="module">`), js, []byte("</script>")), 1)
	}
	policy := []string{
		"default-src 'none'",
		"script-src " + strings.Join(scripts, " "),
		"style-src " + strings.Join(styles, " "),
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	}
	return &Page{HTML: page, Policy: strings.Join(policy, "; ")}, nil
}

// bundle returns a module behind all that it imports, each of them once.
func bundle(name string, done map[string]bool) ([]byte, error) {
	if done[name] {
		return nil, nil
	}
	done[name] = true
	js, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, m := range importLine.FindAllSubmatch(js, -1) {
		imported, err := bundle(string(m[1]), done)
		if err != nil {
			return nil, err
		}
		out = append(out, imported...)
	}
	js = importLine.ReplaceAll(js, nil)
	return append(out, exportWord.ReplaceAll(js, nil)...), nil
}

// sourceOf is what a policy calls an inline script or style sheet.
func sourceOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
