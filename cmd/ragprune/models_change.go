package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/folder"
)

// trialFlags say how a bundle is tried.
type trialFlags struct {
	ORTLibrary string `name:"ort-library" help:"ONNX Runtime shared library. Default: the one that 'make setup' brings." env:"RAGPRUNE_ORT_LIBRARY" placeholder:"FILE"`
}

// engine is one that computes only; nobody asked for a log. Close it, also after
// an error.
func (f trialFlags) engine(workers int) (*engine, error) {
	e := &engine{options: engineOptions{logger: slog.New(slog.DiscardHandler)}}
	return e, e.startRuntime(modelSettings{ORTLibrary: f.ORTLibrary, Workers: workers})
}

// run loads a verified bundle as serve does, and runs it once.
func (f trialFlags) run(ctx context.Context, b *models.Bundle) (err error) {
	e, err := f.engine(1)
	defer func() { err = errors.Join(err, e.close()) }()
	if err != nil {
		return err
	}
	l, err := loadBundle(b, b.Kind)
	if err != nil {
		return err
	}
	switch b.Kind {
	case models.KindEmbedder:
		m := &embeddingModel{loaded: l}
		return errors.Join(m.start(ctx, e), m.close())
	case models.KindGenerator:
		m := &generatingModel{loaded: l}
		return errors.Join(m.start(ctx, e), m.close())
	default:
		m := &pruningModel{loaded: l}
		return errors.Join(m.start(ctx, e, nil), m.close())
	}
}

type modelsAddCommand struct {
	folderFlags
	trialFlags
	Source  string `arg:"" help:"Folder of a bundle, or a .tar.gz, .tgz or .zip of one."`
	Replace bool   `help:"Exchange a bundle of the same name and version."`
}

// Run copies the bundle in, or leaves the folder as it was.
func (c modelsAddCommand) Run(ctx context.Context, std streams) error {
	dir := modelSettings{Models: c.Models}.modelsDir()
	b, err := folder.Add(dir, c.Source, folder.AddOptions{
		Replace: c.Replace,
		Check:   func(b *models.Bundle) error { return c.run(ctx, b) },
	})
	if err != nil {
		return oneLine(err)
	}
	_, err = fmt.Fprintf(std.out, "%s is in %s; a running service offers it after a SIGHUP\n", b.ID(), b.Dir)
	return err
}

type modelsRemoveCommand struct {
	folderFlags
	Name  string `arg:"" help:"NAME, NAME@VERSION or the name of the bundle's folder."`
	Force bool   `help:"Also if the settings name the bundle."`

	// What must not be missing at the next start.
	Model    string `help:"Bundle that serve uses." env:"RAGPRUNE_MODEL" hidden:""`
	Embedder string `help:"Embedder that serve uses." env:"RAGPRUNE_EMBEDDER" default:"auto" hidden:""`
}

// Run deletes a bundle, unless the settings name it: a service would not start
// again, or would offer less.
func (c modelsRemoveCommand) Run(std streams) error {
	settings := modelSettings{Models: c.Models, Model: c.Model, Embedder: c.Embedder}
	item, err := folder.Find(settings.modelsDir(), c.Name)
	if err != nil {
		return err
	}
	for setting, dir := range map[string]string{"RAGPRUNE_MODEL": settings.dir(), "RAGPRUNE_EMBEDDER": settings.embedderDir()} {
		if !c.Force && dir != "" && sameFolder(dir, item.Dir) {
			return fmt.Errorf("%s is what %s means here, and services would miss it at their next start; --force removes it nevertheless", item.Dir, setting)
		}
	}
	if item, err = folder.Remove(settings.modelsDir(), c.Name); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "removed %s; a running service offers it until a SIGHUP\n", item.Dir)
	return err
}

type modelsInfoCommand struct {
	folderFlags
	Bundle string `arg:"" optional:"" help:"Folder or name of a bundle. Default: RAGPRUNE_MODEL, else the default bundle." env:"RAGPRUNE_MODEL"`
}

// Run prints what the manifest says, for people; the manifest itself is JSON.
func (c modelsInfoCommand) Run(std streams) error {
	b, err := c.open(c.Bundle)
	if err != nil {
		return oneLine(err)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, line := range describeBundle(b) {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
	}
	return w.Flush()
}

// describeBundle returns names and values; empty values are not said.
func describeBundle(b *models.Bundle) [][2]string {
	var data, files []string
	for _, t := range b.TrainingData {
		data = append(data, fmt.Sprintf("%s (%s)", t.Name, t.License))
	}
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		files = append(files, fmt.Sprintf("%s sha256:%s", name, b.Files[name]))
	}
	lines := [][2]string{
		{"model", b.ID()},
		{"kind", string(b.Kind)},
		{"description", b.Description},
		{"licence", b.License},
		{"made from", b.Source.BaseModel},
		{"trained on", strings.Join(data, ", ")},
		{"precision", b.Precision},
		{"reads", fmt.Sprintf("%d tokens at a time, of %d at most", b.WindowTokens, b.MaxTokens)},
		{"thresholds", presetsText(b.Thresholds.Presets, b.Thresholds.Default)},
		{"files", strings.Join(files, ", ")},
		{"folder", b.Dir},
	}
	if s := b.Scorers; s != nil {
		lines = append(lines,
			[2]string{"embed", presetsText(s.Embed.Presets, "")},
			[2]string{"hybrid", presetsText(s.Hybrid.Presets, "")})
		for _, f := range s.Fused {
			lines = append(lines, [2]string{"fused with " + f.Pruner, presetsText(f.Presets, "")})
		}
	}
	return lines
}

// presetsText lists presets from the lowest threshold to the highest.
func presetsText(presets map[string]float64, usual string) string {
	names := slices.SortedFunc(maps.Keys(presets), func(a, b string) int {
		if presets[a] < presets[b] {
			return -1
		}
		return 1
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %v", name, presets[name])
		if name == usual {
			names[i] += " (usual)"
		}
	}
	return strings.Join(names, ", ")
}
