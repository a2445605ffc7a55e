package openssl

import "github.com/wantwrite/wantwrite/model"

// sessionContext is what a server that verifies its client must have before it
// goes on with a session, or with a PSK, which is one to OpenSSL
// (SSL_set_session_id_context(3)).
var sessionContext = []byte("wantwrite")

// postAuth prepares an end of a TLS 1.3 link for post-handshake authentication:
// the client offers it, and the server takes what it gets, a client without a
// certificate too. A server that demands a certificate in the handshake does so
// later as well.
func (e *engine) postAuth(cfg *model.EngineConfig) {
	switch {
	case !e.server:
		e.lib.sslSetPostAuth(e.ssl, 1)
	case profileOf(cfg) != mutually:
		e.lib.sslSetVerify(e.ssl, verifyPeer|verifyLater, 0)
		e.lib.sslSetSessionID(e.ssl, &sessionContext[0], uint32(len(sessionContext)))
	}
}

// Authenticate is SSL_verify_client_post_handshake(3) and then
// SSL_do_handshake(3).
//
// Story 27: OpenSSL does not look whether it may. Over a write that waits for
// room it breaks the link (bad write retry). With the answer to a KeyUpdate
// owed it sends that, says that all is done, and keeps the request back until
// the next message comes, whenever that is. After our close_notify nobody
// would read it. All three are refused here.
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
