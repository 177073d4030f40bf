package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// ManifestFile is the name of the manifest in a bundle folder.
const ManifestFile = "manifest.json"

// Kind says what a model is for.
type Kind string

// The kinds of bundle.
const (
	KindPruner    Kind = "pruner"
	KindReranker  Kind = "reranker"
	KindEmbedder  Kind = "embedder"
	KindGenerator Kind = "generator"
)

// Aggregation is the rule by which the keep probabilities of a unit's tokens
// become the decision about the unit.
type Aggregation string

// The published rules; T is the threshold.
const (
	// Mean keeps a unit whose mean token probability exceeds T (OpenProvence).
	Mean Aggregation = "mean"
	// Majority keeps a unit more than half of whose tokens exceed T (Provence,
	// arXiv 2501.16214, section 3).
	Majority Aggregation = "majority"
	// Ratio keeps a unit if the share of tokens that exceed T exceeds T itself
	// (the released Provence code).
	Ratio Aggregation = "ratio"
)

// Activation turns the keep logits of a graph into probabilities.
type Activation string

// The activations.
const (
	// Sigmoid is for one logit per token.
	Sigmoid Activation = "sigmoid"
	// Softmax is for two logits per token, drop and keep.
	Softmax Activation = "softmax"
)

// QueryNormalization says how a query is changed before the model reads it.
type QueryNormalization string

// The ways to change a query.
const (
	// PlainQuery leaves it as it is.
	PlainQuery QueryNormalization = "none"
	// ProvenceQuery is lower case without ASCII punctuation and with single
	// spaces, as NAVER's code has it.
	ProvenceQuery QueryNormalization = "provence"
)

// Title says what becomes of a document's title.
type Title string

// The ways to treat a title: read before the text, or left out.
const (
	TitlePrefix Title = "prefix"
	TitleIgnore Title = "ignore"
)

// MaxTitleTokens bounds what a title may take of every window.
const MaxTitleTokens = 32

// maxSeparators bounds Manifest.Separators.
const maxSeparators = 2

// PrecisionInt8 is the Precision of graphs whose weights are of 8 bits.
const PrecisionInt8 = "int8"

// Manifest is the content of manifest.json, format 1. What every kind has comes
// first; from Activation on, fields belong to pruners unless they say otherwise.
type Manifest struct {
	// Format is the version of the manifest's own layout: 1.
	Format int `json:"format"`
	// Name and Version identify the model; they are part of every cache key.
	Name        string `json:"name"`
	Version     string `json:"version"`
	Kind        Kind   `json:"kind"`
	License     string `json:"license"`
	Description string `json:"description"`
	Source      Source `json:"source"`
	// TrainingData lists the sets the weights were trained on.
	TrainingData []TrainingSet `json:"training_data"`
	// Precision of the graph's weights: fp32, fp16 or int8.
	Precision string `json:"precision"`
	// Files maps each file of the bundle to its SHA-256 in hex.
	Files     map[string]string `json:"files"`
	Model     string            `json:"model"`
	Tokenizer string            `json:"tokenizer"`
	Inputs    Inputs            `json:"inputs"`
	Outputs   Outputs           `json:"outputs"`
	// Activation turns keep logits into probabilities.
	Activation Activation `json:"activation,omitzero"`
	// MaxTokens is the most the model can read at once. All kinds.
	MaxTokens int `json:"max_tokens"`
	// WindowTokens is the size of a window, query and special tokens
	// included; at most MaxTokens. A generator reads no more than one; what is
	// longer is cut. All kinds.
	WindowTokens int `json:"window_tokens"`
	// OverlapTokens is the context on each side of what a window decides, and
	// in embedders what two windows of one text share. All kinds.
	OverlapTokens int `json:"overlap_tokens"`
	// Separators is how many separators stand between a query and a text: 2 in
	// RoBERTa and its kin. 0 means 1. Pruners and rerankers.
	Separators int `json:"separators,omitzero"`
	// QueryTokens is the most a query may take; the rest is cut. This field and
	// the next five belong to pruners and rerankers, Aggregation to pruners; QueryTokens also to
	// generators, as does Thresholds.
	QueryTokens        int                `json:"query_tokens"`
	Title              Title              `json:"title"`
	QueryNormalization QueryNormalization `json:"query_normalization"`
	Aggregation        Aggregation        `json:"aggregation,omitzero"`
	// UnitCalibration judges the scores of units beside those of their
	// document. Nil leaves them as Aggregation gives them. Pruners.
	UnitCalibration *UnitCalibration `json:"unit_calibration,omitzero"`
	Thresholds      Thresholds       `json:"thresholds"`
	// Calibration maps the rank logit x to the probability
	// sigmoid(Scale*x + Bias) (Platt scaling).
	Calibration Calibration `json:"calibration"`
	// Embedding belongs to embedders.
	Embedding Embedding `json:"embedding,omitzero"`
	// Generation belongs to generators.
	Generation Generation `json:"generation,omitzero"`
	// Scorers belongs to embedders. Nil means that nothing is fitted yet, and
	// that the vectors can be had but not scored with.
	Scorers *Scorers `json:"scorers,omitzero"`
}

