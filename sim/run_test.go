package sim

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim/script"
)

// parts are those of a world of reference pumps, the one under test being
// another if it is given.
func parts(under ...model.Spec) *Parts {
	ref, lib := pumps.ReferenceSpec(), tls.NewModels()
	p := &Parts{Pump: &ref, Peer: &ref, Engine: lib, PeerEngine: lib}
	if len(under) > 0 {
		p.Pump = &under[0]
	}
	return p
}

// rebuild is Reset or the end of the test.
func rebuild(t *testing.T, w *World, cfg script.Config, p *Parts, watch oracle.PropertySet) {
	t.Helper()
	if err := w.Reset(&cfg, p, watch); err != nil {
		t.Fatal(err)
	}
}

// scripted reads actions, one a line.
func scripted(t *testing.T, text string) (list []script.Action) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(text)) {
		a, err := script.ParseAction(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return list
}

// talk is the beginning of a link whose client has a request to send.
const talk = `
	write client 30 40
	deliver server all
	poll server
	deliver client part
	poll client
	tick 2
	deliver client all
	poll client`

// play runs a script on a fresh world.
func play(t *testing.T, cfg script.Config, actions []script.Action) (Result, []uint64) {
	t.Helper()
	w := NewWorld()
	w.KeepMarks(true)
	rebuild(t, w, cfg, parts(), oracle.EveryProperty)
	s := newScripted(actions, false)
	r := w.Run(s)
	if r.Found || s.Stuck >= 0 {
		t.Fatalf("found %v, stuck at %d; want a clean run", r.Violation, s.Stuck)
	}
	return r, w.Marks()
}

// TestHashTellsRunsApart: the same run has the same hash. A difference in an action, in
// the world or in the clock shows in the hash from its step on.
func TestHashTellsRunsApart(t *testing.T) {
	actions := scripted(t, talk)
	want, marks := play(t, benchConfig(), actions)
	again, same := play(t, benchConfig(), actions)
	if diff := cmp.Diff(want, again); diff != "" || !slices.Equal(marks, same) {
		t.Fatalf("the same run again differs: %s", diff)
	}
	if len(marks) != want.Steps || want.Workload != len(actions) {
		t.Fatalf("%d marks, %d steps, workload of %d; want one a step", len(marks), want.Steps,
			want.Workload)
	}
	for _, tc := range []struct {
		name string
		line int // the first that differs
		by   string
	}{
		{"a longer answer", 0, "write client 30 41"},
		{"other bytes at a time", 3, "deliver client 60"},
		{"another time", 5, "tick 3"},
		{"another verb", 5, "spurious client read"},
	} {
		other := slices.Clone(actions)
		other[tc.line] = scripted(t, tc.by)[0]
		r, m := play(t, benchConfig(), other)
		if r.Hash == want.Hash || !slices.Equal(m[:tc.line], marks[:tc.line]) ||
			m[tc.line] == marks[tc.line] {
			t.Errorf("%s: the chains must part in step %d, and for good", tc.name, tc.line+1)
		}
	}
	for name, change := range map[string]func(*script.Config){
		"seed":   func(c *script.Config) { c.Seed++ },
		"buffer": func(c *script.Config) { c.Sizes.Bio = 50 },
	} {
		cfg := benchConfig()
		change(&cfg)
		if r, _ := play(t, cfg, actions[:1]); r.Hash == want.Hash || r.Wire == 0 {
			t.Errorf("another %s must give another hash", name)
		}
	}
}

// TestTraceChangesNothing: a run that is watched is the same run.
func TestTraceChangesNothing(t *testing.T) {
	want, _ := play(t, benchConfig(), scripted(t, talk))
	w, trace := NewWorld(), &Trace{}
	w.SetTrace(trace)
	rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
	got := w.Run(newScripted(scripted(t, talk), false))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-without a trace +with): %s", diff)
	}
	actions, calls, notes := 0, 0, 0
	for _, ev := range trace.Events {
		switch {
		case ev.IsAction():
			actions++
		case ev.IsNote():
			notes++
		case ev.Call != "":
			calls++
		}
		if ev.String() == "" || ev.Step > got.Steps {
			t.Errorf("event %+v has no text or a step that was not", ev)
		}
	}
	if actions != got.Steps || calls == 0 || notes == 0 {
		t.Errorf("the trace has %d actions, %d calls and %d notes; want %d actions, calls and notes",
			actions, calls, notes, got.Steps)
	}
}

// TestScriptGetsStuck: an action that is not enabled ends the workload there, or
// is skipped and counted.
func TestScriptGetsStuck(t *testing.T) {
	actions := scripted(t, "poll client\nresume client\npoll server\ndeliver server all")
	for _, loose := range []bool{false, true} {
		w, s := NewWorld(), newScripted(actions, loose)
		rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
		w.Run(s)
		done, stuck, skipped := 1, 1, 0
		if loose {
			done, stuck, skipped = 3, -1, 1
		}
		if len(w.Actions()) != done || s.Stuck != stuck || s.Skipped != skipped {
			t.Errorf("loose %v: %d done, stuck at %d, %d skipped; want %d, %d, %d", loose,
				len(w.Actions()), s.Stuck, s.Skipped, done, stuck, skipped)
		}
	}
}

