package models

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/ragprune/ragprune/models/onnxfile"
)

// ErrChecksum is wrapped by the error about a file whose content is not what
// the manifest says.
var ErrChecksum = errors.New("checksum mismatch")

// Bundle is a bundle folder whose manifest is valid.
type Bundle struct {
	Manifest
	// Dir is the folder.
	Dir string
}

// Open reads and checks the manifest in dir. It does not read the other files;
// see Verify.
func Open(dir string) (*Bundle, error) {
	path := filepath.Join(dir, ManifestFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("model bundle: %w", err)
	}
	b := &Bundle{Dir: dir}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields() // a misspelt field would silently mean its default
	if err := decoder.Decode(&b.Manifest); err != nil {
		return nil, fmt.Errorf("model bundle: %s: %w", path, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("model bundle: %s: there is more behind the manifest", path)
	}
	if err := b.Validate(); err != nil {
		return nil, fmt.Errorf("model bundle: %s: %w", path, err)
	}
	return b, nil
}

// ModelPath is the path of the ONNX graph.
func (b *Bundle) ModelPath() string { return filepath.Join(b.Dir, b.Model) }

// TokenizerPath is the path of tokenizer.json.
func (b *Bundle) TokenizerPath() string { return filepath.Join(b.Dir, b.Tokenizer) }

// Verify compares every file with its SHA-256. It must pass before a graph is
// given to ONNX Runtime, which may crash the process on a damaged file. A link
// that leads out of the folder is refused, and so is a graph that keeps weights
// in a file without a digest.
func (b *Bundle) Verify() error {
	root, err := os.OpenRoot(b.Dir)
	if err != nil {
		return fmt.Errorf("model bundle %s: %w", b.ID(), err)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		if err := verifyFile(root, name, b.Files[name]); err != nil {
			errs = append(errs, fmt.Errorf("model bundle %s: %s: %w", b.ID(), filepath.Join(b.Dir, name), err))
		}
	}
	if len(errs) == 0 {
		if err := b.verifyWeights(root); err != nil {
			errs = append(errs, fmt.Errorf("model bundle %s: %s: %w", b.ID(), b.ModelPath(), err))
		}
	}
	return errors.Join(append(errs, root.Close())...)
}

// verifyWeights holds the graph to what files lists.
func (b *Bundle) verifyWeights(root *os.Root) error {
	f, err := root.Open(b.Model)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	names, err := onnxfile.External(f, info.Size())
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	for _, name := range names {
		if _, ok := b.Files[filepath.Clean(name)]; !ok {
			return fmt.Errorf("files: the graph keeps weights in %q, which is not listed", name)
		}
	}
	return nil
}

// Digest stands for all that the model's output depends on: the contents of its
// files and how texts are cut, read and summed up. It is in hex. What is done
// with the output later, as thresholds and calibration, leaves it as it is; but
// a calibration of units, and that of a reranker, makes the scores of units.
func (m *Manifest) Digest() string {
	relevant := Manifest{
		Format: m.Format, Kind: m.Kind, Model: m.Files[m.Model], Tokenizer: m.Files[m.Tokenizer],
		Inputs: m.Inputs, Outputs: m.Outputs, Activation: m.Activation,
		MaxTokens: m.MaxTokens, WindowTokens: m.WindowTokens, OverlapTokens: m.OverlapTokens,
		QueryTokens: m.QueryTokens, Title: m.Title, QueryNormalization: m.QueryNormalization,
		Aggregation: m.Aggregation, UnitCalibration: m.UnitCalibration, Separators: m.Separators, Embedding: m.Embedding, Generation: m.Generation,
	}
	if m.Kind == KindReranker {
		relevant.Calibration = m.Calibration
	}
	data, err := json.Marshal(relevant)
	if err != nil {
		panic("models: a manifest has no JSON: " + err.Error()) // it has only strings and numbers
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

func verifyFile(root *os.Root, name, want string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("sha256 is %s, the manifest says %s: %w", got, want, ErrChecksum)
	}
	return nil
}
