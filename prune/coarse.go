package prune

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/ragprune/ragprune/htmlprune"
	"github.com/ragprune/ragprune/rerank"
)

const (
	// smallestCoarse is the least that reaches the models, however little time
	// a request has: about one window.
	smallestCoarse = 512
	// coarseWords and smallestCoarseWords bound the size of coarse blocks:
	// HtmlRAG embeds blocks of 256 words; smaller ones pay off where little
	// may stay.
	coarseWords, smallestCoarseWords = 256, 16
	// coarseBlocks is how many blocks are to fit into what may stay.
	coarseBlocks = 64
)

// coarse leaves out blocks before the models read anything, if the documents
// are larger than what may reach them; see Coarse.
//
// The blocks of all documents are in one pool. What fits is found as a budget is
// filled: the best blocks first, with the structure that they need, counted as
// written. For a prefix of the ranking this is the same as removing the worst
// until the rest fits (algorithm 2 of the paper), and nothing is counted twice.
func (s *run) coarse(ctx context.Context) {
	limit := s.coarseTokens()
	if s.scorer == ScorerBM25 || s.request.Coarse.Scorer == CoarseNone || !s.mayExceed(limit) {
		return
	}
	b := &budget{run: s, jobs: s.jobs, limit: limit, needs: needs{title: true, headings: true}, write: s.written, counter: s.pruner.options.Counter}
	if !b.exceeds() {
		return
	}
	blocks := s.coarseBlocksOf(ctx, blockWords(limit))
	b.fill(func(j *job) []wish { return blocks[j] })
	for j, p := range b.plans {
		if !j.broken {
			j.leave(func(unit int) reason {
				if p.chosen.Has(unit) {
					return isRead
				}
				return isCoarse
			})
		}
	}
}

// coarseTokens is how much may reach the models.
func (s *run) coarseTokens() int {
	if n := s.request.Coarse.Tokens; n > 0 {
		return n
	}
	p := s.pruner
	share := float64(p.timeout(s.request)) / float64(p.options.Timeout)
	return max(smallestCoarse, int(share*float64(p.limits.CoarseTokens)))
}

// mayExceed is a first look that costs nothing: a token takes a byte at least,
// and cleaned documents have no more tokens than they came with.
func (s *run) mayExceed(limit int) bool {
	bytes, tokens := 0, 0
	for _, j := range s.jobs {
		if j.scorable() {
			bytes += len(j.tree.Source)
			tokens += j.before
		}
	}
	counted := s.request.Tokenizer == "" || s.request.Tokenizer == DefaultTokenizer
	return bytes > limit && (!counted || tokens > limit)
}

// exceeds reports whether everything together is over the limit.
func (b *budget) exceeds() bool {
	counts := make([]int, len(b.jobs))
	b.run.spread(b.jobs, runtime.GOMAXPROCS(0), func(j *job) {
		if j.scorable() {
			sel := j.tree.NewSelection(false)
			for u := range j.texts {
				if !j.unreadFor(isBoilerplate, u) {
					sel.Add(u)
				}
			}
			counts[j.index] = b.write(j, sel).tokens
		}
	})
	total := 0
	for _, n := range counts {
		total += n
	}
	return total > b.limit
}

// written is a selection in the document's own notation, counted as the model
// does. It is the same for every output format, so that another format finds
// the same scores in the store.
func (s *run) written(j *job, sel *htmlprune.Selection) output {
	return renderAs(j.tree.Format, sel, s.pruner.options.Counter)
}

// blockWords is the size in words of the blocks to choose from when so many
// tokens may stay.
func blockWords(tokens int) int {
	return min(max(tokens/coarseBlocks, smallestCoarseWords), coarseWords)
}

// coarseBlocksOf cuts the documents into blocks with scores. What is never
// pruned needs no score, so it has no privilege here.
func (s *run) coarseBlocksOf(ctx context.Context, words int) map[*job][]wish {
	lists := make([][]wish, len(s.jobs))
	texts := make([][]string, len(s.jobs))
	s.each(func(j *job) {
		if !j.scorable() {
			return
		}
		for _, w := range s.cut(j, words) {
			if j.unreadFor(isBoilerplate, w.first) {
				continue
			}
			if w.class = relevant; w.boilerplate {
				w.class = demoted
			}
			lists[j.index] = append(lists[j.index], w)
			texts[j.index] = append(texts[j.index], strings.Join(j.texts[w.first:w.last], "\n"))
		}
	})
	blocks := make(map[*job][]wish, len(s.jobs))
	scores := s.coarseScores(ctx, texts)
	for i, j := range s.jobs {
		for k := range lists[i] {
			lists[i][k].score = scores[i][k]
		}
		blocks[j] = lists[i]
	}
	return blocks
}

// coarseScores ranks the texts of all documents.
func (s *run) coarseScores(ctx context.Context, texts [][]string) [][]float64 {
	words := bm25Scores(s.query, texts)
	how := s.request.Coarse.Scorer
	if !how.embeds() {
		return words
	}
	cosines, err := s.coarseCosines(ctx, texts)
	if err != nil {
		s.warnings = append(s.warnings, htmlprune.Warning{
			Code: "coarse_bm25", Message: "The embedder could not finish the coarse step (" + reasonOf(err) + "); words were compared instead.",
		})
		return words
	}
	if how == CoarseEmbed {
		return cosines
	}
	return split(rerank.ReciprocalRanks(join(words), join(cosines)), texts)
}

func bm25Scores(query string, texts [][]string) [][]float64 {
	bm25 := rerank.NewBM25(query, texts)
	out := make([][]float64, len(texts))
	for i := range texts {
		units, _ := bm25.Units(i)
		out[i] = appendFloats(make([]float64, 0, len(units)), units)
	}
	return out
}

func join(lists [][]float64) []float64 {
	var out []float64
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// split cuts values into lists as long as those of texts.
func split(values []float64, texts [][]string) [][]float64 {
	out := make([][]float64, len(texts))
	for i, own := range texts {
		out[i], values = values[:len(own)], values[len(own):]
	}
	return out
}

// coarseCosines says how near the texts are to the query. It has half of the
// time that is left: the models need the rest.
func (s *run) coarseCosines(ctx context.Context, texts [][]string) ([][]float64, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, time.Now().Add(time.Until(end)/2))
		defer cancel()
	}
	if s.fetchQuery(ctx); s.queryFault != nil {
		return nil, s.queryFault
	}
	out := make([][]float64, len(texts))
	faults := make([]error, len(texts))
	s.spread(s.jobs, atOnce, func(j *job) {
		own := texts[j.index]
		if len(own) == 0 {
			return
		}
		v, err := s.vectorsOf(ctx, j, newKey(s.request.Namespace, s.pruner.options.Embedding.key(), kindVectors, nil, own), own)
		if err == nil {
			out[j.index], err = v.cosines(*s.queryVectors)
		}
		faults[j.index] = err
	})
	for i, err := range faults {
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", i, err)
		}
	}
	return out, nil
}

// tellCoarse warns of what the coarse step left out.
func (j *job) tellCoarse() {
	if n := j.leftOut(func(u int) bool { return j.unreadFor(isCoarse, u) }); n > 0 {
		j.warn("coarse", fmt.Sprintf("Units left out by the coarse step, which the scorer did not read: %d.", n))
	}
}
