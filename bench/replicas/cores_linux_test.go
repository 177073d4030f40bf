package main

import (
	"os"
	"os/exec"
	"testing"
)

func TestOnCore(t *testing.T) {
	cores, err := ownCores()
	if err != nil {
		t.Fatal(err)
	}
	core := cores[len(cores)-1]
	cmd := exec.Command("sleep", "60")
	if err := onCore(core, cmd.Start); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := pinned(cmd.Process.Pid, core); err != nil {
		t.Error(err)
	}
	if len(cores) > 1 && pinned(cmd.Process.Pid, cores[0]) == nil {
		t.Error("a process on the last core is on the first")
	}
	after, err := ownCores()
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != len(cores) {
		t.Errorf("%d cores after, %d before", len(after), len(cores))
	}
	if len(cores) > 1 && pinned(os.Getpid(), core) == nil {
		t.Error("this program stays on the core")
	}
}
