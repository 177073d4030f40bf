package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/catalog"
	"github.com/ragprune/ragprune/models/folder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// model is a loaded model that knows what was done to it.
type model struct {
	id      string
	visible atomic.Int32
	closed  atomic.Int32
}

func (m *model) Publish()     { m.visible.Add(1) }
func (m *model) Withdraw()    { m.visible.Add(-1) }
func (m *model) Close() error { m.closed.Add(1); return nil }

// shelf is what a catalog finds and how it opens it.
type shelf struct {
	mu     sync.Mutex
	items  []folder.Item
	err    error
	broken map[string]error // of Open, by id
	opened []*model
	gate   chan struct{} // Open waits for it, if it is there
}

func (s *shelf) find() ([]folder.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]folder.Item(nil), s.items...), s.err
}

func (s *shelf) open(_ context.Context, b *models.Bundle) (*model, error) {
	s.mu.Lock()
	gate, err := s.gate, s.broken[b.ID()]
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if err != nil {
		return nil, err
	}
	m := &model{id: b.ID()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = append(s.opened, m)
	return m, nil
}

func (s *shelf) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *shelf) openings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.opened)
}

// item is a bundle of id in a folder; note makes its manifest another one.
func item(dir, id, note string) folder.Item {
	name, version, _ := strings.Cut(id, "@")
	return folder.Item{Dir: dir, Bundle: &models.Bundle{Dir: dir, Manifest: models.Manifest{Name: name, Version: version, Description: note}}}
}

func newCatalog(t *testing.T, s *shelf, change func(*catalog.Options[*model])) *catalog.Catalog[*model] {
	t.Helper()
	o := catalog.Options[*model]{Find: s.find, Open: s.open, Retry: time.Hour}
	if change != nil {
		change(&o)
	}
	c, err := catalog.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		for _, m := range s.opened {
			if m.closed.Load() != 1 || m.visible.Load() != 0 {
				t.Errorf("%s was closed %d times and is visible %d times", m.id, m.closed.Load(), m.visible.Load())
			}
		}
	})
	return c
}

