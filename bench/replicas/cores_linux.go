package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ownCores are the cores that this program may use.
func ownCores() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("cores: %w", err)
	}
	var out []int
	for i := 0; len(out) < set.Count(); i++ {
		if set.IsSet(i) {
			out = append(out, i)
		}
	}
	return out, nil
}

// onCore calls start on a thread that may use one core only. A process that
// start begins inherits this, with all threads it will ever have, so it counts
// one core like a process in a container of one. Threads of this program do not:
// Go makes none from a locked thread.
func onCore(core int, start func() error) error {
	var before, one unix.CPUSet
	one.Set(core)
	runtime.LockOSThread()
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("cores: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("core %d: %w", core, err)
	}
	err := start()
	if back := unix.SchedSetaffinity(0, &before); back != nil {
		return errors.Join(err, fmt.Errorf("cores: %w", back)) // the thread stays locked and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}

// pinned is an error unless every thread of the process is on this core alone.
func pinned(pid, core int) error {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return fmt.Errorf("cores: %w", err)
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return fmt.Errorf("cores: %w", err)
		}
		var set unix.CPUSet
		err = unix.SchedGetaffinity(id, &set)
		if errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			return fmt.Errorf("cores of thread %d: %w", id, err)
		}
		if set.Count() != 1 || !set.IsSet(core) {
			return fmt.Errorf("thread %d of process %d is not on core %d alone", id, pid, core)
		}
	}
	return nil
}

// ownTime is the time that this program has computed so far, on all cores.
func ownTime() (time.Duration, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("time on cores: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// timeOf is the time that a process has computed so far, with all its threads.
func timeOf(pid int) (time.Duration, error) {
	var t unix.Timespec
	// The number of a process's clock, as clock_getcpuclockid(3) makes it.
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return 0, fmt.Errorf("time of process %d on cores: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}
