package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/ragprune/ragprune/models"
	"github.com/ragprune/ragprune/models/folder"
	"github.com/ragprune/ragprune/prune"
)

type modelsCommand struct {
	Calibrate modelsCalibrateCommand `cmd:"" help:"Fit a bundle's presets and calibration on your own labelled data."`
	List      modelsListCommand      `cmd:"" default:"withargs" help:"List the bundles in a folder."`
	Add       modelsAddCommand       `cmd:"" help:"Copy a bundle into the models folder, if it is sound."`
	Info      modelsInfoCommand      `cmd:"" help:"Tell what a bundle says of itself."`
	Remove    modelsRemoveCommand    `cmd:"" help:"Delete a bundle from the models folder."`
	Verify    modelsVerifyCommand    `cmd:"" help:"Check the files of a bundle against their checksums, and that the graph runs."`

	ExportTriton modelsExportTritonCommand `cmd:"" help:"Write a model repository for a serving engine: Triton, OpenVINO Model Server, KServe."`
}

type modelsListCommand struct {
	Dir string `arg:"" optional:"" help:"Folder of bundles. Default: the folder of the default bundle." type:"path" env:"RAGPRUNE_MODELS"`
}

// Run prints a line for each bundle. A folder with a manifest that cannot be
// used is listed with the reason.
func (c modelsListCommand) Run(std streams) error {
	dir := modelSettings{Models: c.Dir}.modelsDir()
	items, err := folder.List(dir)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return fmt.Errorf("no model bundle in %s: a bundle is a folder with a %s", dir, models.ManifestFile)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MODEL\tKIND\tPRECISION\tLICENSE\tMB\tTHRESHOLD\tFOLDER")
	for _, item := range items {
		b := item.Bundle
		if item.Err != nil {
			fmt.Fprintf(w, "%s\tunusable: %v\n", filepath.Base(item.Dir), oneLine(item.Err))
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f\t%s\t%s\n", b.ID(), b.Kind, b.Precision, b.License,
			megabytes(b.ModelPath()), threshold(b), item.Dir)
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

// folderFlags say where the bundles are.
type folderFlags struct {
	Models string `name:"models" help:"Folder of bundles. Default: the folder of the default bundle." env:"RAGPRUNE_MODELS" placeholder:"DIR" type:"path"`
}

// open returns the usable bundle of a name or in a folder; the empty name is the
// default bundle.
func (f folderFlags) open(nameOrDir string) (*models.Bundle, error) {
	if nameOrDir == "" {
		nameOrDir = modelSettings{}.dir()
	}
	if isFolder(nameOrDir) {
		return models.Open(nameOrDir)
	}
	item, err := folder.Find(modelSettings{Models: f.Models}.modelsDir(), nameOrDir)
	if err == nil {
		err = item.Err
	}
	return item.Bundle, err
}

// isFolder reports whether what may be the name of a bundle or its folder is the
// folder.
func isFolder(nameOrDir string) bool {
	return filepath.Base(nameOrDir) != nameOrDir || isDir(nameOrDir)
}

type modelsVerifyCommand struct {
	folderFlags
	trialFlags
	Bundle    string `arg:"" optional:"" help:"Folder or name of a bundle. Default: RAGPRUNE_MODEL, else the default bundle." env:"RAGPRUNE_MODEL"`
	FilesOnly bool   `help:"Compare the checksums and load nothing."`
}

// Run reports what is wrong on one line, or that all is well.
func (c modelsVerifyCommand) Run(ctx context.Context, std streams) error {
	b, err := c.open(c.Bundle)
	if err == nil {
		err = b.Verify()
	}
	if err != nil {
		return oneLine(err)
	}
	if c.FilesOnly {
		_, err = fmt.Fprintf(std.out, "%s: %d files as the manifest says\n", b.ID(), len(b.Files))
		return err
	}
	if err := c.run(ctx, b); err != nil {
		return oneLine(err)
	}
	_, err = fmt.Fprintf(std.out, "%s: %d files as the manifest says, and the graph runs\n", b.ID(), len(b.Files))
	return err
}
