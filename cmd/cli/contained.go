package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/sim/script"
)

// containedName is the hidden command of a child process.
const containedName = "contained"

// newContained is the command of a child: libraries run in processes of their
// own, for what is fuzzed there may crash or hang them.
func newContained(p *program) *cobra.Command {
	return &cobra.Command{
		Use:    containedName,
		Short:  "do a job that another process of this program gives on stdin",
		Hidden: true,
		Args:   countArgs(0, 0, "none"),
		RunE: func(*cobra.Command, []string) error {
			// An interrupt from the keyboard goes to the whole group, and is
			// the parent's to deal with; it ends its children in good order.
			signal.Ignore(os.Interrupt)
			signal.Reset(syscall.SIGTERM)
			return guard.Serve(p.catalog(), &lifeline{os.Stdin}, p)
		},
	}
}

// A lifeline is a child's stdin. When it ends the parent is gone, or wants the
// child to come to an end.
type lifeline struct{ in io.Reader }

// grace is longer than it takes to end the schedule at hand and shrink what it
// found. A parent that is there does not wait so long for one that hangs.
const grace = 2 * time.Minute

// Read implements io.Reader.
//
// Story 1: the parent is killed while its child hangs in the library. The
// child never comes to look whether anybody is still there, and would keep a
// core busy for ever.
func (l *lifeline) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	if err != nil {
		time.AfterFunc(grace, func() { os.Exit(exitInternal) })
	}
	return n, err
}

// newGuard makes children of this same binary.
func newGuard() (*guard.Guard, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, errors.New("this program's own file is not known; real engines need it, " +
			"to run in processes of their own")
	}
	return &guard.Guard{Command: func() *exec.Cmd { return exec.Command(self, containedName) }}, nil
}

// foreign says whether one of the named libraries may take its process with it. What is
// unknown is not: whoever looks for it here says so.
func foreign(c *run.Catalog, engine string, more ...string) bool {
	can, err := c.Can(engine, more...)
	return err == nil && !can.InProcess
}

// contained replays a script: in a child if a real library takes part.
func contained(r *run.Runner, s *script.Script, o run.ReplayOptions) (run.Outcome, error) {
	if !foreign(r.Catalog(), either(o.Engine, s.Config.Engine),
		either(o.PeerEngine, s.Config.PeerEngine)) {

		return run.Replay(r, s, o)
	}
	g, err := newGuard()
	if err != nil {
		return run.Outcome{}, err
	}
	if o.Trace {
		return g.Traced(r, s, o)
	}
	return g.Replay(s, o)
}

// containedShrink shrinks a script: in a child if a real library takes part.
func containedShrink(ctx context.Context, r *run.Runner, s *script.Script,
	progress func(shrink.Shrunk)) (shrink.Shrunk, error) {

	o := shrink.Options{Progress: progress}
	if !foreign(r.Catalog(), s.Config.Engine, s.Config.PeerEngine) {
		return shrink.Shrink(ctx, r, s, o)
	}
	g, err := newGuard()
	if err != nil {
		return shrink.Shrunk{}, err
	}
	return g.Shrink(ctx, s, o)
}
