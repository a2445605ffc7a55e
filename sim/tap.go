package sim

import (
	"errors"

	"github.com/wantwrite/wantwrite/model"
)

// A tap is the model.Engine that a pump works with: the real one, with each call entered
// into the account.
type tap struct {
	e      *endpoint
	engine model.Engine
	failed bool // a call has answered Failed
	lapsed bool // and its library failed by itself
	stuck  bool // the last Read or Handshake wanted to write
	early  int  // bytes of early data, as long as the peer may reject them
}

// dead says whether the engine has failed for good. A call that it only refused does not
// count.
func (t *tap) dead() bool {
	if !t.failed {
		return false
	}
	err := t.engine.Err()
	return err != nil && !errors.Is(err, model.ErrRefused)
}

// settle records the answer of a call.
func (t *tap) settle(op, n int, st model.Status) {
	if st == model.Failed {
		t.fell()
	}
	t.e.observe(op, n, uint8(st))
	if op == opWrite && st == model.OK && t.e.initDone {
		return // after a Write that was taken, no handshake is under way
	}
	if done := t.engine.InitFinished(); done != t.e.initDone {
		t.e.initDone = done
		t.e.shaken = t.e.shaken || done
		t.e.moves++
	}
	if t.early > 0 && t.e.initDone {
		t.settleEarly()
	}
}

// fell records that a call has failed. A library that fails by itself is a fault like a
// reset of the network: it taints the link, and the run goes on.
func (t *tap) fell() {
	if !t.failed {
		t.failed = true
		t.e.moves++
	}
	if t.lapsed {
		return
	}
	if err := t.engine.Err(); errors.Is(err, model.ErrLibrary) {
		t.lapsed = true
		t.e.w.taint(t.e)
		if t.e.w.trace != nil {
			t.e.w.trace.lapse(t.e, err)
		}
	}
}

// settleEarly counts early data as written if it was accepted. Otherwise the pump has to
// write it again.
func (t *tap) settleEarly() {
	if t.engine.EarlyData() == model.EarlyAccepted {
		t.e.moved(&t.e.acct.Written, t.early)
	}
	t.early = 0
}

// WriteEarly implements model.Engine.
func (t *tap) WriteEarly(p []byte) (int, model.Status) {
	t.e.call()
	n, st := t.engine.WriteEarly(p)
	t.stuck = st == model.WantWrite
	if n > 0 {
		t.early += n
		t.e.moves++
	}
	t.settle(opWriteEarly, n, st)
	return n, st
}

// ReadEarly implements model.Engine.
func (t *tap) ReadEarly(p []byte) (int, model.Status) {
	t.e.call()
	n, st := t.engine.ReadEarly(p)
	t.stuck = st == model.WantWrite
	t.e.moved(&t.e.acct.Decrypted, n)
	t.settle(opReadEarly, n, st)
	t.decrypted(p[:n])
	return n, st
}

// EarlyData implements model.Engine.
func (t *tap) EarlyData() model.EarlyStatus { return t.engine.EarlyData() }

// Handshake implements model.Engine.
func (t *tap) Handshake() model.Status {
	t.e.call()
	st := t.engine.Handshake()
	t.stuck = st == model.WantWrite
	t.settle(opHandshake, 0, st)
	return st
}

// Read implements model.Engine.
func (t *tap) Read(p []byte) (int, model.Status) {
	t.e.call()
	n, st := t.engine.Read(p)
	t.stuck = st == model.WantWrite
	t.e.moved(&t.e.acct.Decrypted, n)
	t.settle(opRead, n, st)
	t.decrypted(p[:n])
	return n, st
}

// decrypted shows the trace what a pump has got for its app.
func (t *tap) decrypted(p []byte) {
	if trace := t.e.w.trace; trace != nil {
		trace.ways[t.e.id].release.enter(p)
	}
}

// Write implements model.Engine.
func (t *tap) Write(p []byte) (int, model.Status) {
	t.e.call()
	n, st := t.engine.Write(p)
	t.settle(opWrite, n, st)
	if t.e.w.trace != nil {
		t.e.w.trace.written(t.e, p[:n])
	}
	t.e.moved(&t.e.acct.Written, n)
	return n, st
}

// Shutdown implements model.Engine.
func (t *tap) Shutdown() model.Status {
	t.e.call()
	st := t.engine.Shutdown()
	t.settle(opShutdown, 0, st)
	return st
}

// Renegotiate implements model.Engine.
func (t *tap) Renegotiate() model.Status {
	t.e.call()
	st := t.engine.Renegotiate()
	t.settle(opRenegotiate, 0, st)
	return st
}

// KeyUpdate implements model.Engine.
func (t *tap) KeyUpdate(requested bool) model.Status {
	t.e.call()
	st := t.engine.KeyUpdate(requested)
	t.e.moves++
	t.settle(opKeyUpdate, 0, st)
	return st
}

// Authenticate implements model.Engine.
func (t *tap) Authenticate() model.Status {
	t.e.call()
	st := t.engine.Authenticate()
	t.e.moves++
	t.settle(opAuthenticate, 0, st)
	return st
}

// ClearErrors implements model.Engine.
func (t *tap) ClearErrors() { t.engine.ClearErrors() }

// Feed implements model.Engine.
func (t *tap) Feed(p []byte) int {
	t.e.call()
	n := t.engine.Feed(p)
	t.e.moved(&t.e.acct.Fed, n)
	t.e.observe(opFeed, n, 0)
	if trace := t.e.w.trace; trace != nil && !t.e.acct.Attached {
		trace.went(&trace.ways[t.e.id].fed, p[:n])
	}
	return n
}

// Drain implements model.Engine.
func (t *tap) Drain(p []byte) int {
	t.e.call()
	n := t.engine.Drain(p)
	held, lost := &t.e.acct.Drained, uint64(0)
	if t.e.out.fin || t.e.acct.Broken { // it has nowhere to go: the pump does not hold it
		held = &lost
	}
	t.e.moved(held, n)
	t.e.observe(opDrain, n, 0)
	if trace := t.e.w.trace; trace != nil && held != &lost {
		trace.ways[t.e.id].drained.enter(p[:n])
	}
	return n
}

// InitFinished implements model.Engine.
func (t *tap) InitFinished() bool { return t.engine.InitFinished() }

// Pending implements model.Engine.
func (t *tap) Pending() int { return t.engine.Pending() }

// HasPending implements model.Engine.
func (t *tap) HasPending() bool { return t.engine.HasPending() }

// OutputPending implements model.Engine.
func (t *tap) OutputPending() int { return t.engine.OutputPending() }

// InputRoom implements model.Engine.
func (t *tap) InputRoom() int { return t.engine.InputRoom() }

// Deferred implements model.Engine.
func (t *tap) Deferred() bool { return t.engine.Deferred() }

// ShutState implements model.Engine.
func (t *tap) ShutState() model.ShutState { return t.engine.ShutState() }

// Err implements model.Engine.
func (t *tap) Err() error { return t.engine.Err() }

// snapshot lists what the tap remembers.
func (t *tap) snapshot(s *model.Snapshot) {
	s.Flags(&t.failed, &t.lapsed, &t.stuck, &t.e.initDone, &t.e.shaken)
	s.Int(&t.early)
}
