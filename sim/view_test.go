package sim

import (
	"bytes"
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// traced runs the usual talk and keeps the trace.
func traced(t *testing.T, change func(*script.Config)) (*Trace, script.Config) {
	t.Helper()
	cfg := benchConfig()
	if change != nil {
		change(&cfg)
	}
	w, trace := NewWorld(), &Trace{}
	w.SetTrace(trace)
	rebuild(t, w, cfg, parts(), oracle.EveryProperty)
	if r := w.Run(newScripted(scripted(t, talk), false)); r.Steps != len(trace.Views)-1 {
		t.Fatalf("got %d views of %d steps; want one more", len(trace.Views), r.Steps)
	}
	return trace, cfg
}

// TestTraceHasTheWire: what was sent, call by call, is what arrived at the
// other end, delivery by delivery, and the ledger counted it.
func TestTraceHasTheWire(t *testing.T) {
	trace, _ := traced(t, nil)
	var sent, arrived [2][]byte
	for _, ev := range trace.Events {
		switch {
		case ev.Call == "send":
			if len(ev.Data) != ev.N {
				t.Errorf("got %d bytes of a send of %d", len(ev.Data), ev.N)
			}
			sent[ev.End] = append(sent[ev.End], ev.Data...)
		case ev.IsAction():
			arrived[ev.End] = append(arrived[ev.End], ev.Data...)
		}
	}
	last := trace.Views[len(trace.Views)-1]
	for end := range script.End(2) {
		if !bytes.Equal(sent[end], arrived[end.Peer()]) || len(sent[end]) == 0 {
			t.Errorf("the %s sent %d bytes, and %d others arrived", end, len(sent[end]),
				len(arrived[end.Peer()]))
		}
		if n := last[end].Account.Sent; n != uint64(len(sent[end])) {
			t.Errorf("got %d bytes of the %s; want %d as in the ledger", len(sent[end]), end, n)
		}
	}
}

// TestViewsAreOfTheirStep: the first is of a world in which nothing has
// happened, the last of one at rest, and the ledger can be had of each.
func TestViewsAreOfTheirStep(t *testing.T) {
	trace, cfg := traced(t, nil)
	first, last := trace.Views[0][1], trace.Views[len(trace.Views)-1][1]
	if first.Account.Received != 0 || first.Account.Quiescence.InitDone || first.State == last.State {
		t.Errorf("got %+v before the first step; want nothing received", first)
	}
	if !last.Account.Quiescence.InitDone || last.Ready != 0 || last.State != "established" {
		t.Errorf("got %+v at the end; want an established link at rest", last)
	}
	l := trace.LedgerAt(&cfg, len(trace.Views)-1)
	for _, o := range []oracle.Obligation{oracle.EngineOutput, oracle.SocketInput, oracle.HandshakeDone} {
		if owed, n := l.Owed(1, o); owed != oracle.NoObligation {
			t.Errorf("got %d bytes owed at rest: %s; want nothing", n, owed.What())
		}
	}
}

// TestWrongWritesAreMarked: a pump that gives its engine other bytes than its
// app wrote is caught in the act, and only once.
func TestWrongWritesAreMarked(t *testing.T) {
	// The second write is one that no app has asked for.
	for wrong, marked := range map[bool]int{false: len("more of it"), true: headerLen} {
		trace := &Trace{}
		b := newBench(t, nil)
		b.SetTrace(trace)
		b.spied = true // as the next Reset would see to
		b.shake()
		server := b.server()
		server.during = func() {
			text := append([]byte(nil), server.Env.App.(*app).e.plain.buf[:headerLen]...)
			if wrong {
				text[3]++
			}
			server.Engine.Write(text)
			server.Engine.Write([]byte("more of it"))
		}
		server.takes = headerLen
		b.do("write server 0 0")
		var marks []int
		for _, ev := range trace.Events {
			if ev.Wrong != "" {
				marks = append(marks, ev.N)
			}
		}
		if !slices.Equal(marks, []int{marked}) {
			t.Errorf("wrong %v: got writes of %v bytes marked; want one of %d", wrong, marks, marked)
		}
	}
}
