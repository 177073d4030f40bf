package htmlrag_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ragprune/ragprune/htmlprune/htmlrag"
)

// TestHostile: the time is bounded whatever the input, and what is beyond the
// limits says so.
func TestHostile(t *testing.T) {
	const size = 1 << 20
	for _, c := range []struct {
		name, piece string
		want        error
	}{
		{"letters", "a", nil},
		{"open tags", "<a ", htmlrag.ErrLimit},
		{"tags in a quote", `<a b=">`, nil},
		{"quotes", `<a b='`, htmlrag.ErrLimit},
		{"equals signs", `<a b='x`, htmlrag.ErrLimit},
		{"brackets", "<", nil},
		{"end tags", "</", nil},
		{"open comments", "<!--", nil},
		{"open sections", "<![CDATA[", nil},
		{"open declarations", "<!", nil},
		{"open instructions", "<?", nil},
		{"ampersands", "&", nil},
		{"references", "&#", nil},
		{"nested", "<p>x ", nil},
		{"empty elements", "<p></p>", nil},
		{"comments", "<!---->", nil},
		{"open scripts", "<script>", nil},
		{"nul", "\x00", nil},
		{"not UTF-8", "\xff<", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := strings.Repeat(c.piece, size/len(c.piece))
			began := time.Now()
			_, err := htmlrag.Clean(source)
			if !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if spent := time.Since(began); spent > time.Minute {
				t.Errorf("took %v", spent)
			}
		})
	}
}

// TestDeep cuts a page whose elements are nested as deep as the limits allow.
func TestDeep(t *testing.T) {
	source := strings.Repeat("<p>x ", 50_000)
	blocks, page, err := htmlrag.BuildBlockTree(source, htmlrag.Options{MaxWords: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(blocks) != 1 || len(blocks[0].Path()) != 64 {
		t.Errorf("%d blocks, want 1 at depth 64", len(blocks))
	}
	if want := len(source) + 50_000*len("</p>"); len(page) != want {
		t.Errorf("the page has %d bytes, want %d", len(page), want)
	}
}

func TestLimits(t *testing.T) {
	for _, source := range []string{
		strings.Repeat("x", 8<<20+1), strings.Repeat("<p>", 500_001), strings.Repeat("<!---->", 500_001),
	} {
		if _, err := htmlrag.Clean(source); !errors.Is(err, htmlrag.ErrLimit) {
			t.Errorf("error %v for %d bytes of %q", err, len(source), source[:7])
		}
	}
	if _, _, err := htmlrag.BuildBlockTree("x", htmlrag.Options{MaxWords: -1}); err == nil {
		t.Error("no error for a negative size")
	}
}

// FuzzParity checks what holds for every input: no panic, valid UTF-8, blocks
// that have a path of at most 64 names, and no element without text in a
// cleaned page.
func FuzzParity(f *testing.F) {
	for _, s := range []string{
		"", "x", "<p>a<br>b", `<p a="1" class=" x  y ">`, "<a b='x>", "a&#b;c<p>&amp &notit;", "<!-- a -- ><![CDATA[x]]>",
		"<script>a</script ><style>", "<ruby>a<rt>b</ruby><template><p>c", "<pre> <!> </pre>", "\xff\x00\u0130<p\u00a0>",
	} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, source string, words int) {
		began := time.Now()
		clean, err := htmlrag.Clean(source)
		if err == nil && !utf8.ValidString(clean) {
			t.Errorf("%q is not UTF-8", clean)
		}
		blocks, page, err := htmlrag.BuildBlockTree(source, htmlrag.Options{MaxWords: 1 + words&0xff})
		if err != nil {
			return
		}
		if len(blocks) == 0 || !utf8.ValidString(page) {
			t.Errorf("%d blocks, page %q", len(blocks), page)
		}
		for _, b := range blocks {
			path := b.Path()
			if len(path) > 64 || len(path) > 0 && path[len(path)-1] != b.Name() || b.HTML() == "" && len(path) > 0 {
				t.Errorf("block %q at %q", b.HTML(), path)
			}
		}
		if spent := time.Since(began); spent > time.Minute {
			t.Errorf("took %v", spent)
		}
	})
}
