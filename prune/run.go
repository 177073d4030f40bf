package prune

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/rerank"
)

// run is one request under way.
type run struct {
	pruner  *Pruner
	request *Request
	checked *checked
	scorer  Scorer
	// counter counts for the request; what the models read is counted by the
	// model's own.
	counter Counter
	// query is what the scorer can read of the request's.
	query    string
	jobs     []*job
	warnings []htmlprune.Warning
	timing   Timing
	// results are the jobs to answer, in the order of the answer.
	results []*job
	// progress is nil where nobody wants to know.
	progress *progress
	// bm25 has the statistics of the words of all documents of the request.
	bm25 func() *rerank.BM25
	// logged are the reasons for which documents fell back.
	logged sync.Map
	// unavailable is why the request gets no answer.
	unavailable *UnavailableError
	// modelTokens is what the models read for this request.
	modelTokens atomic.Int64
	// generation is what the generator did for this request.
	generation generationCount

	// What the embedder says of the query; queryFault is why it says nothing.
	queryKey     Key
	queryVectors *vectors
	queryFault   error
}

// job is one document under way. Between two stages it belongs to the run,
// within a stage to one goroutine.
type job struct {
	index    int
	document *Document
	nodes    int // of the document that are read
	warnings []htmlprune.Warning

	// Set by parse.
	tree   *htmlprune.Tree
	texts  []string // of the units
	titles []int    // the units of the page's own title
	scored []string // those of them that are scored
	// unread says why units are not in scored; nil if all are.
	unread    []reason
	title     string // what the labeler reads before the units
	labelKey  Key
	vectorKey Key
	before    int // tokens of the source
	// outline is what the generator reads; nil for other scorers.
	outline      *htmlprune.Outline
	generatedKey Key

	// Set by lookUp and score: what the models say, why one of them says
	// nothing, and whether one ran for this document.
	labels         *labels
	vectors        *vectors
	generated      *generated
	labelFault     error
	vectorFault    error
	generatedFault error
	ran            atomic.Bool

	// Set by score. fault is why the scorer asked for gave no scores.
	fault     error
	used      Scorer    // of the scores
	scores    []float32 // of the units; nil when nothing scored them
	score     float64
	logit     *float64
	threshold float64
	cached    bool
	degraded  *Degraded
	untouched bool // keep every unit

	// Set by decide.
	wishes    []wish // best first once they are ranked
	held      []bool // units that would be wanted if they were not boilerplate
	accepted  []wish
	selection *htmlprune.Selection

	// Set by render. broken says that a panic left nothing to rely on but the
	// source.
	broken bool
	output output

	// result is set once nothing of j changes any more.
	result *Result
}

// reason says why no model reads a unit.
type reason uint8

const (
	isRead reason = iota
	isBoilerplate
	isCoarse // the coarse step left it out
)

// reads reports whether a model reads the unit.
func (j *job) reads(unit int) bool { return j.unread == nil || j.unread[unit] == isRead }

// leave takes the units out of scored that why gives a reason for.
func (j *job) leave(why func(unit int) reason) {
	unread := j.unread
	if unread == nil {
		unread = make([]reason, len(j.texts))
	}
	scored := make([]string, 0, len(j.texts))
	for u := range unread {
		if unread[u] == isRead {
			unread[u] = why(u)
		}
		if unread[u] == isRead {
			scored = append(scored, j.texts[u])
		}
	}
	if len(scored) < len(j.texts) {
		j.scored, j.unread = scored, unread
	}
}

// count is the number of units that no model reads for that reason.
func (j *job) count(why reason) int {
	n := 0
	for _, w := range j.unread {
		if w == why {
			n++
		}
	}
	return n
}

// unreadFor reports whether no model reads the unit for that reason.
func (j *job) unreadFor(why reason, unit int) bool { return j.unread != nil && j.unread[unit] == why }

// output is a rendered document.
type output struct {
	text     string
	format   htmlprune.Format
	tokens   int
	warnings []htmlprune.Warning
}

// start prepares a run of a request that keeps the rules.
func (p *Pruner) start(r *Request, c *checked) *run {
	s := &run{pruner: p, request: r, checked: c, scorer: p.scorer(r), counter: p.counter(r), jobs: make([]*job, len(r.Documents))}
	s.bm25 = sync.OnceValue(s.newBM25)
	s.query = cutString(r.Query, p.limits.QueryBytes)
	cut := len(s.query) < len(r.Query)
	var short bool
	switch {
	case s.scorer.labels():
		s.query, short = p.options.Labeler.Fit(s.query)
	case s.scorer.generates():
		s.query, short = p.options.Generator.Fit(s.query)
	}
	cut = cut || short
	if cut {
		s.warnings = append(s.warnings, htmlprune.Warning{
			Code: "query_cut", Message: "The query is longer than the scorer can read; its end was not used.",
		})
	}
	if s.keeps() && (s.scorer.embeds() || s.request.Coarse.Scorer.embeds()) {
		s.queryKey = newKey(r.Namespace, p.options.Embedding.key(), kindQuery, nil, []string{s.query})
	}
	for i := range r.Documents {
		s.jobs[i] = &job{index: i, document: &r.Documents[i]}
	}
	p.limits.share(s.jobs)
	return s
}

