package fuzz_test

import (
	"context"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
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

// TestGuardShrinks: a child shrinks as this process does, tells how far it is,
// and comes to an end when it is interrupted.
func TestGuardShrinks(t *testing.T) {
	n := newNursery(t)
	spec := pumps.Named("kv-original")
	r, err := run.NewRunner(fragileCatalog(), run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	q := quarry{options: run.Options{Pump: &spec, Scenario: "renegotiation"},
		property: oracle.Stall}
	q.caught(t, 1, func(_ *run.Runner, s *script.Script) {
		s.Config.Engine, s.Config.PeerEngine = "fragile", "fragile"
		here, there, cut := *s, *s, *s
		want := shrunk(t, r, &here)
		reports := 0
		st, err := n.Shrink(context.Background(), &there,
			shrink.Options{Progress: func(shrink.Shrunk) { reports++ }})
		if err != nil || st != want || string(there.Format()) != string(here.Format()) {
			t.Errorf("got %+v, %v in a child; want %+v\n%s", st, err, want, there.Format())
		}
		if reports == 0 {
			t.Error("the child did not tell how far it was")
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		st, err = n.Shrink(ctx, &cut, shrink.Options{Progress: func(shrink.Shrunk) { cancel() }})
		if err != nil || !st.Fails || st.After != len(cut.Actions) {
			t.Errorf("got %+v, %v and %d actions", st, err, len(cut.Actions))
		}
	})
}

// TestGuardShrinksWhatKills: a script that its process does not survive stays
// as it is, and the error says how the process died.
func TestGuardShrinksWhatKills(t *testing.T) {
	n := newNursery(t, fatalSeed+"=1", fatalWay+"=crash")
	s := scriptOf(t, "kv-original", "crash", "write client 0 0\ntick 1\n", "engine: model",
		"engine: fragile")
	text := string(s.Format())
	_, err := n.Shrink(context.Background(), s, shrink.Options{})
	if err == nil || !strings.Contains(err.Error(), "the engine fell") ||
		!strings.Contains(err.Error(), "it stays as it was") {
		t.Errorf("got %v; want how the process died", err)
	}
	if string(s.Format()) != text {
		t.Errorf("got\n%s", s.Format())
	}
	bad := scriptOf(t, "nope", "stall", "poll client\n")
	if _, err := n.Shrink(context.Background(), bad, shrink.Options{}); err == nil ||
		!strings.Contains(err.Error(), `got pump "nope"`) {
		t.Errorf("got %v; want the child's error", err)
	}
}

// TestRetell: a new story takes the place of the old one; what an author wrote
// stays, behind it.
func TestRetell(t *testing.T) {
	spec := pumps.Named("kv-original")
	r := runnerOf(t, &spec)
	s := scriptOf(t, spec.Name, "stall",
		strings.ReplaceAll(handshake12, "; ", "\n")+"\nrenegotiate client\n")
	out, err := run.Replay(r, s, run.ReplayOptions{Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	told := story.Explain(s, &out)
	s.Story = append([]string{"at step 99 something else happened", "real code: the same"},
		append(told, "", "confirmed on openssl", "  see also: nothing")...)
	want := append(told, "real code: the same", "", "  see also: nothing")
	if got := story.Retell(s, &out); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// BenchmarkShrink shrinks the finds of the default hunt's pump, one after the
// other, from storms of hundreds of actions.
func BenchmarkShrink(b *testing.B) {
	spec := pumps.Named("kv-original")
	for _, id := range []oracle.PropertyID{oracle.BusyLoop, oracle.Stall, oracle.DataLoss,
		oracle.SpuriousFailure} {
		b.Run(id.String(), func(b *testing.B) {
			q := quarry{options: run.Options{Pump: &spec}, property: id}
			var all []script.Script
			q.caught(b, 20, func(_ *run.Runner, s *script.Script) { all = append(all, *s) })
			r := runnerOf(b, &spec)
			runs, actions, n := 0, 0, 0
			for b.Loop() {
				s := all[n%len(all)]
				st := shrunk(b, r, &s)
				runs, actions, n = runs+st.Runs, actions+st.After, n+1
			}
			b.ReportMetric(float64(runs)/b.Elapsed().Seconds(), "runs/s")
			b.ReportMetric(float64(runs)/float64(n), "runs/shrink")
			b.ReportMetric(float64(actions)/float64(n), "actions")
		})
	}
}
