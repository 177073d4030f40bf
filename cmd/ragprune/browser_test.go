package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// need skips a test for want of something that .ci/setup or a target of the
// Makefile brings, and fails it where these are said to have run.
func need(t *testing.T, ok bool, what string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("RAGPRUNE_TEST_REQUIRE") != "":
		t.Fatal(what)
	default:
		t.Skip(what)
	}
}

// servePlayground starts a service that offers every scorer, and returns its
// address and what stops it.
func servePlayground(t *testing.T, flags ...string) (url string, stop func()) {
	t.Helper()
	s := startService(t, append([]string{"--embedder=../../models/" + embedderName}, flags...)...)
	stop = sync.OnceFunc(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s.url, stop
}

// The browser is driven by chromedp, not by Playwright: the tests are then Go
// and a browser, without Node and without a browser of Playwright's own.

// startBrowser returns a context of a new Chromium that can reach nothing but
// this machine.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	need(t, err == nil, "the browser tests need the program chromium; Debian's package is called the same")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // the tests may run as root, in a container
		chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return ctx
}

// step is an action that returns nothing.
type step = chromedp.Action[chromedp.Void]

// patience is the time after which a page is taken for stuck.
const patience = time.Minute

// tab is a tab of a browser, and what happened in it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string // URLs, in order
	trouble  []string // dialogs, exceptions, errors in the console
}

// openTab opens url in a tab without cookies or storage, width pixels wide.
func openTab(t *testing.T, browser context.Context, url string, width, height int64, steps ...step) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	p.run(chromedp.EmulateViewport(width, height), focused)
	p.run(steps...)
	p.run(chromedp.Navigate(url))
	return p
}

func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.Method+" "+e.Request.URL)
	case *cdppage.EventJavascriptDialogOpening:
		p.trouble = append(p.trouble, "dialog: "+e.Message)
		go func() {
			// Without an answer the page would stand still; the tab may be gone by now.
			_, _ = chromedp.Call(p.ctx, cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{})
		}()
	case *cdpruntime.EventExceptionThrown:
		p.trouble = append(p.trouble, "exception: "+exceptionText(e.ExceptionDetails))
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError && e.Entry.Source != cdplog.EntrySourceNetwork {
			p.trouble = append(p.trouble, "console: "+e.Entry.Text)
		}
	}
}

func (p *tab) run(steps ...step) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// get runs an expression in the page and returns its value.
func get[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// wait waits until a condition holds in the page.
func (p *tab) wait(condition string) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		if get[bool](p, "Boolean("+condition+")") {
			return
		}
	}
	p.t.Fatalf("never true: %s\nthe page says: %s", condition, get[string](p, "document.body.innerText"))
}

// Conditions and expressions of the playground.
const (
	confirmed = `document.querySelectorAll(".state").length > 0 && [...document.querySelectorAll(".state")].every((s) => s.classList.contains("confirmed")) && document.getElementById("results").ariaBusy !== "true"`
	keptUnits = `[...document.querySelectorAll(".unit")].map((u) => u.classList.contains("kept") ? 1 : 0).join("")`
	keptText  = `[...document.querySelectorAll(".unit.kept")].map((u) => u.textContent).join(" ")`
)

// text is the text of the first element that a selector finds.
func (p *tab) text(selector string) string {
	p.t.Helper()
	quoted, _ := json.Marshal(selector)
	return get[string](p, "document.querySelector("+string(quoted)+")?.innerText ?? 'no such element'")
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.run(chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// fill replaces the text of a field as a user does.
func (p *tab) fill(selector, text string) {
	p.t.Helper()
	p.run(
		chromedp.Focus(chromedp.CSS(selector)),
		chromedp.Evaluate[chromedp.Void]("document.activeElement.select()"),
		chromedp.KeyEvent(kb.Delete),
	)
	if text != "" {
		p.run(chromedp.SendKeys(chromedp.CSS(selector), text))
	}
}

// set chooses a value of a select or moves a slider.
func (p *tab) set(selector, value string) {
	p.t.Helper()
	s, _ := json.Marshal(selector)
	v, _ := json.Marshal(value)
	get[bool](p, `(() => {
		const e = document.querySelector(`+string(s)+`);
		e.value = `+string(v)+`;
		return e.dispatchEvent(new Event("input", {bubbles: true})) && e.dispatchEvent(new Event("change", {bubbles: true}));
	})()`)
}

// keys presses keys, one after the other.
func (p *tab) keys(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.run(chromedp.KeyEvent(k))
	}
}

// upload hands files to the page as its file dialog does.
func (p *tab) upload(files ...string) {
	p.t.Helper()
	p.run(chromedp.SetUploadFiles(chromedp.CSS("#files"), files))
}

// clean fails the test if something went wrong in the page, or if it asked
// anybody but home.
func (p *tab) clean(home string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, what := range p.trouble {
		p.t.Error(what)
	}
	base, err := url.Parse(home)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range p.requests {
		_, raw, _ := strings.Cut(r, " ")
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "data" && (u.Scheme != base.Scheme || u.Host != base.Host) {
			p.t.Errorf("the page asked for %s", r)
		}
	}
}

// asked counts the requests of a method and path so far.
func (p *tab) asked(what string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		method, raw, _ := strings.Cut(r, " ")
		if u, err := url.Parse(raw); err == nil && method+" "+u.Path == what {
			n++
		}
	}
	return n
}

// focused lets every tab believe that it is the one in front.
func focused(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
	_, err := cdp.Call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return chromedp.Void{}, err
}

// theme makes the system prefer light or dark.
func theme(name string) step {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: name},
				{Name: "prefers-reduced-motion", Value: "reduce"},
			},
		})
		return chromedp.Void{}, err
	}
}

// shot returns a screenshot as a small PNG.
func (p *tab) shot() []byte {
	p.t.Helper()
	data, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		p.t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img); err != nil {
		p.t.Fatal(err)
	}
	return out.Bytes()
}

func exceptionText(e *cdpruntime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Text + " " + e.Exception.Description
	}
	return e.Text
}

// insertText types text as an input method does, all at once.
func insertText(text string) step {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
		return chromedp.Void{}, err
	}
}

func keyWithControl(key string) step {
	return chromedp.KeyEvent(key, chromedp.KeyModifiers(kb.ModifierCtrl))
}

// phoneSize makes the window as large as the narrowest phone.
var phoneSize = chromedp.EmulateViewport(360, 740)
