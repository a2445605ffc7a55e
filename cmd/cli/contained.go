package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/sim/script"
)

// containedName is the hidden command that a child process runs.
const containedName = "contained"

// newContained is the command of a child process. Real libraries run in children, because
// what a hunt does may crash or hang them.
func newContained(p *program) *cobra.Command {
	return &cobra.Command{
		Use:    containedName,
		Short:  "do a job that another process of this program gives on stdin",
		Hidden: true,
		Args:   countArgs(0, 0, "none"),
		RunE: func(*cobra.Command, []string) error {
			// An interrupt from the keyboard goes to all processes. The parent handles it
			// and ends its children in good order.
			signal.Ignore(os.Interrupt)
			signal.Reset(syscall.SIGTERM)
			return guard.Serve(p.catalog(), os.Stdin, p)
		},
	}
}

// newGuard makes a guard whose children are processes of this program.
func newGuard() (*guard.Guard, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, errors.New("this program's own file is not known; real engines need it, " +
			"to run in processes of their own")
	}
	return &guard.Guard{Command: func() *exec.Cmd { return exec.Command(self, containedName) }}, nil
}

// crashes says whether a script needs a child process: one of its libraries may crash its own. A
// program has a process of its own, and the library at our end is not what is tested.
func crashes(c *run.Catalog, s *script.Script, engine, peerEngine string) bool {
	return s.Config.Program == "" && foreign(c, engine, peerEngine)
}

// foreign says whether one of the named libraries may crash its process. An unknown one is not
// foreign: the error comes when it is looked up.
func foreign(c *run.Catalog, engine string, more ...string) bool {
	can, err := c.Can(engine, more...)
	return err == nil && !can.InProcess
}

// contained replays a script; in a child if one of the engines is foreign.
func contained(r *run.Runner, s *script.Script, o run.ReplayOptions) (run.Outcome, error) {
	if !crashes(r.Catalog(), s, cmp.Or(o.Engine, s.Config.Engine),
		cmp.Or(o.PeerEngine, s.Config.PeerEngine)) {

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

// containedShrink shrinks a script; in a child if one of the engines is foreign.
func containedShrink(ctx context.Context, r *run.Runner, s *script.Script,
	progress func(shrink.Shrunk)) (shrink.Shrunk, error) {

	o := shrink.Options{Progress: progress, Afresh: s.Config.Program != ""}
	if !crashes(r.Catalog(), s, s.Config.Engine, s.Config.PeerEngine) {
		return shrink.Shrink(ctx, r, s, o)
	}
	g, err := newGuard()
	if err != nil {
		return shrink.Shrunk{}, err
	}
	return g.Shrink(ctx, s, o)
}