// Source says where the weights come from.
type Source struct {
	BaseModel     string `json:"base_model"`
	BaseLicense   string `json:"base_license"`
	WeightsSHA256 string `json:"weights_sha256"`
}

// TrainingSet is a data set with its licence.
type TrainingSet struct {
	Name    string `json:"name"`
	License string `json:"license"`
	Source  string `json:"source"`
}

// Inputs names the graph's inputs, each int64 of shape [batch, tokens]. Types
// may be empty for a graph without token types, Positions for one that counts
// them itself. The mask of a generator covers what its cache holds too.
//
// PastKey and PastValue belong to generators: float32 or float16 of shape
// [batch, heads, tokens before, head dimension], with "{layer}" for the number
// of the layer, from 0.
type Inputs struct {
	IDs       string `json:"ids"`
	Mask      string `json:"mask"`
	Types     string `json:"types,omitzero"`
	Positions string `json:"positions,omitzero"`
	PastKey   string `json:"past_key,omitzero"`
	PastValue string `json:"past_value,omitzero"`
}

// Outputs names the graph's outputs. Those of a pruner: Keep, float32 logits of
// shape [batch, tokens], or [batch, tokens, 2] with Softmax; Rank, float32
// logits of shape [batch]. That of a reranker: Rank. That of an embedder: Hidden,
// float32 of shape [batch, tokens, dimensions], the last layer. Those of a
// generator: Logits, float32 of shape [batch, 1, vocabulary] for the last token,
// or [batch, tokens, vocabulary]; PresentKey and PresentValue, which are
// Inputs.PastKey and Inputs.PastValue with the tokens read added.
type Outputs struct {
	Keep         string `json:"keep,omitzero"`
	Rank         string `json:"rank,omitzero"`
	Hidden       string `json:"hidden,omitzero"`
	Logits       string `json:"logits,omitzero"`
	PresentKey   string `json:"present_key,omitzero"`
	PresentValue string `json:"present_value,omitzero"`
}

// Thresholds are the presets and the name of the default one.
type Thresholds struct {
	Default string             `json:"default"`
	Presets map[string]float64 `json:"presets"`
}

// Calibration are the parameters of Platt scaling.
type Calibration struct {
	Scale float64 `json:"scale"`
	Bias  float64 `json:"bias"`
}

// UnitCalibration turns the score p of a unit into the probability that it is
// relevant, sigmoid(Scale*z + Context*c + Bias): z is the logit of p, and c the
// logarithm of the sum of exp(z) over all units of the document. With Context
// below 0 a unit counts for less the more its neighbours say, so that one
// threshold suits documents whose scores are all high or all low. The order of
// a document's units stays: Scale and Scale + Context are positive.
type UnitCalibration struct {
	Scale   float64 `json:"scale"`
	Context float64 `json:"context"`
	Bias    float64 `json:"bias"`
}

// validate reports parameters that would change the order of units.
func (c *UnitCalibration) validate() error {
	if c != nil && (c.Scale <= 0 || c.Scale+c.Context <= 0) {
		return errors.New("unit_calibration: scale and scale + context must be positive")
	}
	return nil
}

// ID is "name@version".
func (m *Manifest) ID() string { return m.Name + "@" + m.Version }

// Names are the outputs that the kind of bundle has, in the order in which the
// packages that run it want them.
func (o Outputs) Names(k Kind) []string {
	switch k {
	case KindEmbedder:
		return []string{o.Hidden}
	case KindReranker:
		return []string{o.Rank}
	default:
		return []string{o.Keep, o.Rank}
	}
}

// Validate reports everything that is wrong with the manifest of a pruner, a
// reranker, an embedder or a generator.
func (m *Manifest) Validate() error {
	common := errors.Join(m.validateIdentity(), m.validateFiles())
	switch m.Kind {
	case KindEmbedder:
		return errors.Join(common, m.validateEmbedder())
	case KindGenerator:
		return errors.Join(common, m.validateGenerator())
	}
	return errors.Join(
		common,
		m.validateGraph(),
		m.validateWindows(),
		m.validateThresholds(),
	)
}

func (m *Manifest) validateIdentity() error {
	var errs []error
	if m.Format != 1 {
		errs = append(errs, fmt.Errorf("format is %d, this program reads format 1", m.Format))
	}
	if m.Name == "" || m.Version == "" {
		errs = append(errs, errors.New("name and version are mandatory"))
	} else if !isName(m.Name) || !isName(m.Version) {
		errs = append(errs, fmt.Errorf("name %q or version %q has other characters than letters, digits and . _ + - or begins with one of these", m.Name, m.Version))
	}
	if kinds := []Kind{KindPruner, KindReranker, KindEmbedder, KindGenerator}; !slices.Contains(kinds, m.Kind) {
		errs = append(errs, fmt.Errorf("kind is %q, this program runs bundles of kind %q", m.Kind, kinds))
	}
	if precisions := []string{"fp32", "fp16", PrecisionInt8}; !slices.Contains(precisions, m.Precision) {
		errs = append(errs, fmt.Errorf("precision is %q, want one of %q", m.Precision, precisions))
	}
	return errors.Join(errs...)
}

