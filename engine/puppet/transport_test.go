package puppet_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
)

// TestDrainGivesAll: a Drain that gives less than it was asked for has given all there is,
// however small the buffer (story 73).
func TestDrainGivesAll(t *testing.T) {
	roles(t, func(t *testing.T, v model.Version, r model.Role) {
		cfg := config(v)
		cfg.Out = 64
		l := open(t, puppet.New(), r, cfg).shaken()
		l.puppet().Attack(item("content"), 4096)
		e := l.Ends[r]
		if e.OutputPending() != 64 || e.(model.Inspector).Unsent() == 0 {
			t.Fatalf("got %d bytes in the buffer and %d behind; want it full",
				e.OutputPending(), e.(model.Inspector).Unsent())
		}
		p := make([]byte, 1<<15)
		if n := e.Drain(p[:100]); n != 100 {
			t.Errorf("got %d bytes; want 100, which is more than the buffer", n)
		}
		if n := e.Drain(p); n < 4000 || e.OutputPending() != 0 || e.(model.Inspector).Unsent() != 0 {
			t.Errorf("got %d bytes; want the rest of 4096, and nothing left", n)
		}
	})
}

// answered checks that an end has an answer for Drain, and that Drain gives all of it.
func (l *link) answered(r model.Role) {
	l.t.Helper()
	pending := l.Ends[r].OutputPending()
	if n := l.Ends[r].Drain(make([]byte, 1<<16)); pending == 0 || n != pending {
		l.t.Errorf("%v: got %d bytes of %d that wait; want its answer to the KeyUpdate", r, n,
			pending)
	}
}

// TestAnswersLeaveBeforeTheEnd: when the peer's fatal alert fails a call, the answers that an end
// had sealed before are there for Drain.
func TestAnswersLeaveBeforeTheEnd(t *testing.T) {
	for _, r := range []model.Role{model.Client, model.Server} {
		l := open(t, puppet.New(), r, config(model.TLS13)).shaken()
		l.victim().(attack.Attacker).Attack(item("key-updates"), 1)
		l.victim().Feed([]byte{23, 3, 3, 0, 20, 19: 0, 24: 0}) // no record of ours
		if _, st := l.Read(r.Peer()); st != model.Failed {
			t.Fatalf("%v reads %v; want failed", r.Peer(), st)
		}
		l.Move(r.Peer())
		if _, st := l.Read(r); st != model.Failed {
			t.Fatalf("%v reads %v; want failed, by an alert", r, st)
		}
		l.answered(r)
	}
}

// TestAnswersLeaveThoughClosed: a call that absorbs a KeyUpdate and then a close_notify says that
// the peer has closed, and the answer to the KeyUpdate is there for Drain (story 79). Shutdown
// goes on as long as there is room for answers.
func TestAnswersLeaveThoughClosed(t *testing.T) {
	for _, r := range []model.Role{model.Client, model.Server} {
		for want, call := range map[model.Status]func(model.Engine) model.Status{
			model.Closed: func(e model.Engine) model.Status { _, st := e.Read(nil); return st },
			model.OK:     model.Engine.Shutdown,
		} {
			l := open(t, puppet.New(), r, config(model.TLS13)).shaken()
			l.victim().KeyUpdate(true)
			l.victim().Shutdown()
			l.Settle()
			if st := call(l.puppet()); st != want {
				t.Fatalf("%v says %v; want %v", r, st, want)
			}
			l.answered(r)
		}
	}
}
