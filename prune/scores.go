package prune

import (
	"cmp"
	"context"

	"github.com/ragprune/ragprune/rerank"
)

// score gives scores to the units of all documents.
func (s *run) score(ctx context.Context) {
	if s.scorer == ScorerBM25 {
		s.scoreBM25(s.jobs)
	} else {
		s.scoreByModels(ctx)
	}
	for _, j := range s.jobs {
		j.scores = j.unitScores(j.scores)
	}
}

// scoreByModels asks the models, and answers without them where they fail.
func (s *run) scoreByModels(ctx context.Context) {
	s.fetch(ctx, func(*job) { s.progress.add(nil) })
	for _, j := range s.jobs {
		s.takeScores(j)
	}
	if s.scorer == ScorerHybrid {
		s.rankHybrid()
	}
	s.unavailable = s.fallBack(s.jobs)
}

// takeScores scores j by what the models said.
func (s *run) takeScores(j *job) {
	if j.scorable() && j.fault == nil {
		s.combine(j)
		j.cached = j.fault == nil && !j.ran.Load()
	}
}

// combine makes scores of what the models say of j, or sets j.fault. Where one
// of two models has failed, the other's scores are taken as well.
func (s *run) combine(j *job) {
	if s.scorer.labels() && j.labels == nil {
		j.fault = j.labelFault
	}
	if s.scorer.generates() && j.generated == nil {
		j.fault = j.generatedFault
	}
	var cosines []float64
	if s.scorer.embeds() {
		var err error
		if cosines, err = s.cosines(j); err != nil && j.fault == nil {
			j.fault = err
		}
	}
	switch {
	case s.scorer == ScorerFused && j.fault == nil:
		s.takeFused(j, cosines)
	case j.generated != nil:
		s.takeGenerated(j)
	case j.labels != nil:
		s.takeLabels(j)
	case cosines != nil:
		s.takeCosines(j, cosines)
	}
}

// cosines says how near the units of j are to the query, or why that is not
// known.
func (s *run) cosines(j *job) ([]float64, error) {
	if j.vectors == nil || s.queryVectors == nil {
		return nil, cmp.Or(j.vectorFault, s.queryFault)
	}
	return j.vectors.cosines(*s.queryVectors)
}

// takeLabels scores j as ScorerLabel does.
func (s *run) takeLabels(j *job) {
	logit := float64(j.labels.logit)
	j.scores, j.logit = j.labels.scores, &logit
	j.score = s.pruner.options.Calibration.Probability(logit)
	j.used, j.threshold = ScorerLabel, s.threshold(ScorerLabel)
}

// takeCosines scores j as ScorerEmbed does: a document is as good as its best
// unit.
func (s *run) takeCosines(j *job, cosines []float64) {
	j.scores = make([]float32, len(cosines))
	for u, c := range cosines {
		p := s.pruner.options.Embedding.Calibration.Probability(c)
		j.scores[u] = float32(p)
		j.score = max(j.score, p)
	}
	j.used, j.threshold = ScorerEmbed, s.threshold(ScorerEmbed)
}

// takeFused scores the units of j by both models. The document has the score
// that the labeler gives it.
func (s *run) takeFused(j *job, cosines []float64) {
	s.takeLabels(j)
	fused := make([]float32, len(cosines))
	for u, c := range cosines {
		fused[u] = float32(s.pruner.options.Embedding.Fusion.Probability(float64(j.labels.scores[u]), c))
	}
	j.scores = fused
	j.used, j.threshold = ScorerFused, s.threshold(ScorerFused)
}

// rankHybrid replaces the scores of ScorerEmbed by places in the ranking that
// reciprocal rank fusion makes of them and of BM25, over the units of all
// documents together. A document keeps its score: a place does not say whether
// it helps.
func (s *run) rankHybrid() {
	bm25 := s.bm25()
	var cosines, words []float64
	for _, j := range s.jobs {
		if j.used == ScorerEmbed {
			scores, _ := bm25.Units(j.index)
			cosines, words = appendFloats(cosines, j.scores), appendFloats(words, scores)
		}
	}
	places := rerank.Shares(rerank.ReciprocalRanks(cosines, words))
	for _, j := range s.jobs {
		if j.used != ScorerEmbed {
			continue
		}
		for u := range j.scores {
			j.scores[u] = float32(places[u])
		}
		places = places[len(j.scores):]
		j.used, j.threshold = ScorerHybrid, s.threshold(ScorerHybrid)
	}
}

func appendFloats(dst []float64, values []float32) []float64 {
	for _, v := range values {
		dst = append(dst, float64(v))
	}
	return dst
}

func (s *run) newBM25() *rerank.BM25 {
	documents := make([][]string, len(s.jobs))
	for i, j := range s.jobs {
		documents[i] = j.scored
	}
	return rerank.NewBM25(s.query, documents)
}

// scoreBM25 scores jobs by the words that they share with the query.
func (s *run) scoreBM25(jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	bm25 := s.bm25()
	for _, j := range jobs {
		j.scores, j.score = bm25.Units(j.index)
		j.used, j.threshold = ScorerBM25, s.threshold(ScorerBM25)
	}
}

// threshold is what a score of scorer must exceed. A threshold that was asked
// for is meant for the scorer that was asked for: another that steps in does
// not take it over, and neither does it a preset that it has not.
func (s *run) threshold(scorer Scorer) float64 {
	if t := s.request.Threshold; t != nil && s.scorer == scorer {
		return *t
	}
	presets := s.pruner.Presets(scorer)
	if t, ok := presets[s.preset()]; ok {
		return t
	}
	return presets[DefaultPreset]
}

// preset is the one that r names, or else the default.
func (s *run) preset() string {
	if s.request.Preset != "" {
		return s.request.Preset
	}
	return s.pruner.options.DefaultPreset
}