// TestFaultsTaintTheirLink: a fault that destroys bytes excuses the pumps of its link and
// no others. One that only delays bytes excuses nobody.
func TestFaultsTaintTheirLink(t *testing.T) {
	start := "poll client\npoll client2\n"
	for line, want := range map[string]bool{
		"reset server": true, "fin server": true, "mutate server flip 9": true,
		"window server 3": false, "spurious server read": false, "tick 50": false,
		"deliver server byte": false,
	} {
		w, cfg := NewWorld(), benchConfig()
		cfg.Links = 2
		rebuild(t, w, cfg, parts(), oracle.EveryProperty)
		r := w.Run(newScripted(scripted(t, start+line), false))
		if w.tainted[0] != want || w.tainted[1] || r.Found {
			t.Errorf("%s: tainted %v, found %v; want link 1 %v, link 2 clean", line, w.tainted,
				r.Violation, want)
		}
	}
}

// TestTimerThatFiresInAWorkloadTaints: a close that gives up on bytes which are
// only slow breaks the link, and that is the clock's fault. While the world quiesces the
// same timer is the pump's own fault.
func TestTimerThatFiresInAWorkloadTaints(t *testing.T) {
	text := `
		write client 30 0
		deliver server all
		poll server
		deliver client all
		poll client
		close client
		tick `
	for ticks, want := range map[string]bool{"15": false, "16": true} {
		w, cfg := NewWorld(), benchConfig()
		cfg.Version = model.TLS13
		rebuild(t, w, cfg, parts(), oracle.EveryProperty)
		r := w.Run(newScripted(scripted(t, text+ticks), true))
		if w.tainted[0] != want || r.Found || r.Skipped > 0 {
			t.Errorf("after %s ticks: tainted %v, found %v, %d skipped; want %v and nothing", ticks,
				w.tainted[0], r.Violation, r.Skipped, want)
		}
	}
}

// TestTheWorldBecomesQuiescent: pauses and windows end, everything arrives,
// everybody reads, and then nothing is enabled that could change anything.
func TestTheWorldBecomesQuiescent(t *testing.T) {
	w := NewWorld()
	rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
	workload := talk + `
		write client 5000 0
		pause server
		poll client
		window client 100
		window server 100
		write server 4000 0`
	r := w.Run(newScripted(scripted(t, workload), true))
	if r.Found || r.Skipped > 0 {
		t.Fatalf("found %v, %d skipped; want a clean run of all", r.Violation, r.Skipped)
	}
	for i, a := range w.Ledger().Ends {
		p := w.Ledger().Ends[i^1]
		if a.Delivered != p.Accepted || a.Backlog != 0 || a.Paused {
			t.Errorf("%s: %d of %d bytes delivered, paused %v", script.End(i), a.Delivered, p.Accepted,
				a.Paused)
		}
		for _, v := range []script.Verb{script.Deliver, script.Poll} {
			if w.Enabled().Has(v, script.End(i)) {
				t.Errorf("%s %s is still enabled", v, script.End(i))
			}
		}
	}
}

// weary is a scheduler that gives up with a panic, as rapid's draws do.
type weary struct{}

// Next implements Scheduler.
func (weary) Next(*World) (script.Action, bool) { panic("no more draws") }

// TestPanicOfASchedulerIsNoFinding: the panic reaches the caller of Run, and the world can
// be used again.
func TestPanicOfASchedulerIsNoFinding(t *testing.T) {
	w := NewWorld()
	run := func() (fault any) {
		rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
		defer func() { fault = recover() }()
		w.Run(weary{})
		return nil
	}
	if fault := run(); fault != "no more draws" {
		t.Errorf("got the panic %v; want the scheduler's own", fault)
	}
	rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
	if r := w.Run(newScripted(scripted(t, talk), false)); r.Found {
		t.Errorf("after it: %v; want a clean run", r.Violation)
	}
}

// TestSlowIsNotBusy: a link that holds one byte in flight takes millions of
// actions for an answer of half a million bytes. As long as an app is given some of
// them the world goes on to quiesce, and ends in order.
func TestSlowIsNotBusy(t *testing.T) {
	cfg := benchConfig()
	cfg.Sizes.Flight, cfg.Sizes.Window = 1, 1
	r, _ := play(t, cfg, scripted(t, "write client 0 500000"))
	if healed := r.Steps - r.Workload; healed <= maxQuiesce {
		t.Errorf("quiescing took %d actions; want %d and more, or this shows nothing", healed, maxQuiesce)
	}
}
