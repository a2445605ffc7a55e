package openssl

import "github.com/wantwrite/wantwrite/model"

// InitFinished is SSL_is_init_finished(3). OpenSSL is asked once after each call, because pumps ask
// many times.
func (e *engine) InitFinished() bool {
	if !e.known {
		e.finished = e.ask(e.lib.sslIsInitFinished) == 1
		e.known = true
	}
	return e.finished
}

// Pending is SSL_pending(3).
func (e *engine) Pending() int { return e.ask(e.lib.sslPending) }

// HasPending is SSL_has_pending(3).
func (e *engine) HasPending() bool { return e.ask(e.lib.sslHasPending) == 1 }

// OutputPending is BIO_ctrl_pending(3) on the network end.
func (e *engine) OutputPending() int { return e.askNet(e.lib.bioCtrlPending) }

// InputRoom is BIO_ctrl_get_write_guarantee (BIO_s_bio(3)) on the network end.
func (e *engine) InputRoom() int { return e.askNet(e.lib.bioWriteGuarantee) }

// Deferred is SSL_get_key_update_type(3). It reports whether a KeyUpdate's answer waits for a
// Write.
func (e *engine) Deferred() bool { return e.ask(e.lib.sslGetKeyUpdateType) != keyUpdateNone }

// ShutState is SSL_get_shutdown(3), which has the same two bits.
func (e *engine) ShutState() model.ShutState {
	return model.ShutState(e.ask(e.lib.sslGetShutdown)) & (model.SentClose | model.ReceivedClose)
}
