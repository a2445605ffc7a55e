package cli

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
)

// The exit codes of all commands. exitCodes says what they mean.
const (
	exitClean       = 0
	exitViolation   = 1
	exitUsage       = 2
	exitInternal    = 3
	exitInterrupted = 128 + int(syscall.SIGINT)
	exitClosedPipe  = 128 + int(syscall.SIGPIPE)
)

// exitCodes is the text of the topic exit-codes. The last two are what a shell says of a
// program that the signal has killed.
var exitCodes = []struct {
	code  int
	means string
}{
	{exitClean, "done; hunt, check, matrix and replay: and nothing fails"},
	{exitViolation, "hunt, check, matrix and replay: something fails, even if an interrupt ended them"},
	{exitUsage, "a usage or input error, or a check that is not done; a line on stderr says which"},
	{exitInternal, "an internal error: a run that was repeated and differs, or a defect"},
	{exitInterrupted, "an interrupt (SIGINT, SIGTERM) before anything was found"},
	{exitClosedPipe, "nobody reads stdout any more, as in list | head; nothing is said of that"},
}

// codesText lists the exit codes, one a line.
func codesText() string {
	var b strings.Builder
	for _, c := range exitCodes {
		fmt.Fprintf(&b, "%5d  %s\n", c.code, c.means)
	}
	return b.String()
}

// errViolation ends a command that looks for failures and has found one, and errInput one that
// could not use some of its input. Both are reported before.
var (
	errViolation = errors.New("a violation was found")
	errInput     = errors.New("some input could not be used")
)

// An interruption ends a command that was interrupted before it was done.
type interruption struct {
	found bool   // something that fails was found before
	how   string // how far it came
}

// interrupted makes an interruption.
func interrupted(found bool, how string, args ...any) error {
	return &interruption{found, fmt.Sprintf(how, args...)}
}

// Error implements error.
func (i *interruption) Error() string { return i.how }

// exitCode is the exit code of a command that ends with an error, or with nil.
//
// Story 110: each command knew its own codes. A hunt that was interrupted exited with 2, as for
// a misspelt flag, whether it had found something or not; show exited with 1 when it had drawn
// what it was asked to draw.
func exitCode(err error) int {
	var stopped *interruption
	var differs *hunt.DeterminismError
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, syscall.EPIPE):
		return exitClosedPipe
	case errors.Is(err, errViolation), errors.As(err, &stopped) && stopped.found:
		return exitViolation
	case stopped != nil:
		return exitInterrupted
	case errors.As(err, &differs):
		return exitInternal
	}
	return exitUsage
}

// exit reports an error that is not reported yet, and returns the exit code. Nobody is there to
// be told of a closed pipe: a hunt says that it has saved something while it goes on.
func (t *terminal) exit(err error) int {
	if t.broken != nil && !errors.Is(err, t.broken) {
		err = t.broken
	}
	code := exitCode(err)
	said := errors.Is(err, errViolation) || errors.Is(err, errInput)
	if err != nil && !said && code != exitClosedPipe {
		t.complain(err)
	}
	return code
}
