package redistest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// clockSource is a library that, loaded before a program, moves the wall clock
// that the program sees by the number of seconds in a file. It asks the kernel
// by itself, so that it works before any other library does.
const clockSource = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void) {
	char text[32] = {0};
	const char *path = getenv("REDISTEST_CLOCK");
	int file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY) : -1;
	if (file < 0) return 0;
	syscall(SYS_read, file, text, sizeof text - 1);
	syscall(SYS_close, file);
	return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *ts) {
	int rc = syscall(SYS_clock_gettime, clock, ts);
	if (rc == 0 && clock == CLOCK_REALTIME) ts->tv_sec += offset();
	return rc;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
	struct timespec ts;
	int rc = clock_gettime(CLOCK_REALTIME, &ts);
	(void)zone;
	if (rc == 0 && tv) { tv->tv_sec = ts.tv_sec; tv->tv_usec = ts.tv_nsec / 1000; }
	return rc;
}

time_t time(time_t *out) {
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	if (out) *out = ts.tv_sec;
	return ts.tv_sec;
}
`

// Clock is a wall clock that can be moved. Linux only; it needs a C compiler.
type Clock struct{ folder string }

// NewClock makes a clock that is right.
func NewClock() (*Clock, error) {
	folder, err := os.MkdirTemp("", "redistest-")
	if err != nil {
		return nil, err
	}
	c := &Clock{folder}
	source := filepath.Join(folder, "clock.c")
	err = errors.Join(os.WriteFile(source, []byte(clockSource), 0o600), c.Move(0))
	if err == nil {
		compiler := os.Getenv("CC")
		if compiler == "" {
			compiler = "cc"
		}
		var output []byte
		if output, err = exec.Command(compiler, "-shared", "-fPIC", "-O1", "-o", c.library(), source).CombinedOutput(); err != nil {
			err = fmt.Errorf("%s: %w: %s", compiler, err, output)
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Clock) library() string { return filepath.Join(c.folder, "clock.so") }

func (c *Clock) file() string { return filepath.Join(c.folder, "seconds") }

// Move sets how far the clock is ahead, or behind if below 0.
func (c *Clock) Move(ahead time.Duration) error {
	next := c.file() + ".next" // a reader sees the one or the other
	if err := os.WriteFile(next, []byte(strconv.FormatInt(int64(ahead/time.Second), 10)), 0o600); err != nil {
		return err
	}
	return os.Rename(next, c.file())
}

// environment is what a program needs to see the clock.
func (c *Clock) environment() []string {
	return []string{"env", "LD_PRELOAD=" + c.library(), "REDISTEST_CLOCK=" + c.file()}
}

// Close removes its files.
func (c *Clock) Close() error { return os.RemoveAll(c.folder) }
