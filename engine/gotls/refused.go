package gotls

import "github.com/wantwrite/wantwrite/model"

// This file has the calls that crypto/tls can't do. They fail, and the engine lives on.

// Renegotiate implements [model.Engine]: it is refused.
func (e *engine) Renegotiate() model.Status {
	if !e.enter() {
		return model.Failed
	}
	return e.refuse("crypto/tls can't begin a renegotiation")
}

// KeyUpdate implements [model.Engine]: it is refused.
func (e *engine) KeyUpdate(bool) model.Status {
	if !e.enter() {
		return model.Failed
	}
	return e.refuse("crypto/tls can't begin a KeyUpdate")
}

// Authenticate implements [model.Engine]: it is refused.
func (e *engine) Authenticate() model.Status {
	if !e.enter() {
		return model.Failed
	}
	return e.refuse("crypto/tls can't ask for a certificate after the handshake")
}

// WriteEarly implements [model.Engine]: it is refused.
func (e *engine) WriteEarly([]byte) (int, model.Status) {
	if !e.enter() {
		return 0, model.Failed
	}
	return 0, e.refuse("crypto/tls has no early data")
}

// ReadEarly implements [model.Engine]: it is refused.
func (e *engine) ReadEarly([]byte) (int, model.Status) { return e.WriteEarly(nil) }

// EarlyData implements [model.Engine].
func (e *engine) EarlyData() model.EarlyStatus { return model.EarlyUnsent }
