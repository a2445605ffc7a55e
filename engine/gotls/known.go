package gotls

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"

	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
)

// A link that resumes a session and has no certificate is the nearest to a PSK that crypto/tls has.
// The session follows from the link's key, so other engines know it too, such as engine/puppet. Its
// ticket is only a name.

// resumeKnown changes an end's settings so that it resumes the session that both ends know.
func (l *Library) resumeKnown(settings *tls.Config, cfg *model.EngineConfig) error {
	known := secret.LinkOf(cfg.Key)
	state, err := l.knownState(cfg, &known)
	if err != nil {
		return fmt.Errorf("gotls: making a known session: %w", err)
	}
	if cfg.Role == model.Client {
		session, err := tls.NewResumptionState(known.Ticket[:], state)
		settings.ClientSessionCache = &cache{session, true}
		return err
	}
	settings.UnwrapSession = func(name []byte, _ tls.ConnectionState) (*tls.SessionState, error) {
		if !bytes.Equal(name, known.Ticket[:]) {
			return nil, nil // not resumed
		}
		return state, nil
	}
	return nil
}

// knownState is the session as an end saves it. The format of tls.SessionState.Bytes is not
// documented, but nothing else can bring a secret in. If a later Go reads another format,
// ParseSessionState fails.
//
//	uint16 version, uint8 end, uint16 suite, uint64 created, opaque secret<1..255>,
//	opaque extra<0..2^24-1>, uint8 extended master secret, uint8 early data,
//	certificates<0..2^24-1>, chains<0..2^24-1>, and then in TLS 1.2 uint16 curve,
//	at a client of TLS 1.3 uint64 use by, uint32 age add
func (l *Library) knownState(cfg *model.EngineConfig, s *secret.Link) (
	*tls.SessionState, error) {

	version, suite, key := tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, s.Master[:]
	if cfg.Version == model.TLS13 {
		version, suite, key = tls.VersionTLS13, tls.TLS_AES_128_GCM_SHA256, s.Master[:len(s.PSK)]
	}
	var b []byte
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = append(b, 2-byte(cfg.Role)) // 1 is a server's, 2 a client's
	b = binary.BigEndian.AppendUint16(b, suite)
	b = binary.BigEndian.AppendUint64(b, uint64(now().Unix()))
	b = append(append(b, byte(len(key))), key...)
	b = append(b, 0, 0, 0, 1-byte(cfg.Version), 0)
	b, err := l.appendPeer(b, cfg)
	if err != nil {
		return nil, err
	}
	b = append(b, 0, 0, 0)
	switch {
	case cfg.Version == model.TLS12:
		b = binary.BigEndian.AppendUint16(b, uint16(tls.X25519))
	case cfg.Role == model.Client:
		b = binary.BigEndian.AppendUint64(b, uint64(now().AddDate(1, 0, 0).Unix()))
		b = binary.BigEndian.AppendUint32(b, 0)
	}
	return tls.ParseSessionState(b)
}

// appendPeer appends the peer's certificates. A client's session must have one.
func (l *Library) appendPeer(b []byte, cfg *model.EngineConfig) ([]byte, error) {
	if cfg.Role == model.Server {
		return append(b, 0, 0, 0), nil
	}
	cert, err := l.certificate(certOf(model.Server, cfg.ServerChain))
	if err != nil {
		return nil, err
	}
	der := cert.Certificate[0]
	n := len(der)
	b = append(b, byte((n+5)>>16), byte((n+5)>>8), byte(n+5))
	b = append(append(b, byte(n>>16), byte(n>>8), byte(n)), der...)
	return append(b, 0, 0), nil // no extensions
}
