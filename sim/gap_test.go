package sim

import (
	"reflect"
	"testing"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// dribble makes a run of many steps in which a byte moves at a time, and traces it in so many bytes.
func dribble(t *testing.T, most int) *Trace {
	t.Helper()
	cfg := benchConfig()
	cfg.Sizes.Bio, cfg.Sizes.Pipe, cfg.Sizes.Window = 1, 1, 64
	w, trace := NewWorld(), &Trace{most: most}
	w.SetTrace(trace)
	rebuild(t, w, cfg, parts(), oracle.EveryProperty)
	if r := w.Run(newScripted([]script.Action{{Verb: script.Write, Arg: 300, Arg2: 300}}, true)); r.Found {
		t.Fatal(r.Violation)
	}
	return trace
}

// TestTheMiddleIsLeftOut: a trace that comes to its limit keeps the beginning and the end, and
// says what is missing between them. What it keeps is what a larger one has there, to the view.
func TestTheMiddleIsLeftOut(t *testing.T) {
	full := dribble(t, 0)
	if full.Gap != (Gap{}) || len(full.Events) < 5000 {
		t.Fatalf("got %+v in %d events; want many, and all of them", full.Gap, len(full.Events))
	}
	if e, v := reflect.TypeFor[Event]().Size(), reflect.TypeFor[View]().Size(); e > eventBytes || v > viewBytes {
		t.Errorf("an event takes %d bytes, and a view %d; the trace counts fewer", e, v)
	}
	for _, most := range []int{16 * eventBytes, 400 * eventBytes, 2000 * eventBytes} {
		got := dribble(t, most)
		g := got.Gap
		tail := len(full.Events) - len(got.Recent())
		if g.At < 1 || g.At+g.Events != tail || got.size > most+2*eventBytes+4*viewBytes {
			t.Fatalf("%d bytes: got %+v and %d events; want what adds up to %d", most, g, len(got.Events),
				len(full.Events))
		}
		if !reflect.DeepEqual(got.Events[:g.At], full.Events[:g.At]) ||
			!reflect.DeepEqual(got.Recent(), full.Events[tail:]) {
			t.Errorf("%d bytes: got other events than those of the whole run", most)
		}
		if from, to := full.Events[g.At].Step, full.Events[tail-1].Step; g.From != from || g.To != to {
			t.Errorf("%d bytes: got a gap of the steps %d to %d; want %d to %d", most, g.From, g.To, from, to)
		}
		if got.Last() != full.Last() || len(got.Views) > len(full.Views)/2 {
			t.Errorf("%d bytes: got %d views, the last of step %d; want few, up to step %d", most,
				len(got.Views), got.Last(), full.Last())
		}
		for step := range full.Last() + 1 {
			want := full.View(step)
			if g.From <= step && step < g.To { // the last that is known
				want = full.View(g.From - 1)
			}
			if !reflect.DeepEqual(got.View(step), want) {
				t.Fatalf("%d bytes: step %d of %d has the view of another one; the gap is %+v", most, step,
					full.Last(), g)
			}
		}
	}
}

// TestALimitEndsARun: a run that has a limit ends there, and nobody is blamed. The next one of the
// same world has none.
func TestALimitEndsARun(t *testing.T) {
	w := NewWorld()
	rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
	w.SetLimit(8)
	if r := w.Run(newScripted(scripted(t, talk), false)); !r.Spent || r.Found || r.Steps > 8 {
		t.Errorf("got %+v; want a run that is spent after 8 steps at most", r)
	}
	w.SetLimit(0)
	rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
	if r := w.Run(newScripted(scripted(t, talk), false)); r.Spent || r.Steps <= 8 {
		t.Errorf("got %+v; want the whole run", r)
	}
}
