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

	"github.com/wantwrite/wantwrite/fuzz/hunt"
)

// The exit codes.
const (
	exitClean     = 0 // nothing found
	exitViolation = 1
	exitUsage     = 2 // a usage or input error
	exitInternal  = 3
)

// errViolation ends a command that found, or confirmed, a violation, and
// errInput one whose input was at fault. Both have been reported.
var (
	errViolation = errors.New("a violation was found")
	errInput     = errors.New("some input could not be used")
)

// main lets the first interrupt end a hunt in good order, and the second one
// the process. A closed pipe is an error like others, not a signal.
func main() {
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(execute(ctx, &terminal{out: os.Stdout, err: os.Stderr}, os.Args[1:]))
}

// execute executes a command line and says how to exit.
func execute(ctx context.Context, t *terminal, args []string) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			t.complain(fmt.Errorf("internal error: %v", fault))
			code = exitInternal
		}
	}()
	root := newRoot(t)
	root.SetArgs(args)
	root.SetOut(t)
	root.SetErr(t.err)
	return t.exit(root.ExecuteContext(ctx))
}

// exit reports an error that nobody has reported, and says how to exit.
func (t *terminal) exit(err error) int {
	if t.broken != nil && !errors.Is(err, t.broken) {
		err = t.broken
	}
	var ours *hunt.DeterminismError
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errViolation):
		return exitViolation
	case errors.Is(err, errInput):
		return exitUsage
	}
	t.complain(err)
	if errors.As(err, &ours) {
		return exitInternal
	}
	return exitUsage
}