// keeps reports whether what the models say is stored.
func (s *run) keeps() bool { return s.pruner.options.Store != nil }

// scorer is the one that answers r.
func (p *Pruner) scorer(r *Request) Scorer {
	if r.Scorer == "" {
		return p.scorers[0]
	}
	return r.Scorer
}

// cutString returns the first n bytes of s, less what would split a character.
func cutString(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// each calls do for every job, on all cores. A panic costs its own document
// its pruning and nothing else.
func (s *run) each(do func(*job)) {
	s.spread(s.jobs, runtime.GOMAXPROCS(0), do)
}

// spread calls do for jobs, at most atOnce at a time.
func (s *run) spread(jobs []*job, atOnce int, do func(*job)) {
	fan(jobs, atOnce, func(j *job) { s.guard(j, do) })
}

// fan calls do, which does not panic, for jobs, at most atOnce at a time.
func fan(jobs []*job, atOnce int, do func(*job)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(atOnce, len(jobs)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(jobs)); i = next.Add(1) - 1 {
				do(jobs[i])
			}
		})
	}
	wg.Wait()
}

// guard calls do for j, unless an earlier panic broke j.
func (s *run) guard(j *job, do func(*job)) {
	if j.broken {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			j.broken = true
			s.pruner.logPanic(v, debug.Stack())
		}
	}()
	do(j)
}

// logPanic writes down what happened. The value may hold text of a document,
// so only its type is told.
func (p *Pruner) logPanic(v any, stack []byte) {
	p.options.Logger.Error("a document could not be handled", "panic", typeName(v), "stack", string(stack))
}

// shortestParse is the time that a document gets when the request has none
// left: it must be read in any case.
const shortestParse = 5 * time.Millisecond

// longestParse bounds the time that goes into one document.
const longestParse = 2 * time.Second

// parse reads all documents.
func (s *run) parse(ctx context.Context) {
	s.each(func(j *job) { s.read(ctx, j) })
}

func (s *run) read(ctx context.Context, j *job) {
	source, format := j.document.source()
	limits := htmlprune.Limits{Bytes: s.pruner.limits.DocumentBytes, Nodes: j.nodes, Time: longestParse}
	if end, ok := ctx.Deadline(); ok {
		limits.Time = min(max(time.Until(end), shortestParse), longestParse)
	}
	j.before = s.counter.Count(source)
	wants := func(a Attribute) bool { return slices.Contains(s.request.Attributes, a) }
	j.tree = htmlprune.Parse(source, htmlprune.Options{
		Format: format, Limits: limits, Pin: s.checked.selectors,
		Alt: wants(AttrAlt), Links: wants(AttrHref), Times: wants(AttrDatetime), Titles: wants(AttrTitle),
	})
	j.warnings = append(j.warnings, j.tree.Warnings...)
	if j.document.Repaired {
		j.warn("invalid_utf8", "The document was not valid UTF-8; what was wrong was replaced.")
	}
	if len(j.tree.Units) == 0 {
		j.warn("empty", "The document has no visible text.")
		return
	}
	j.texts = make([]string, len(j.tree.Units))
	for i := range j.tree.Units {
		j.texts[i] = j.tree.Units[i].Text
		if j.tree.Units[i].Kind == htmlprune.Title {
			j.titles = append(j.titles, i)
		}
	}
	j.scored = j.texts
	if s.boilerplate() == BoilerplateDrop {
		s.dropBoilerplate(ctx, j)
	}
	if j.title = j.document.Title; strings.TrimSpace(j.title) == "" {
		j.title = j.tree.Title
	}
}

// source is the text of d and its notation.
func (d *Document) source() (string, htmlprune.Format) {
	if d.HTML != nil {
		return *d.HTML, htmlprune.HTML
	}
	return *d.Text, htmlprune.Text
}

// warn adds a warning, once per code.
func (j *job) warn(code, message string) {
	for _, w := range j.warnings {
		if w.Code == code {
			return
		}
	}
	j.warnings = append(j.warnings, htmlprune.Warning{Code: code, Message: message})
}
