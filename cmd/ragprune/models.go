package main

import (
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/prune"
)

type modelsCommand struct {
	List   modelsListCommand   `cmd:"" default:"withargs" help:"List the bundles in a folder."`
	Verify modelsVerifyCommand `cmd:"" help:"Check the files of a bundle against their checksums."`
}

type modelsListCommand struct {
	Dir string `arg:"" optional:"" help:"Folder of bundles. Default: the folder of the default bundle." type:"path"`
}

// Run prints a line for each bundle. A folder with a manifest that cannot be
// used is listed with the reason.
func (c modelsListCommand) Run(std streams) error {
	if c.Dir == "" {
		c.Dir = filepath.Dir(modelSettings{}.dir())
	}
	manifests, err := filepath.Glob(filepath.Join(c.Dir, "*", models.ManifestFile))
	if err != nil {
		return err
	}
	if len(manifests) == 0 {
		return fmt.Errorf("no model bundle in %s: a bundle is a folder with a %s", c.Dir, models.ManifestFile)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MODEL\tKIND\tPRECISION\tLICENSE\tMB\tTHRESHOLD\tFOLDER")
	for _, m := range manifests {
		dir := filepath.Dir(m)
		b, err := models.Open(dir)
		if err != nil {
			fmt.Fprintf(w, "%s\tunusable: %v\n", filepath.Base(dir), err)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f\t%s\t%s\n", b.ID(), b.Kind, b.Precision, b.License,
			megabytes(b.ModelPath()), threshold(b), dir)
	}
	return w.Flush()
}

// threshold is the usual one of a bundle: for an embedder that of embed, which
// it has once it is fitted.
func threshold(b *models.Bundle) string {
	presets, name := b.Thresholds.Presets, b.Thresholds.Default
	if b.Kind == models.KindEmbedder {
		if b.Scorers == nil {
			return "not fitted"
		}
		presets, name = b.Scorers.Embed.Presets, prune.DefaultPreset
	}
	return fmt.Sprintf("%v (%s)", presets[name], name)
}

func megabytes(path string) float64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / 1e6
}

type modelsVerifyCommand struct {
	Dir string `arg:"" optional:"" help:"Bundle folder. Default: RAGPRUNE_MODEL, else the default bundle." type:"path" env:"RAGPRUNE_MODEL"`
}

// Run reports the first line of what is wrong, or that all is well.
func (c modelsVerifyCommand) Run(std streams) error {
	if c.Dir == "" {
		c.Dir = modelSettings{}.dir()
	}
	b, err := models.Open(c.Dir)
	if err != nil {
		return err
	}
	if err := b.Verify(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %d files as the manifest says\n", b.ID(), len(b.Files))
	return err
}