func acquire(t *testing.T, c *catalog.Catalog[*model], name string) (*model, func()) {
	t.Helper()
	m, release, err := c.Acquire(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return m, release
}

func loadedOf(c *catalog.Catalog[*model]) (out []string) {
	for _, o := range c.Offers() {
		if o.Loaded {
			out = append(out, o.Bundle.ID())
		}
	}
	return out
}

func TestNames(t *testing.T) {
	s := &shelf{items: []folder.Item{
		item("/u", "usual@1.0.0", ""), item("/n", "usual@2.0.0", ""),
		item("/a", "other@1.9.0", ""), item("/b", "other@1.10.0", ""), item("/c", "other@draft", ""),
	}}
	c := newCatalog(t, s, nil)
	for name, want := range map[string]string{
		"": "usual@1.0.0", "usual": "usual@1.0.0", "usual@2.0.0": "usual@2.0.0",
		"other": "other@1.10.0", "other@draft": "other@draft",
	} {
		m, release := acquire(t, c, name)
		release()
		if m.id != want {
			t.Errorf("%q is %s, want %s", name, m.id, want)
		}
	}
	_, _, err := c.Acquire(t.Context(), "secret")
	var unknown *catalog.UnknownError
	if !errors.As(err, &unknown) || len(unknown.Offers) != 5 || strings.Contains(err.Error(), "secret") {
		t.Errorf("error is %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	bad := folder.Item{Dir: "/bad", Err: errors.New("bad manifest")}
	for name, test := range map[string]struct {
		shelf *shelf
		want  string
	}{
		"nothing":     {&shelf{}, "no bundle"},
		"the folder":  {&shelf{err: errors.New("unreadable")}, "unreadable"},
		"the usual":   {&shelf{items: []folder.Item{bad}}, "bad manifest"},
		"two of name": {&shelf{items: []folder.Item{item("/a", "x@1", ""), item("/b", "x@1", "")}}, "both /a and /b"},
		"no model":    {&shelf{items: []folder.Item{item("/a", "x@1", "")}, broken: map[string]error{"x@1": errors.New("broken")}}, "x@1 cannot be loaded: broken"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := catalog.New(t.Context(), catalog.Options[*model]{Find: test.shelf.find, Open: test.shelf.open})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
	s := &shelf{items: []folder.Item{item("/a", "x@1", ""), bad}}
	if c := newCatalog(t, s, nil); len(c.Offers()) != 1 {
		t.Errorf("on offer: %v", c.Offers())
	}
}

// Many first requests load a model once, and one that gives up leaves the
// loading to the others.
func TestLoadsOnce(t *testing.T) {
	s := &shelf{items: []folder.Item{item("/u", "usual@1", ""), item("/a", "other@1", "")}}
	c := newCatalog(t, s, nil)
	gate := make(chan struct{})
	s.set(func() { s.gate = gate })
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := c.Acquire(gone, "other"); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want that of the context", err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, release, err := c.Acquire(t.Context(), "other")
			if err != nil {
				t.Error(err)
				return
			}
			release()
		})
	}
	close(gate)
	wg.Wait()
	if n := s.openings(); n != 2 {
		t.Errorf("%d models were opened, want 2", n)
	}
}

// A model that cannot be loaded is not tried for every request; a reload tries
// it again.
func TestFaultIsRemembered(t *testing.T) {
	s := &shelf{items: []folder.Item{item("/u", "usual@1", ""), item("/a", "other@1", "")}, broken: map[string]error{"other@1": errors.New("broken")}}
	registry := prometheus.NewRegistry()
	c := newCatalog(t, s, func(o *catalog.Options[*model]) { o.Registry = registry })
	var load *catalog.LoadError
	for range 3 {
		if _, _, err := c.Acquire(t.Context(), "other"); !errors.As(err, &load) {
			t.Errorf("error is %v, want a LoadError", err)
		}
	}
	want := "# HELP ragprune_model_loads_total Models loaded, at the start, on first use and by reloads.\n" +
		"# TYPE ragprune_model_loads_total counter\n" +
		"ragprune_model_loads_total{result=\"failed\"} 1\nragprune_model_loads_total{result=\"ok\"} 1\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "ragprune_model_loads_total"); err != nil {
		t.Error(err)
	}
	s.set(func() { s.broken = nil })
	if err := c.Reload(t.Context(), false); err != nil {
		t.Error(err)
	}
	_, release := acquire(t, c, "other")
	release()
}

func TestPreload(t *testing.T) {
	items := []folder.Item{item("/u", "usual@1", ""), item("/a", "a@1", ""), item("/b", "b@1", "")}
	for word, want := range map[string][]string{"b": {"usual@1", "b@1"}, catalog.All: {"usual@1", "a@1", "b@1"}} {
		c := newCatalog(t, &shelf{items: items}, func(o *catalog.Options[*model]) { o.Preload = []string{word} })
		if diff := cmp.Diff(want, loadedOf(c)); diff != "" {
			t.Errorf("preload %s: %s", word, diff)
		}
	}
}

// The least recently used model makes room, the usual one and those in use stay.
func TestMemoryLimit(t *testing.T) {
	s := &shelf{}
	for _, name := range []string{"usual", "a", "b", "c"} {
		i := item(t.TempDir(), name+"@1", "")
		i.Bundle.Files = map[string]string{"model.onnx": ""}
		writeBytes(t, i.Dir, 100)
		s.items = append(s.items, i)
	}
	c := newCatalog(t, s, func(o *catalog.Options[*model]) { o.Bytes = 300 })
	use := func(name string) { _, release := acquire(t, c, name); release() }
	use("a")
	use("b")
	use("a")
	use("c") // b has to go
	if diff := cmp.Diff([]string{"usual@1", "a@1", "c@1"}, loadedOf(c)); diff != "" {
		t.Error(diff)
	}
	_, releaseA := acquire(t, c, "a")
	_, releaseC := acquire(t, c, "c")
	use("b") // nothing can go, so it is above the limit for a while
	releaseA()
	releaseC()
	if loaded := loadedOf(c); len(loaded) != 3 {
		t.Errorf("loaded are %v, want the usual one and two others", loaded)
	}
}

func TestReload(t *testing.T) {
	usual, a, b := item("/u", "usual@1", ""), item("/a", "a@1", ""), item("/b", "b@1", "")
	s := &shelf{items: []folder.Item{usual, a, b}}
	c := newCatalog(t, s, nil)
	m, release := acquire(t, c, "a")
	reload := func(items ...folder.Item) {
		t.Helper()
		s.set(func() { s.items = items })
		if err := c.Reload(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
	reload(usual, a, b)
	if n := s.openings(); n != 2 {
		t.Errorf("a reload of what is the same opened something: %d", n)
	}
	// a is in use and changed, b is not loaded and changed, c is new.
	reload(usual, item("/a", "a@2", ""), item("/b", "b@1", "changed"), item("/c", "c@1", ""))
	if n := s.openings(); n != 3 {
		t.Errorf("%d models were opened, want the two and the changed one", n)
	}
	if m.closed.Load() != 0 || m.visible.Load() != 0 {
		t.Error("the old model was closed under a request, or is still visible")
	}
	release()
	if m.closed.Load() != 1 {
		t.Error("the old model was not closed after its last request")
	}
	if next, release := acquire(t, c, "a"); next.id != "a@2" {
		t.Errorf("a is %s", next.id)
	} else {
		release()
	}
	// What is bad now stays what it was; what is gone is gone.
	s.set(func() { s.broken = map[string]error{"a@3": errors.New("broken")} })
	reload(folder.Item{Dir: "/u", Err: errors.New("bad manifest")}, item("/a", "a@3", ""))
	if diff := cmp.Diff([]string{"usual@1", "a@2"}, loadedOf(c)); diff != "" {
		t.Error(diff)
	}
	if _, _, err := c.Acquire(t.Context(), "b"); err == nil {
		t.Error("a removed model is still there")
	}
}

// A reload that makes no sense as a whole changes nothing.
func TestReloadFails(t *testing.T) {
	usual, a := item("/u", "usual@1", ""), item("/a", "a@1", "")
	s := &shelf{items: []folder.Item{usual, a}}
	c := newCatalog(t, s, nil)
	for name, change := range map[string]func(){
		"unreadable": func() { s.err = errors.New("unreadable") },
		"two of one": func() {
			s.err, s.items = nil, []folder.Item{item("/u", "usual@1", "changed"), a, item("/b", "a@1", "")}
		},
		"another usual one that is broken": func() {
			s.err, s.items = nil, []folder.Item{item("/x", "x@1", ""), a}
			s.broken = map[string]error{"x@1": errors.New("broken")}
		},
	} {
		s.set(change)
		if err := c.Reload(t.Context(), false); err == nil || !strings.Contains(err.Error(), "stay as they were") {
			t.Errorf("%s: error is %v", name, err)
		}
		if diff := cmp.Diff([]string{"usual@1"}, loadedOf(c)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Requests and reloads side by side: none fails and none uses a closed model.
func TestReloadUnderRequests(t *testing.T) {
	s := &shelf{items: []folder.Item{item("/u", "usual@1", ""), item("/a", "a@1", "")}}
	c := newCatalog(t, s, nil)
	done, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 8 {
		name := []string{"", "a"}[i%2]
		wg.Go(func() {
			for done.Err() == nil {
				m, release, err := c.Acquire(t.Context(), name)
				if err != nil {
					t.Error(err)
					return
				}
				if m.closed.Load() != 0 {
					t.Error("a request got a closed model")
				}
				release()
			}
		})
	}
	for i := range 50 {
		note := fmt.Sprint(i)
		s.set(func() { s.items = []folder.Item{item("/u", "usual@1", note), item("/a", "a@1", note)} })
		if err := c.Reload(t.Context(), i%10 == 0); err != nil {
			t.Error(err)
		}
	}
	cancel()
	wg.Wait()
}

func TestClosed(t *testing.T) {
	s := &shelf{items: []folder.Item{item("/u", "usual@1", "")}}
	c := newCatalog(t, s, nil)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Acquire(t.Context(), ""); !errors.Is(err, catalog.ErrClosed) {
		t.Errorf("Acquire: error is %v", err)
	}
	if err := c.Reload(t.Context(), true); !errors.Is(err, catalog.ErrClosed) {
		t.Errorf("Reload: error is %v", err)
	}
}

func writeBytes(t *testing.T, dir string, n int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "model.onnx"), make([]byte, n), 0o644); err != nil {
		t.Fatal(err)
	}
}