// isName reports whether s can be part of "name@version", of a folder's name and
// of a metric's label.
func isName(s string) bool {
	for i, c := range []byte(s) {
		alphanumeric := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alphanumeric && (i == 0 || !strings.ContainsRune("._+-", rune(c))) {
			return false
		}
	}
	return len(s) <= 100
}

func (m *Manifest) validateFiles() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
			errs = append(errs, fmt.Errorf("files: %q is not a plain file name", name))
		}
		if digest, err := hex.DecodeString(m.Files[name]); err != nil || len(digest) != sha256.Size {
			errs = append(errs, fmt.Errorf("files: the sha256 of %s has not 64 hex digits", name))
		}
	}
	for field, name := range map[string]string{"model": m.Model, "tokenizer": m.Tokenizer} {
		if _, ok := m.Files[name]; !ok {
			errs = append(errs, fmt.Errorf("%s names %q, which files does not list", field, name))
		}
	}
	return errors.Join(errs...)
}

func (m *Manifest) validateGraph() error {
	var errs []error
	if m.Inputs.IDs == "" || m.Inputs.Mask == "" {
		errs = append(errs, errors.New("inputs: ids and mask are mandatory"))
	}
	if m.Outputs.Rank == "" {
		errs = append(errs, errors.New("outputs: rank is mandatory"))
	}
	if m.Kind == KindPruner {
		errs = append(errs, m.validateKeep())
	}
	if m.Separators < 0 || m.Separators > maxSeparators {
		errs = append(errs, fmt.Errorf("separators is %d, want 1 or 2", m.Separators))
	}
	switch m.QueryNormalization {
	case PlainQuery, ProvenceQuery:
	default:
		errs = append(errs, fmt.Errorf("query_normalization is %q, want none or provence", m.QueryNormalization))
	}
	switch m.Title {
	case TitlePrefix, TitleIgnore:
	default:
		errs = append(errs, fmt.Errorf("title is %q, want prefix or ignore", m.Title))
	}
	return errors.Join(errs...)
}

// validateKeep checks what only a pruner has.
func (m *Manifest) validateKeep() error {
	var errs []error
	if m.Outputs.Keep == "" {
		errs = append(errs, errors.New("outputs: keep is mandatory"))
	}
	switch m.Activation {
	case Sigmoid, Softmax:
	default:
		errs = append(errs, fmt.Errorf("activation is %q, want sigmoid or softmax", m.Activation))
	}
	switch m.Aggregation {
	case Mean, Majority, Ratio:
	default:
		errs = append(errs, fmt.Errorf("aggregation is %q, want mean, majority or ratio", m.Aggregation))
	}
	return errors.Join(errs...)
}

// validateWindows keeps room for at least 16 tokens of text that a window
// decides, beside query, title, special tokens and context on both sides.
func (m *Manifest) validateWindows() error {
	const specials = 2 + maxSeparators
	title := 0
	if m.Title == TitlePrefix {
		title = MaxTitleTokens
	}
	switch {
	case m.WindowTokens > m.MaxTokens:
		return fmt.Errorf("window_tokens %d exceeds max_tokens %d", m.WindowTokens, m.MaxTokens)
	case m.QueryTokens < 1 || m.OverlapTokens < 0:
		return errors.New("query_tokens must be positive, overlap_tokens not negative")
	case m.WindowTokens-m.QueryTokens-title-2*m.OverlapTokens-specials < leastTextTokens:
		return fmt.Errorf("window_tokens %d leaves fewer than %d tokens of text beside the query and the overlap", m.WindowTokens, leastTextTokens)
	}
	return nil
}

func (m *Manifest) validateThresholdPresets() error {
	errs := []error{validatePresets("thresholds", m.Thresholds.Presets)}
	if _, ok := m.Thresholds.Presets[m.Thresholds.Default]; !ok {
		errs = append(errs, fmt.Errorf("thresholds: the default %q is not among the presets", m.Thresholds.Default))
	}
	return errors.Join(errs...)
}

func (m *Manifest) validateThresholds() error {
	errs := []error{m.validateThresholdPresets()}
	if m.Calibration.Scale <= 0 {
		errs = append(errs, errors.New("calibration: scale must be positive"))
	}
	errs = append(errs, m.UnitCalibration.validate())
	if m.UnitCalibration != nil && m.Kind != KindPruner {
		errs = append(errs, errors.New("unit_calibration: only a pruner has scores of units"))
	}
	return errors.Join(errs...)
}
