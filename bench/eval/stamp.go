package eval

import (
	"time"

	"github.com/ragprune/ragprune/bench/internal/report"
)

// Stamp is the time, the machine and the commit of the working folder now, with
// the version of the program and the command that repeats the run.
func Stamp(program, command string) RunInfo {
	return RunInfo{
		Time:    time.Now().UTC().Format("2006-01-02 15:04 MST"),
		Machine: report.Machine(), Commit: report.Commit(),
		Program: program, Command: command,
	}
}
