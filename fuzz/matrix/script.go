package matrix

import (
	"context"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim/script"
)

// choose makes the cell's script of one of its finds: shrunk, and confirmed by as
// many libraries as can be.
//
// Story 59: of the scripts that three seeds shrink to one may end where a
// library gives up by itself, and the two others fail on it as on the model.
func (w *worker) choose(ctx context.Context, c *Cell, finds []*hunt.Failure) error {
	var best *Cell
	for _, f := range finds {
		long := copyOf(f.Script)
		try := *c
		try.Script, try.Property = f.Script, f.Result.Violation.Property
		if err := w.shrink(ctx, &try); err != nil {
			return err
		}
		if err := w.confirm(&try); err != nil {
			return err
		}
		if err := w.insist(ctx, &try, long); err != nil {
			return err
		}
		if best == nil || len(try.Confirmed()) > len(best.Confirmed()) {
			best = &try
		}
		if len(best.Confirmations) == len(best.Confirmed()) || ctx.Err() != nil {
			break
		}
	}
	if best != nil {
		*c = *best
	}
	return nil
}

// insist looks for another script of a find, if nobody confirms it: shrunk on a
// library, where the long one fails too, it may fail in the cell's own engine as
// well.
//
// Story 61: the least script of a write in a renegotiation leads the model's read
// to where OpenSSL's fails by itself (issue 8677). The long one did not.
func (w *worker) insist(ctx context.Context, c *Cell, long *script.Script) error {
	if len(c.Confirmed()) > 0 {
		return nil
	}
	for _, engine := range w.Confirm {
		s := copyOf(long)
		s.Config.Engine, s.Config.PeerEngine = engine, engine
		st, err := w.Guard.Shrink(ctx, s, shrink.ShrinkOptions{})
		if err != nil || !st.Fails || ctx.Err() != nil {
			continue // what can't be run there is no error: the confirmation has said why
		}
		s.Config.Engine, s.Config.PeerEngine = long.Config.Engine, long.Config.PeerEngine
		try := *c
		try.Script = s
		if out, err := w.try(&try); err != nil || !out.Result.Found {
			continue
		}
		if err := w.confirm(&try); err != nil {
			return err
		}
		if len(try.Confirmed()) > 0 {
			*c = try
			return nil
		}
	}
	return nil
}

// try runs the script of a cell.
func (w *worker) try(c *Cell) (out run.Outcome, err error) {
	if real(c.Engine) {
		return w.Guard.Replay(c.Script, run.ReplayOptions{})
	}
	r, err := run.NewRunner(w.catalog, run.Options{Pump: &c.Subject.Spec})
	if err != nil {
		return out, err
	}
	defer r.Close()
	return run.Replay(r, c.Script, run.ReplayOptions{})
}

// copyOf is a script that may be changed, and the other stays.
func copyOf(s *script.Script) *script.Script {
	other := *s
	other.Actions = slices.Clone(s.Actions)
	return &other
}

// shrink shrinks the script. One that no process survives stays as it is.
func (w *worker) shrink(ctx context.Context, c *Cell) error {
	if real(c.Engine) {
		out, err := w.Guard.Replay(c.Script, run.ReplayOptions{})
		if err == nil && !out.Lost {
			_, err = w.Guard.Shrink(ctx, c.Script, shrink.ShrinkOptions{})
		}
		return err
	}
	r, err := run.NewRunner(w.catalog, run.Options{Pump: &c.Subject.Spec})
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = shrink.Shrink(ctx, r, c.Script, shrink.ShrinkOptions{})
	return err
}

// confirm asks the real libraries, and keeps why one says no.
func (w *worker) confirm(c *Cell) error {
	var why []string
	if c.verdict != "" {
		why = []string{c.verdict}
	}
	c.Confirmations = nil
	for _, engine := range w.Confirm {
		if engine == c.Engine {
			continue
		}
		k, err := w.Guard.Confirm(c.Script, engine)
		if err != nil {
			return err
		}
		c.Confirmations = append(c.Confirmations, k)
		if !k.Confirmed {
			why = append(why, k.Why())
		}
	}
	c.Reason = strings.Join(why, "; ")
	return nil
}

// finish runs the script once more, from one goroutine for all cells, and gives
// it its hash and its story; and a page, if pages are wanted. A script that no
// process survives has none.
func (w *worker) finish(c *Cell) error {
	if c.Script == nil {
		return nil
	}
	r, err := run.NewRunner(w.catalog, run.Options{Pump: &c.Subject.Spec})
	if err != nil {
		return err
	}
	defer r.Close()
	out, err := w.replay(r, c)
	if err != nil || out.Lost {
		return err
	}
	if !out.Result.Found {
		return &hunt.DeterminismError{Pump: c.Subject.Spec.Name, Step: out.Result.Steps}
	}
	s := c.Script
	s.Hash, s.Story = out.Result.Hash, story.Explain(s, &out)
	for _, k := range c.Confirmations {
		line := k.String()
		if !k.Confirmed {
			line = "not confirmed: " + k.Why()
		}
		s.Story = append(s.Story, line)
	}
	if w.Pages {
		c.Page, err = story.Page(story.Tell(s, &out))
	}
	return err
}

// replay replays the script of a cell with a trace.
func (w *worker) replay(r *run.Runner, c *Cell) (run.Outcome, error) {
	o := run.ReplayOptions{Trace: true}
	if real(c.Engine) {
		return w.Guard.Traced(r, c.Script, o)
	}
	return run.Replay(r, c.Script, o)
}
