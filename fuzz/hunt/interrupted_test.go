package hunt_test

import (
	"context"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// A stopped hunt is one that is interrupted while it shrinks its first find.
type stopped struct {
	cancel  context.CancelFunc
	reports []shrink.Shrunk
}

func (s *stopped) progress(far hunt.Stats) {
	if far.Shrinking != nil {
		s.reports = append(s.reports, *far.Shrinking)
		s.cancel()
	}
}

// check says whether the hunt came to its end in good order.
func (s *stopped) check(t *testing.T, rep hunt.Report) {
	t.Helper()
	if len(rep.Failures) != 1 || !rep.Interrupted {
		t.Fatalf("got %d finds, interrupted: %v; want one and the end", len(rep.Failures),
			rep.Interrupted)
	}
	f := rep.Failures[0]
	if len(s.reports) == 0 || s.reports[0].Before != f.Original {
		t.Errorf("got reports %+v of %d actions", s.reports, f.Original)
	}
	if !f.Shrunk.Interrupted || len(f.Script.Actions) != f.Shrunk.After || len(f.Story) == 0 {
		t.Errorf("got %+v of %d actions; want the best so far, with its story", f.Shrunk,
			len(f.Script.Actions))
	}
}

// TestHuntInterruptedInAShrink: what was found is kept, as short as it had
// become, and the hunt ends.
func TestHuntInterruptedInAShrink(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	spec := pumps.Named("kv-original")
	s := &stopped{cancel: cancel}
	h := hunt.Hunt{Options: run.Options{Pump: &spec, Scenario: "renegotiation"}, Seed: 1,
		Schedules: 20000, Progress: s.progress}
	rep, err := h.Run(ctx, run.NewCatalog())
	if err != nil {
		t.Fatal(err)
	}
	s.check(t, rep)
	if n := len(rep.Failures[0].Script.Actions); n >= rep.Failures[0].Original {
		t.Errorf("got %d actions of %d", n, rep.Failures[0].Original)
	}
}
