//go:build !linux

package main

import (
	"errors"
	"runtime"
	"time"
)

var errSystem = errors.New("processes are put on cores on Linux only, this is " + runtime.GOOS)

func ownCores() ([]int, error) { return nil, errSystem }

func onCore(int, func() error) error { return errSystem }

func pinned(int, int) error { return errSystem }

func ownTime() (time.Duration, error) { return 0, errSystem }

func timeOf(int) (time.Duration, error) { return 0, errSystem }
