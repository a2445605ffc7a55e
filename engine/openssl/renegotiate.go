package openssl

import "github.com/wantwrite/wantwrite/model"

// Renegotiate is SSL_renegotiate(3) and the call that begins it. A client's
// ClientHello is written, or waits for room, when it answers WantRead or
// WantWrite; a server's HelloRequest when it answers OK. Who has
// SSL_OP_NO_RENEGOTIATION can't ask either.
//
// Story 20: while a part of a record has been read, or a write is pending,
// OpenSSL puts the renegotiation off. If a HelloRequest or ClientHello of the
// peer comes first, that begins a handshake, and what was put off stays put
// off: after the handshake OpenSSL enters another one in which nobody sends
// anything, and application data in the first is fatal, because it was never
// counted as a renegotiation (3.0.19, ssl3_renegotiate_check). What was asked
// of OpenSSL can't be taken back, so here it is not asked: the call is refused.
//
// Story 22: the same happens to a client whose write is pending, so that it
// puts off its answer to a HelloRequest, and that then reads another one. A
// server should not repeat itself before the handshake that it asked for is
// over (RFC 5246, section 7.4.1.1): that is refused as well.
func (e *engine) Renegotiate() model.Status {
	switch {
	case !e.InitFinished():
		return e.refuse("SSL_renegotiate", "a handshake is under way")
	case e.tls13 || e.refuses: // OpenSSL says why
	case e.ShutState() != 0:
		return e.refuse("SSL_renegotiate", "a close_notify has been sent or received")
	case e.HasPending() && e.Pending() == 0:
		return e.refuse("SSL_renegotiate", "a part of a record has been read")
	case e.writing:
		return e.refuse("SSL_renegotiate", "a write is pending")
	case e.server && e.asked == e.lastHandshake():
		return e.refuse("SSL_renegotiate", "the last HelloRequest is not answered yet")
	}
	if e.ask(e.lib.sslRenegotiate) != 1 {
		return e.refuse("SSL_renegotiate", "")
	}
	if !e.server {
		return e.peek()
	}
	e.asked = e.lastHandshake()
	return e.Handshake()
}

// lastHandshake is the client's Finished of it, which is never zero.
func (e *engine) lastHandshake() (id [12]byte) {
	e.lib.sslPeerFinished(e.ssl, &id[0], uint64(len(id)))
	return id
}

// peek begins a client's renegotiation with SSL_peek_ex(3): it sends the
// ClientHello and then takes what has come, as a read would.
//
// Story 21: SSL_do_handshake has nowhere to put application data, so a client
// that began with it over data which it had not read broke the link.
func (e *engine) peek() model.Status {
	_, ok := e.move(e.lib.sslPeekEx, e.ssl, e.first[:])
	st := e.well()
	if !ok {
		st = e.status("SSL_peek", 0)
	}
	switch {
	case st == model.OK && !e.InitFinished():
		return model.WantRead // there is data, and the handshake goes on
	case st == model.WantRead && e.InitFinished():
		return model.OK // begun and over, or refused by the peer
	}
	return st
}

// KeyUpdate is SSL_key_update(3) and then SSL_do_handshake(3). OpenSSL refuses
// it in a handshake or while a write is pending.
func (e *engine) KeyUpdate(requested bool) model.Status {
	kind := keyUpdateNotRequested
	if requested {
		kind = keyUpdateRequested
	}
	if e.tell(e.lib.sslKeyUpdate, kind) != 1 {
		return e.refuse("SSL_key_update", "")
	}
	return e.Handshake()
}
