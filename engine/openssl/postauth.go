package openssl

import "github.com/wantwrite/wantwrite/model"

// sessionContext names the server's application. OpenSSL requires it of a server that verifies its
// client and resumes a session or uses a PSK (SSL_set_session_id_context(3)).
var sessionContext = []byte("wantwrite")

// postAuth prepares an end of a TLS 1.3 link for post-handshake authentication. The client offers
// it. The server then accepts any client, also one without a certificate; but a server that demands
// a certificate in the handshake demands it later as well.
func (e *engine) postAuth(cfg *model.EngineConfig) {
	switch {
	case !e.server:
		e.lib.sslSetPostAuth(e.ssl, 1)
	case profileOf(cfg) != mutually:
		e.lib.sslSetVerify(e.ssl, verifyPeer|verifyLater, 0)
		e.lib.sslSetSessionID(e.ssl, &sessionContext[0], uint32(len(sessionContext)))
	}
}

// Authenticate is SSL_verify_client_post_handshake(3) and then SSL_do_handshake(3).
//
// Story 27: OpenSSL does not check whether the call is allowed. While a write waits for room it
// breaks the link (bad write retry). While the answer to a KeyUpdate is owed it sends the answer,
// reports success, and keeps the request back until the next message comes. After our close_notify
// the peer would not read the request. All three are refused here.
func (e *engine) Authenticate() model.Status {
	const call = "SSL_verify_client_post_handshake"
	switch {
	case e.writing:
		return e.refuse(call, "a write is pending")
	case e.Deferred():
		return e.refuse(call, "the answer to a KeyUpdate is owed")
	case e.ShutState()&model.SentClose != 0:
		return e.refuse(call, "protocol is shutdown")
	}
	if e.ask(e.lib.sslVerifyClientPost) != 1 {
		return e.refuse(call, "")
	}
	return e.Handshake()
}
