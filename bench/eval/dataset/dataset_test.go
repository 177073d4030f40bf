package dataset_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragprune/ragprune/bench/eval/dataset"
)

func Example() {
	data, err := dataset.ReadStream("mine.jsonl", strings.NewReader(`
{"id": 1, "query": "who built it?", "text": "It was old. Ana built it.", "answer": "Ana"}
{"id": 2, "query": "when?", "text": ""}
`))
	if err != nil {
		panic(err)
	}
	row := data.Sets[0].Rows[0]
	fmt.Println(data.Sets[0].Name, row.Sentence(row.Relevant[0]))
	fmt.Println(data.Problems)
	// Output:
	// mine Ana built it.
	// [mine.jsonl:3: text is empty]
}

func read(t *testing.T, lines string) *dataset.Data {
	t.Helper()
	data, err := dataset.ReadStream("f.jsonl", strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRows(t *testing.T) {
	type spans = []dataset.Span
	tests := map[string]struct {
		line string
		want dataset.Row
	}{
		"everything": {
			`{"id":"a","dataset":"s","query":"q","title":"t","text":"Ünë. Two.","sentences":[[0,4],[5,9]],"relevant":[1],"answer":["Two","2"],"positive":true,"more":1}`,
			dataset.Row{ID: "a", Dataset: "s", Query: "q", Title: "t", Text: "Ünë. Two.", Sentences: spans{{0, 6}, {7, 11}}, Relevant: []int{1}, Answers: []string{"Two", "2"}, Positive: true},
		},
		"the least": {
			`{"id":7,"query":"q","text":"One is here. Two is there.","answer":"two"}`,
			dataset.Row{ID: "7", Dataset: "f", Query: "q", Text: "One is here. Two is there.", Sentences: spans{{0, 12}, {13, 26}}, Relevant: []int{1}, Answers: []string{"two"}, Positive: true},
		},
		"relevant ranges": {
			`{"id":"a","query":"q","text":"É one is. Two is it. Three.","relevant":[[6,13]]}`,
			dataset.Row{ID: "a", Dataset: "f", Query: "q", Text: "É one is. Two is it. Three.", Sentences: spans{{0, 10}, {11, 21}, {22, 28}}, Relevant: []int{0, 1}, Positive: true},
		},
		"negative": {
			`{"id":"a","query":"q","text":"One. Two.","positive":false,"answer":null}`,
			dataset.Row{ID: "a", Dataset: "f", Query: "q", Text: "One. Two.", Sentences: spans{{0, 4}, {5, 9}}},
		},
		"nothing relevant": {
			`{"id":"a","query":"q","text":"One.","sentences":[[0,4]],"relevant":[],"answer":["", " "]}`,
			dataset.Row{ID: "a", Dataset: "f", Query: "q", Text: "One.", Sentences: spans{{0, 4}}},
		},
		"a page": {
			`{"id":"a","query":"q","html":"<p>One is here.<script>Two</script></p><p>Two <b>is</b> there.</p>","answer":"Two"}`,
			dataset.Row{ID: "a", Dataset: "f", Query: "q", Text: "One is here.\nTwo is there.", Sentences: spans{{0, 12}, {13, 26}}, Relevant: []int{1}, Answers: []string{"Two"}, Positive: true},
		},
		"an answer across sentences": {
			`{"id":"a","query":"q","text":"One is here. Two is there. Three.","answer":"here. Two"}`,
			dataset.Row{ID: "a", Dataset: "f", Query: "q", Text: "One is here. Two is there. Three.", Sentences: spans{{0, 12}, {13, 26}, {27, 33}}, Relevant: []int{0, 1}, Answers: []string{"here. Two"}, Positive: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			data := read(t, "\ufeff"+tt.line+"\r\n\n")
			want := &dataset.Data{Sets: []dataset.Set{{Name: tt.want.Dataset, Rows: []dataset.Row{tt.want}}}}
			if diff := cmp.Diff(want, data); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
		})
	}
}

// Every line that cannot be used is named with its reason; the others count.
func TestProblems(t *testing.T) {
	const good = `{"id":"good","query":"q","text":"One. Two.","sentences":[[0,4],[5,9]],"relevant":[0]}`
	with := func(old, new string) string {
		return strings.Replace(strings.Replace(good, "good", "bad", 1), old, new, 1)
	}
	tests := map[string]struct{ line, want string }{
		"not JSON":        {`{"id":"a",`, "invalid JSON at byte 10: unexpected EOF"},
		"not an object":   {`[1]`, "no JSON object"},
		"not UTF-8":       {"{\"id\":\"\xff\"}", "invalid UTF-8"},
		"twice a field":   {`{"id":"a","id":"b"}`, `invalid JSON at byte 10: duplicate object member name`},
		"wrong type":      {with(`"q"`, `7`), "query has the wrong type: number"},
		"no id":           {with(`"id":"bad",`, ``), "id is missing"},
		"empty id":        {with(`"bad"`, `""`), "id is empty"},
		"odd id":          {with(`"bad"`, `[]`), "id is neither a string nor a number"},
		"no query":        {with(`"query":"q",`, ``), "query is missing"},
		"empty query":     {with(`"q"`, `" "`), "query is empty"},
		"no text":         {with(`"text":"One. Two.",`, ``), "text is missing"},
		"null text":       {with(`"One. Two."`, `null`), "text is missing"},
		"empty text":      {with(`One. Two.`, ` \n`), "text is empty"},
		"text and html":   {with(`"text"`, `"html":"<p>x</p>","text"`), "text and html exclude each other"},
		"empty page":      {`{"id":"a","query":"q","html":"<script>x</script>","answer":"x"}`, "html has no visible text"},
		"page, sentences": {with(`"text"`, `"html"`), "sentences need text"},
		"page, relevant":  {`{"id":"a","query":"q","html":"<p>One.</p>","relevant":[0]}`, "relevant needs text"},
		"beyond the end":  {with(`[5,9]`, `[5,10]`), "sentences[1] ends at 10; the text has 9 code points"},
		"overlap":         {with(`[5,9]`, `[3,9]`), "sentences[1] starts at 3, before 4"},
		"negative start":  {with(`[0,4]`, `[-1,4]`), "sentences[0] starts at -1, before 0"},
		"empty sentence":  {with(`[5,9]`, `[5,5]`), "sentences[1] is [5, 5), which holds nothing"},
		"blank sentence":  {with(`[5,9]`, `[4,5]`), "sentences[1] is blank"},
		"three numbers":   {with(`[5,9]`, `[5,9,1]`), "sentences[1] has 3 numbers"},
		"no sentences":    {with(`[[0,4],[5,9]]`, `[]`), "sentences is empty"},
		"relevant beyond": {with(`[0]}`, `[2]}`), "relevant[0] is 2; there are 2 sentences"},
		"relevant twice":  {with(`[0]}`, `[0,0]}`), "relevant[1] names sentence 0 again"},
		"relevant text":   {with(`[0]}`, `["a"]}`), "relevant[0] is neither the number of a sentence nor a range"},
		"relevant range":  {with(`[0]}`, `[[0,10]]}`), "relevant[0] is [0, 10); the text has 9 code points"},
		"relevant space":  {with(`[0]}`, `[[4,5]]}`), "relevant[0] touches no sentence"},
		"number, no sentences": {
			`{"id":"a","query":"q","text":"One.","relevant":[0]}`, "relevant[0] is the number of a sentence, but there are no sentences",
		},
		"nothing to go by":  {`{"id":"a","query":"q","text":"One."}`, "relevant is missing, and there is no answer to find it by"},
		"answer not there":  {`{"id":"a","query":"q","text":"One.","answer":"Two"}`, "relevant is missing, and no answer is in the text"},
		"answer of numbers": {with(`"relevant"`, `"answer":[1],"relevant"`), "answer is neither a string nor a list of strings"},
		"contradiction":     {with(`"relevant"`, `"positive":false,"relevant"`), "positive is false, but 1 sentences are relevant"},
		"duplicate":         {good, `id "good" was already used in f.jsonl:1`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			data := read(t, good+"\n"+tt.line+"\n"+strings.Replace(good, "good", "last", 1))
			if len(data.Problems) != 1 || !strings.HasPrefix(data.Problems[0].String(), "f.jsonl:2: "+tt.want) {
				t.Errorf("problems %v, want one of line 2: %s", data.Problems, tt.want)
			}
			if n := len(data.Sets[0].Rows); n != 2 {
				t.Errorf("%d rows, want the two good ones", n)
			}
		})
	}
}

// All that is wrong with a line is told at once.
func TestSeveralProblems(t *testing.T) {
	data := read(t, `{"text":" "}`)
	var got []string
	for _, p := range data.Problems {
		got = append(got, p.String())
	}
	want := []string{"f.jsonl:1: id is missing", "f.jsonl:1: query is missing", "f.jsonl:1: text is empty"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReadFiles(t *testing.T) {
	dir := t.TempDir()
	line := `{"id":"1","query":"q","text":"A. B.","answer":"B"}` + "\n"
	write(t, filepath.Join(dir, "b.jsonl"), line)
	compress(t, filepath.Join(dir, "a.jsonl.gz"), line)
	write(t, filepath.Join(dir, "notes.txt"), "not read")
	data, err := dataset.Read(dir, filepath.Join(dir, "b.jsonl")) // named twice, read once
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range data.Sets {
		names = append(names, fmt.Sprint(s.Name, len(s.Rows)))
	}
	if diff := cmp.Diff([]string{"a1", "b1"}, names); diff != "" || len(data.Problems) > 0 {
		t.Errorf("problems %v, sets (-want +got):\n%s", data.Problems, diff)
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plain.jsonl.gz"), "not compressed")
	compress(t, filepath.Join(dir, "cut.jsonl.gz"), strings.Repeat("{}\n", 1000))
	whole, err := os.ReadFile(filepath.Join(dir, "cut.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cut.jsonl.gz"), string(whole[:len(whole)-9]))
	for path, want := range map[string]string{
		"none.jsonl": "does not exist", "plain.jsonl.gz": "gzip", "cut.jsonl.gz": "unexpected EOF",
	} {
		if _, err := dataset.Read(filepath.Join(dir, path)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", path, err, want)
		}
	}
	if _, err := dataset.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "holds no file that ends in .jsonl") {
		t.Errorf("empty folder: error %v", err)
	}
	if _, err := dataset.Read(); err == nil {
		t.Error("no error for no files")
	}
	broken := io.MultiReader(strings.NewReader("{}\n"), brokenReader{})
	if _, err := dataset.ReadStream("s", broken); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("broken stream: error %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// A line that is too long is skipped, not the ones after it.
func TestLongLine(t *testing.T) {
	long := strings.Repeat("x", 64<<20)
	data := read(t, long+"\n"+`{"id":"1","query":"q","text":"A.","answer":"A"}`)
	if len(data.Problems) != 1 || data.Problems[0].Line != 1 || !strings.Contains(data.Problems[0].Text, "longer than 64 MiB") {
		t.Errorf("problems %v", data.Problems)
	}
	if len(data.Sets) != 1 {
		t.Errorf("%d sets, want that of line 2", len(data.Sets))
	}
}

func TestFind(t *testing.T) {
	tests := map[string]struct {
		text   string
		answer string
		want   []string // what is found, as it stands in the text
	}{
		"as it is":            {"Ana built it.", "Ana", []string{"Ana"}},
		"case and space":      {"by  ANA\n Lee today", "ana lee", []string{"ANA\n Lee"}},
		"not in a word":       {"party art, arts; ART", "art", []string{"art", "ART"}},
		"after a false one":   {"xab ab ab", "ab ab", []string{"ab ab"}},
		"other lengths":       {"in İstanbul İ now", "i", []string{"İ"}},
		"punctuation":         {"Super Bowl LII, its", "LII,", []string{"LII,"}},
		"scripts of no space": {"東京は首都", "東京", []string{"東京"}},
		"absent":              {"Ana", "Bo", nil},
		"blank":               {"Ana", " ", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range dataset.Find(tt.text, []string{tt.answer}) {
				got = append(got, tt.text[s.Start:s.End])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func compress(t *testing.T, path, text string) {
	t.Helper()
	var b strings.Builder
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
}
