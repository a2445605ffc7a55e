package sim

import (
	"errors"

	"github.com/wantwrite/wantwrite/model"
)

// moved enters n bytes into a counter of the ledger.
func (e *endpoint) moved(counter *uint64, n int) {
	if n > 0 {
		*counter += uint64(n)
		e.moves++
	}
}

// A tap is an end's model.Engine as its pump has it: the real one, with each
// call entered into the ledger.
type tap struct {
	e        *endpoint
	failed   bool // a call has answered Failed
	lapsed   bool // and its library failed by itself
	stuck    bool // the last Read or Handshake wanted to write
	wasInit  bool // no handshake is under way
	everInit bool // the first handshake is done
	early    int  // bytes of early data, as long as the peer may reject them
}

// dead says whether the engine has failed. A call that it only refused was no
// pump's failure.
func (t *tap) dead() bool {
	if !t.failed {
		return false
	}
	err := t.e.engine.Err()
	return err != nil && !errors.Is(err, model.ErrRefused)
}

// settle enters the answer of a call.
func (t *tap) settle(op, n int, st model.Status) {
	if st == model.Failed {
		t.fell()
	}
	t.e.observe(op, n, uint8(st))
	if op == opWrite && st == model.OK && t.wasInit {
		return // no handshake is under way behind a Write that was taken
	}
	if done := t.e.engine.InitFinished(); done != t.wasInit {
		t.wasInit = done
		t.everInit = t.everInit || done
		t.e.moves++
	}
	if t.early > 0 && t.wasInit {
		t.settleEarly()
	}
}

// fell enters that a call has failed. What a library breaks by itself is a
// fault like a reset of the network: it taints the link, and the run goes on.
func (t *tap) fell() {
	if !t.failed {
		t.failed = true
		t.e.moves++
	}
	if t.lapsed {
		return
	}
	if err := t.e.engine.Err(); errors.Is(err, model.ErrLibrary) {
		t.lapsed = true
		t.e.w.taint(t.e)
		if t.e.w.trace != nil {
			t.e.w.trace.lapse(t.e, err)
		}
	}
}

// settleEarly enters early data that was accepted; other has to be written again.
func (t *tap) settleEarly() {
	if t.e.engine.EarlyData() == model.EarlyAccepted {
		t.e.moved(&t.e.acct.Written, t.early)
	}
	t.early = 0
}

// WriteEarly implements model.Engine.
func (t *tap) WriteEarly(p []byte) (int, model.Status) {
	t.e.call()
	n, st := t.e.engine.WriteEarly(p)
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
	n, st := t.e.engine.ReadEarly(p)
	t.stuck = st == model.WantWrite
	t.e.moved(&t.e.acct.Decrypted, n)
	t.settle(opReadEarly, n, st)
	return n, st
}

// EarlyData implements model.Engine.
func (t *tap) EarlyData() model.EarlyStatus { return t.e.engine.EarlyData() }

// Handshake implements model.Engine.
func (t *tap) Handshake() model.Status {
	t.e.call()
	st := t.e.engine.Handshake()
	t.stuck = st == model.WantWrite
	t.settle(opHandshake, 0, st)
	return st
}

// Read implements model.Engine.
func (t *tap) Read(p []byte) (int, model.Status) {
	t.e.call()
	n, st := t.e.engine.Read(p)
	t.stuck = st == model.WantWrite
	t.e.moved(&t.e.acct.Decrypted, n)
	t.settle(opRead, n, st)
	return n, st
}

// Write implements model.Engine.
func (t *tap) Write(p []byte) (int, model.Status) {
	t.e.call()
	n, st := t.e.engine.Write(p)
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
	st := t.e.engine.Shutdown()
	t.settle(opShutdown, 0, st)
	return st
}

// Renegotiate implements model.Engine.
func (t *tap) Renegotiate() model.Status {
	t.e.call()
	st := t.e.engine.Renegotiate()
	t.settle(opRenegotiate, 0, st)
	return st
}

// KeyUpdate implements model.Engine.
func (t *tap) KeyUpdate(requested bool) model.Status {
	t.e.call()
	st := t.e.engine.KeyUpdate(requested)
	t.e.moves++
	t.settle(opKeyUpdate, 0, st)
	return st
}

// Authenticate implements model.Engine.
func (t *tap) Authenticate() model.Status {
	t.e.call()
	st := t.e.engine.Authenticate()
	t.e.moves++
	t.settle(opAuthenticate, 0, st)
	return st
}

// ClearErrors implements model.Engine.
func (t *tap) ClearErrors() { t.e.engine.ClearErrors() }

// Feed implements model.Engine.
func (t *tap) Feed(p []byte) int {
	t.e.call()
	n := t.e.engine.Feed(p)
	t.e.moved(&t.e.acct.Fed, n)
	t.e.observe(opFeed, n, 0)
	return n
}

// Drain implements model.Engine.
func (t *tap) Drain(p []byte) int {
	t.e.call()
	n := t.e.engine.Drain(p)
	held, lost := &t.e.acct.Drained, uint64(0)
	if t.e.out.fin || t.e.acct.Broken { // it has nowhere to go
		held = &lost
	}
	t.e.moved(held, n)
	t.e.observe(opDrain, n, 0)
	return n
}

// InitFinished implements model.Engine.
func (t *tap) InitFinished() bool { return t.e.engine.InitFinished() }

// Pending implements model.Engine.
func (t *tap) Pending() int { return t.e.engine.Pending() }

// HasPending implements model.Engine.
func (t *tap) HasPending() bool { return t.e.engine.HasPending() }

// OutputPending implements model.Engine.
func (t *tap) OutputPending() int { return t.e.engine.OutputPending() }

// InputRoom implements model.Engine.
func (t *tap) InputRoom() int { return t.e.engine.InputRoom() }

// Deferred implements model.Engine.
func (t *tap) Deferred() bool { return t.e.engine.Deferred() }

// ShutState implements model.Engine.
func (t *tap) ShutState() model.ShutState { return t.e.engine.ShutState() }

// Err implements model.Engine.
func (t *tap) Err() error { return t.e.engine.Err() }
