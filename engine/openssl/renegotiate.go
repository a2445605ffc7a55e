package openssl

import "github.com/wantwrite/wantwrite/model"

// Renegotiate is SSL_renegotiate(3) and the call that begins the handshake. After WantRead or
// WantWrite a client's ClientHello is sent or waits for room. After OK a server's HelloRequest is
// sent. An end with SSL_OP_NO_RENEGOTIATION can't ask either.
//
// Story 20: while a record is read in part, or a write is pending, OpenSSL delays the
// renegotiation. If the peer's HelloRequest or ClientHello comes first, it begins a handshake, and
// the delayed request stays. After that handshake OpenSSL enters another one in which no end sends
// anything. Application data in the first is fatal, because OpenSSL never counted it as a
// renegotiation (3.0.19, ssl3_renegotiate_check). A request to OpenSSL can't be taken back, so the
// call is refused here.
//
// Story 22: a client with a pending write delays its answer to a HelloRequest. If it then reads
// another HelloRequest, the same happens. A server should not repeat a HelloRequest before the
// handshake that it asked for is over (RFC 5246, section 7.4.1.1). So that is refused as well.
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
		e.again = true
		return e.peek()
	}
	e.asked = e.lastHandshake()
	return e.Handshake()
}

// lastHandshake identifies the last handshake by the client's Finished, which is never zero.
func (e *engine) lastHandshake() (id [12]byte) {
	e.lib.sslPeerFinished(e.ssl, &id[0], uint64(len(id)))
	return id
}

// peek begins a client's renegotiation with SSL_peek_ex(3). It sends the ClientHello and then takes
// input as a read does.
//
// Story 21: SSL_do_handshake has no place for application data. A client that began with it, over
// data that it had not read, broke the link.
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

// KeyUpdate is SSL_key_update(3) and then SSL_do_handshake(3). OpenSSL refuses it in a handshake or
// while a write is pending.
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
