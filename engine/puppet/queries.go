package puppet

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Authenticate implements [model.Engine]: it is refused.
func (e *engine) Authenticate() model.Status {
	e.enter()
	return e.refuse("a puppet has no certificates")
}

// WriteEarly implements [model.Engine]: it is refused.
func (e *engine) WriteEarly([]byte) (int, model.Status) {
	e.enter()
	return 0, e.refuse("a puppet has no early data")
}

// ReadEarly implements [model.Engine]: it is refused.
func (e *engine) ReadEarly([]byte) (int, model.Status) { return e.WriteEarly(nil) }

// EarlyData implements [model.Engine].
func (e *engine) EarlyData() model.EarlyStatus { return model.EarlyUnsent }

// ClearErrors implements [model.Engine]. There is no queue.
func (e *engine) ClearErrors() {}

// InitFinished implements [model.Engine].
func (e *engine) InitFinished() bool { return e.hand.at == settled && e.err == nil }

// Pending implements [model.Engine].
func (e *engine) Pending() int { return len(e.plain) }

// HasPending implements [model.Engine].
func (e *engine) HasPending() bool {
	return len(e.plain) > 0 || len(e.record) > wire.HeaderLen
}

// Deferred implements [model.Engine]: a KeyUpdate is answered at the read.
func (e *engine) Deferred() bool { return false }

// ShutState implements [model.Engine].
func (e *engine) ShutState() model.ShutState { return e.shut }

// Err implements [model.Engine].
func (e *engine) Err() error {
	if e.err == nil {
		return e.refused
	}
	return e.err
}
