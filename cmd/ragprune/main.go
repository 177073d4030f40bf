// Command ragprune prunes retrieved documents to what helps to answer a query:
// as an HTTP service (serve) or on files (prune). `ragprune --help` teaches the
// rest.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker; see the Makefile.
var version = "dev"

func main() { os.Exit(mainExit()) }

// mainExit is main with an exit status, so that a test binary can be it.
func mainExit() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := dropEmptySettings(); err != nil {
		fmt.Fprintln(os.Stderr, "ragprune:", err)
		return 1
	}
	return run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
}

// streams are the standard streams of the process, or of a test.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run executes one command line and returns the exit status: 0, 1 after a
// failure, 2 for a command line or setting that makes no sense.
func run(ctx context.Context, args []string, std streams) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli,
		kong.Name("ragprune"),
		kong.Description(description),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ExplicitGroups(settingGroups),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintln(std.err, "ragprune:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help has been printed
		return exit
	}
	if err == nil {
		err = command.Run()
	}
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(*kong.ParseError)), errors.As(err, new(*settingError)):
		fmt.Fprintf(std.err, "ragprune: %v\nSee `ragprune --help`.\n", err)
		return 2
	default:
		fmt.Fprintln(std.err, "ragprune:", err)
		return 1
	}
}
