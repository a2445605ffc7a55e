// Command wantwrite hunts for hangs in the code between a socket, an event
// loop and a TLS library, and replays what it found.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/wantwrite/wantwrite/fuzz"
)

// The exit codes.
const (
	exitClean     = 0 // nothing found
	exitViolation = 1
	exitUsage     = 2 // a usage or input error
	exitInternal  = 3
)

// errViolation ends a command that found, or confirmed, a violation. It has
// been reported.
var errViolation = errors.New("a violation was found")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &terminal{out: os.Stdout, err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes a command line and says how to exit.
func run(ctx context.Context, t *terminal, args []string) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(t.err, "wantwrite: internal error: %v\n", fault)
			code = exitInternal
		}
	}()
	root := newRoot(t)
	root.SetArgs(args)
	root.SetOut(t.out)
	root.SetErr(t.err)
	err := root.ExecuteContext(ctx)
	var broken *fuzz.DeterminismError
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errViolation):
		return exitViolation
	case errors.As(err, &broken):
		fmt.Fprintf(t.err, "wantwrite: %v\n", err)
		return exitInternal
	}
	fmt.Fprintf(t.err, "wantwrite: %v\n", err)
	return exitUsage
}
