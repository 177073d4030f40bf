package main

import (
	"fmt"
	"time"

	"github.com/ragprune/ragprune/models/triton"
)

// modelsExportTritonCommand writes a model repository for a serving engine.
type modelsExportTritonCommand struct {
	folderFlags
	Bundle     string        `arg:"" help:"Folder or name of a bundle."`
	Out        string        `help:"Folder of the model repository; it is made if need be." required:"" placeholder:"DIR" type:"path"`
	MaxBatch   int           `help:"Most windows that the engine reads in one run; a graph of int8 is never batched." default:"16"`
	QueueDelay time.Duration `help:"How long the engine waits for more of them." default:"2ms"`
	Instances  int           `help:"Runs side by side; on GPUs, on each." default:"1"`
	GPU        bool          `name:"gpu" help:"Run the graph on GPUs."`
}

// Run prints where the model is, and what is not as usual.
func (c modelsExportTritonCommand) Run(std streams) error {
	b, err := c.open(c.Bundle)
	if err != nil {
		return err
	}
	dir, err := triton.Export(b, c.Out, triton.Options{Batch: c.MaxBatch, QueueDelay: c.QueueDelay, Instances: c.Instances, GPU: c.GPU})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %s, to be served with RAGPRUNE_REMOTE_MODEL=%s\n", b.ID(), dir, b.Name)
	return err
}
