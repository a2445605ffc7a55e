// Package cli is the command line: it hunts in the pumps of a program, and replays,
// shows and shrinks the scripts of what was found.
//
// Command wantwrite is this package with the project's own pumps. A program of yours
// has your pump too:
//
//	package main
//
//	func main() { cli.Main(mypump.Spec()) }
//
// It hunts in that pump unless --pump says otherwise, and it replays the scripts that
// package fuzz saves in testdata/wantwrite when go test fails.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/model"
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

// Main executes the command line of this process and exits. Pumps are the program's
// own, beside those of the project; the first one is what hunt and check test by
// default. The name in messages is that of the program's file.
//
// Engines of real libraries run in child processes, which are this program again:
// call Main before the program does anything else.
//
// The first interrupt ends a hunt in good order, the second one the process. A closed
// pipe is an error like others, not a signal.
func Main(pumps ...model.Spec) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	p := &program{&terminal{name: name, out: os.Stdout, err: os.Stderr}, pumps}
	os.Exit(execute(ctx, p, os.Args[1:]))
}

// execute executes a command line and says how to exit.
func execute(ctx context.Context, p *program, args []string) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			p.complain(fmt.Errorf("internal error: %v", fault))
			code = exitInternal
		}
	}()
	root := newRoot(p)
	root.SetArgs(args)
	root.SetOut(p)
	root.SetErr(p.err)
	return p.exit(root.ExecuteContext(ctx))
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
