package sim

import (
	"slices"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A View is what can be seen of an end after a step of a traced run.
type View struct {
	// Account is the end's page of the ledger, its Quiescence filled as if nothing could
	// happen any more.
	Account oracle.Account
	// Tainted: a fault has destroyed something on its link.
	Tainted bool
	// Ready is what the loop would tell its pump now; 0: it is not called.
	Ready model.Events
	// Readiness is what poll(2) would say of its socket.
	Readiness model.Events
	// Timer is the tick at which its timer runs out; 0: none is set.
	Timer uint64
	// InFlight is how many bytes are on their way to it.
	InFlight int
	// Fin and Reset: its peer has sent one; FinSeen and ResetSeen: it has come.
	Fin, FinSeen, Reset, ResetSeen bool
	// Input is what lies in the input buffer of its engine, in bytes.
	Input int
	// State is what its engine waits for, or empty if that can't be asked.
	State string
}

// look takes the views of all ends.
func (t *Trace) look(w *World) {
	views := make([]View, w.n)
	for i := range views {
		views[i] = w.ends[i].view()
	}
	t.Views = append(t.Views, views)
}

// view looks at the end and leaves its account as it was.
func (e *endpoint) view() View {
	kept := e.acct.Quiescence
	e.seeQuiescence()
	v := View{Account: *e.acct, Tainted: e.w.tainted[e.id/2], Ready: e.ready(),
		Readiness: e.readiness(), Timer: e.timer, InFlight: e.in.inFlight(), Fin: e.in.fin,
		FinSeen: e.in.finSeen, Reset: e.in.reset, ResetSeen: e.in.resetSeen}
	e.acct.Quiescence = kept
	d := e.inside.detail()
	v.Input, v.State = d.input, d.state
	return v
}

// LedgerAt is the ledger of a run of cfg as it was after a step. Step 0 is before the
// first one.
func (t *Trace) LedgerAt(cfg *script.Config, step int) oracle.Ledger {
	l := ledgerOf(cfg)
	for i, v := range t.View(step) {
		l.Ends = append(l.Ends, v.Account)
		if i%2 == 0 {
			l.Tainted = append(l.Tainted, v.Tainted)
		}
	}
	return l
}

// ledgerOf is an empty one with the promises of the scenario.
func ledgerOf(c *script.Config) oracle.Ledger {
	return oracle.Ledger{Version: c.Version, AwaitUpdate: c.AwaitUpdate, IgnoreReneg: c.IgnoreReneg}
}

// carried notes the bytes that the last event put on a link, or brought.
func (t *Trace) carried(p []byte) {
	t.Events[len(t.Events)-1].Data = slices.Clone(p)
	t.size += len(p)
}

// offered notes how many bytes the program had in the send that was the last event.
func (t *Trace) offered(n int) {
	if last := len(t.Events) - 1; last >= 0 && t.Events[last].op == opSend {
		t.Events[last].Offered = n
	}
}

// brought notes what the step's action has made visible of a stream.
func (t *Trace) brought(s *stream) {
	if s.seen > t.from && t.at >= 0 {
		from := max(t.from, s.seen-min(s.seen, streamSize)) // an eager peer may bring more
		p := make([]byte, s.seen-from)
		s.copyOut(p, from)
		t.Events[t.at].Data = p
		t.size += len(p)
	}
}

// secret takes a line of a key log. Both ends of a link log the same lines.
func (t *Trace) secret(line string) {
	if len(t.Secrets) < mostSecrets && !slices.Contains(t.Secrets, line) {
		t.Secrets = append(t.Secrets, line)
	}
}
