package openssl

import (
	"encoding/asn1"
	"fmt"
	"unsafe"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
)

// A link that resumes a session has no link before it here. The session is made in code from the
// link's key, as OpenSSL would have saved it. So it is the same in every process, whichever run
// comes first, and it costs no handshake.
//
// The clock does not change the bytes on the wire. In TLS 1.2 the session is found by its id. In
// TLS 1.3 the client names it as a PSK, whose age is always 0 (RFC 8446, section 4.2.11). With a
// ticket the client would send the ticket's age in milliseconds, by the machine's clock.

// A savedSession is SSL_SESSION_ASN1 of ssl_asn1.c, the format of i2d_SSL_SESSION(3).
type savedSession struct {
	Version      int
	Proto        int
	Cipher       []byte
	ID           []byte
	MasterKey    []byte
	Time         int64  `asn1:"explicit,tag:1"`
	Timeout      int64  `asn1:"explicit,tag:2"`
	Context      []byte `asn1:"explicit,tag:4"`
	VerifyResult int    `asn1:"explicit,tag:5"`
	Flags        int    `asn1:"explicit,tag:13"`
	MaxEarly     int    `asn1:"explicit,tag:15,optional"`
}

const (
	sessionVersion = 1 // SSL_SESSION_ASN1_VERSION
	extendedSecret = 1 // SSL_SESS_FLAG_EXTMS: the session has an extended master secret
	sessionLife    = 1<<31 - 1
	idLen          = 32

	// SSL_SESS_CACHE_NO_INTERNAL: OpenSSL asks for sessions and keeps none.
	cacheNothing = 0x300
	// SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION.
	opNoResumeAgain = 1 << 16
)

// cipherOf is the cipher suite of links with a version and profile.
func cipherOf(v model.Version, p profile) []byte {
	switch {
	case v == model.TLS13:
		return []byte{0x13, 0x01}
	case p == byPSK:
		return []byte{0x00, 0xa8}
	}
	return []byte{0xc0, 0x2b}
}

// saved is the session of a link, in DER.
func saved(cfg *model.EngineConfig) ([]byte, error) {
	s := savedSession{Version: sessionVersion, Proto: versionTLS12, Time: certificate.At,
		Timeout: sessionLife, Context: sessionContext, Flags: extendedSecret,
		Cipher: cipherOf(cfg.Version, profileOf(cfg)), ID: make([]byte, idLen),
		MasterKey: make([]byte, 48)}
	if cfg.Version == model.TLS13 {
		s.Proto, s.MasterKey, s.Flags = versionTLS13, s.MasterKey[:32], 0
		s.MaxEarly = cfg.EarlyData
	}
	known := secret.LinkOf(cfg.Key)
	copy(s.ID, known.ID[:])
	copy(s.MasterKey, known.Master[:])
	der, err := asn1.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("openssl: making a session: %w", err)
	}
	return der, nil
}

// resume gives an end of a link the session that it resumes.
func (e *engine) resume(cfg *model.EngineConfig) (err error) {
	if e.session, err = saved(cfg); err != nil {
		return err
	}
	l := e.lib
	l.sslSetSessionID(e.ssl, &sessionContext[0], uint32(len(sessionContext)))
	switch {
	case !e.tls13 && !e.server:
		return e.offer()
	case !e.tls13:
		return nil // its context calls getSession
	case e.server:
		l.sslSetPSKFind(e.ssl, l.findPSK)
		l.sslSetMaxEarly(e.ssl, uint32(cfg.EarlyData))
		l.sslSetRecvMaxEarly(e.ssl, uint32(cfg.EarlyData)) // of data that is skipped
	default:
		l.sslSetPSKUse(e.ssl, l.usePSK)
	}
	known := secret.LinkOf(cfg.Key)
	e.identity = known.Identity[:]
	return nil
}

// offer makes a TLS 1.2 client offer its session (SSL_set_session(3)).
func (e *engine) offer() error {
	s := e.newSession()
	if s == 0 {
		return e.lib.queued("d2i_SSL_SESSION")
	}
	defer e.lib.sessionFree(s)
	if e.lib.sslSetSession(e.ssl, s) != 1 {
		return e.lib.queued("SSL_set_session")
	}
	return nil
}

// newSession makes an SSL_SESSION that the caller owns. It is 0 if the engine has no session.
func (e *engine) newSession() uintptr {
	if len(e.session) == 0 {
		return 0
	}
	return decode(e.lib.d2iSession, e.session)
}

// getSession is the callback of SSL_CTX_sess_set_get_cb(3): a TLS 1.2 server looks a session up by
// its id. OpenSSL does not check the session that it gets, so getSession compares the id.
func (l *Library) getSession(_ uintptr, id *byte, n int32, shared *int32) uintptr {
	*shared = 0
	if l.cur == nil || !l.cur.knows(unsafe.Slice(id, n)) {
		return 0
	}
	return l.cur.newSession()
}

// knows reports whether the engine's session has that id.
func (e *engine) knows(id []byte) bool {
	var s savedSession
	_, err := asn1.Unmarshal(e.session, &s)
	return err == nil && string(s.ID) == string(id)
}

// useSession is the callback of SSL_set_psk_use_session_callback(3): a TLS 1.3 client offers a
// session.
func (l *Library) useSession(_, _ uintptr, id **byte, n, session *uintptr) uintptr {
	*session = 0
	if l.cur == nil {
		return 1
	}
	if *session = l.cur.newSession(); *session == 0 {
		return 0
	}
	*id, *n = &l.cur.identity[0], uintptr(len(l.cur.identity))
	return 1
}

// findSession is the callback of SSL_set_psk_find_session_callback(3): a TLS 1.3 server looks an
// offered session up.
func (l *Library) findSession(_ uintptr, id *byte, n uintptr, session *uintptr) uintptr {
	*session = 0
	if l.cur != nil && string(unsafe.Slice(id, n)) == string(l.cur.identity) {
		*session = l.cur.newSession()
	}
	return 1
}
