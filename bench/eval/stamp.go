package eval

import (
	"time"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// Stamp notes the time, the machine and the commit of the working folder, the
// version of the program, and the command that repeats the run.
func (r *RunInfo) Stamp(program, command string) {
	r.Time = time.Now().UTC().Format("2006-01-02 15:04 MST")
	r.Machine, r.Commit = report.Machine(), report.Commit()
	r.Program, r.Command = program, command
}
