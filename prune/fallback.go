package prune

import (
	"context"
	"errors"
)

// The reasons of Degraded.
const (
	// ReasonDeadline says that the time of the request was over.
	ReasonDeadline = "deadline"
	// ReasonOverload says that the models were full.
	ReasonOverload = "overload"
	// ReasonModel says that a model failed.
	ReasonModel = "model_error"
	// ReasonUnits says that the request had more units than Limits.Units.
	ReasonUnits = "unit_limit"
	// ReasonInternal says that a fault of ragprune hit this document.
	ReasonInternal = "internal"
)

// UnavailableError says that the models could not score a document and that
// FallbackNone leaves nothing else. It unwraps to what the model said.
type UnavailableError struct {
	// Reason is one of the reasons of Degraded.
	Reason string
	// Err is what the model said.
	Err error
}

// Error is for a log.
func (e *UnavailableError) Error() string {
	return "prune: no model could answer (" + e.Reason + "): " + e.Err.Error()
}

// Unwrap returns Err.
func (e *UnavailableError) Unwrap() error { return e.Err }

// usedOriginal is Degraded.Used of an untouched document.
const usedOriginal = "original"

// fallBack answers the documents among jobs that the scorer asked for could not:
// by the other of its two models, if that has scores, else as Options.Fallback
// says. Its error is why the request gets no answer.
func (s *run) fallBack(jobs []*job) *UnavailableError {
	var failed, unscored []*job
	for _, j := range jobs {
		if j.fault == nil {
			continue
		}
		failed = append(failed, j)
		if j.scores == nil {
			unscored = append(unscored, j)
		}
	}
	if err := s.withoutFallback(failed); err != nil {
		return err
	}
	s.scoreBM25(unscored)
	for _, j := range failed {
		s.degrade(j)
	}
	return nil
}

// degrade says of j that it was answered otherwise than asked, and the log why,
// once for each reason.
func (s *run) degrade(j *job) {
	reason := reasonOf(j.fault)
	j.degraded = &Degraded{Reason: reason, Used: string(j.used)}
	if j.used == ScorerBM25 && (reason == ReasonInternal || s.pruner.options.Fallback == FallbackOriginal) {
		j.untouched = true
		j.degraded.Used = usedOriginal
		if reason == ReasonInternal {
			j.warnInternal()
		}
	}
	if reason == ReasonInternal || errors.Is(j.fault, context.Canceled) {
		return // a panic was logged where it was; who has left gets no answer
	}
	if _, known := s.logged.LoadOrStore(reason, true); !known {
		s.pruner.options.Logger.Warn("documents are answered without the scorer asked for", "reason", reason, "error", j.fault)
	}
}

// withoutFallback is the error of a request that FallbackNone leaves without an
// answer. A fault of ragprune on one document is not one: that document is
// returned as it came.
func (s *run) withoutFallback(failed []*job) *UnavailableError {
	if s.pruner.options.Fallback != FallbackNone {
		return nil
	}
	for _, j := range failed {
		if reason := reasonOf(j.fault); reason != ReasonInternal {
			return &UnavailableError{Reason: reason, Err: j.fault}
		}
	}
	return nil
}

func (j *job) warnInternal() {
	j.warn("internal", "An internal fault hit this document; it is returned as it came.")
}

// reasonOf names the fault of a model.
func reasonOf(err error) string {
	var full interface{ Overloaded() bool }
	var panicked *panicError
	switch {
	case errors.Is(err, errUnits):
		return ReasonUnits
	case errors.Is(err, errBusy), errors.As(err, &full) && full.Overloaded():
		return ReasonOverload
	case errors.As(err, &panicked):
		return ReasonInternal
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return ReasonDeadline
	}
	return ReasonModel
}
