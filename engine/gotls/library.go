// Package gotls is Go's crypto/tls as a [model.Library]. It needs no C library, and it can talk to
// OpenSSL.
//
// A tls.Conn blocks, and a pump must not. So each engine has a goroutine that does handshakes and
// reads. It stops where the Conn wants bytes or room that are not there. Either the pump or the
// goroutine runs, never both, so the Go scheduler decides nothing. Writes need no goroutine: a
// sealed record waits in the engine.
//
// Runs repeat, to the byte on the wire:
//
//   - Config.Rand is a stream that follows from the run's seed and the link's key. Since Go 1.26
//     key shares ignore it unless GODEBUG has cryptocustomrand=1, which [Library.Begin] sets.
//   - Config.Time stands still. Session tickets carry the time, so they are on only where a link
//     resumes a session.
//   - Certificates are made in code with Ed25519, whose signatures use no randomness and have one
//     length. A server with a foreign client has a chain of package certificate. The group is
//     X25519; P-256 is there for the certificates of others.
//
// crypto/tls has limits that no configuration changes. It has no PSK, so all links use
// certificates, except those that resume a session and have no ServerChain (see known.go). It can't
// begin a renegotiation or a KeyUpdate. It answers a requested KeyUpdate at the read. A client
// takes part in a renegotiation, but data during it is fatal. A server that is asked for a
// renegotiation fails. Handshake messages are not split. A server can't ask for a certificate after
// the handshake.
package gotls

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/wantwrite/wantwrite/model"
)

// A Library makes engines of crypto/tls. It implements [model.Library]. It belongs to one
// goroutine, and so do its engines.
type Library struct {
	seed   uint64
	certs  map[certID]*tls.Certificate
	stores []*store // of engines that were freed

	sessions map[sessionID]*tls.ClientSessionState
}

// New makes a library without engines.
func New() *Library {
	return &Library{certs: map[certID]*tls.Certificate{},
		sessions: map[sessionID]*tls.ClientSessionState{}}
}

// Name is "gotls".
func (l *Library) Name() string { return "gotls" }

// Can says what crypto/tls can do. It shares only sessions that have a ticket: see known.go.
func (l *Library) Can() model.Capabilities {
	return model.Capabilities{RealTLS: true, UnderTest: true, Certificates: true,
		TicketSessions: true}
}

// Describe is crypto/tls and the version of Go: "crypto/tls of go1.26.8".
func (l *Library) Describe() string { return "crypto/tls of " + runtime.Version() }

// Begin starts a run whose randomness follows from seed.
func (l *Library) Begin(seed uint64) {
	pinKeyShares()
	l.seed = seed
}

// End does nothing: no thread was taken.
func (l *Library) End() {}

// pinKeyShares makes Config.Rand decide key shares too, as before Go 1.26. crypto/tls reads the
// setting at each use, so this is early enough. Code without its own random source is not affected.
var pinKeyShares = sync.OnceFunc(func() {
	const setting = "cryptocustomrand=1"
	if old := os.Getenv("GODEBUG"); old != "" {
		os.Setenv("GODEBUG", old+","+setting) // the last of two settings counts
		return
	}
	os.Setenv("GODEBUG", setting)
})

// New makes an engine. Its chain is within 64 bytes of ServerChain or ClientChain, but no
// certificate is shorter than about 300 bytes. MaxRecord limits the records of Write. Tickets,
// HandshakeRecord, Errors and the traits other than Renegotiation are not used, because crypto/tls
// has nothing like them. The error says what crypto/tls can't do. Every engine must be freed with
// Free, which ends its goroutine.
func (l *Library) New(cfg *model.EngineConfig) (model.Engine, error) {
	if err := supported(cfg); err != nil {
		return nil, err
	}
	settings, err := l.settings(cfg)
	if err != nil {
		return nil, err
	}
	e := newEngine(cfg, l.store(cfg))
	if cfg.Role == model.Server {
		e.conn = tls.Server(&e.wire, settings)
	} else {
		e.conn = tls.Client(&e.wire, settings)
	}
	return e, nil
}

// Free ends the engine's goroutine. A second Free does nothing.
func (l *Library) Free(me model.Engine) {
	e, ok := me.(*engine)
	if !ok || e.freed {
		return
	}
	e.free()
	l.stores = append(l.stores, e.wire.store)
}

// supported is the error of a configuration that crypto/tls or this package can't do.
func supported(cfg *model.EngineConfig) error {
	switch {
	case cfg.Traits.Renegotiation == model.RenegIgnore:
		return errors.New("gotls: renegotiation ignore is not supported; use allow or refuse")
	case cfg.Foreign && cfg.Resume:
		return errors.New("gotls: got a session to resume with a foreign end; want none")
	case cfg.EarlyData > 0:
		return errors.New("gotls: early data is not supported; crypto/tls has none over TCP")
	case cfg.PostAuth:
		return errors.New("gotls: post-handshake authentication is not supported; " +
			"crypto/tls has none")
	case cfg.Transport == model.Pair && (cfg.In < 1 || cfg.Out < 1):
		return fmt.Errorf("gotls: got buffers of %d and %d bytes; want at least 1", cfg.In, cfg.Out)
	case cfg.Transport == model.Attached && cfg.Socket == nil:
		return errors.New("gotls: got transport attached and no socket; want one")
	}
	return nil
}

// now is the time of all runs. All certificates are valid then.
func now() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

// settings is the tls.Config of an engine. It does not check who a certificate belongs to, because
// another library at the other end brings one that this package does not know. crypto/tls still
// checks that the certificate's key signed the handshake.
func (l *Library) settings(cfg *model.EngineConfig) (*tls.Config, error) {
	version := uint16(tls.VersionTLS12)
	if cfg.Version == model.TLS13 {
		version = tls.VersionTLS13
	}
	c := &tls.Config{
		Rand: newRandom(l.seed, cfg.Key, uint64(cfg.Role)), Time: now,
		MinVersion: version, MaxVersion: version,
		CipherSuites:                []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		CurvePreferences:            []tls.CurveID{tls.X25519, tls.CurveP256},
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true,
		InsecureSkipVerify:          true,
	}
	if cfg.Retry && cfg.Version == model.TLS13 && cfg.Role == model.Server {
		c.CurvePreferences = []tls.CurveID{tls.CurveP256} // the client's share is of X25519
	}
	if cfg.Traits.Renegotiation == model.RenegAllow {
		c.Renegotiation = tls.RenegotiateFreelyAsClient
	}
	if cfg.KeyLog != nil {
		c.KeyLogWriter = keyLog(cfg.KeyLog)
	}
	if cfg.Foreign {
		c.CipherSuites = append(c.CipherSuites, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	}
	switch {
	case cfg.ClientAuth && cfg.Foreign:
		c.ClientAuth = tls.RequestClientCert
	case cfg.ClientAuth:
		c.ClientAuth = tls.RequireAnyClientCert
	}
	if cfg.Foreign && cfg.Role == model.Client {
		return c, nil // without a certificate
	}
	id := certOf(cfg.Role, cfg.ClientChain)
	if cfg.Role == model.Server {
		id = certOf(cfg.Role, cfg.ServerChain)
		id.foreign = cfg.Foreign
	}
	cert, err := l.certificate(id)
	if err != nil {
		return nil, err
	}
	c.Certificates = []tls.Certificate{*cert}
	if cfg.Resume {
		err = l.resume(c, cfg)
	}
	return c, err
}

// A keyLog is a Config.KeyLogWriter. Each Write is one line.
type keyLog func(line string)

// Write implements io.Writer.
func (k keyLog) Write(p []byte) (int, error) {
	k(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}

// store returns the buffers for an engine. It uses those of a freed engine if there are any.
func (l *Library) store(cfg *model.EngineConfig) *store {
	s := &store{}
	if n := len(l.stores); n > 0 {
		s, l.stores = l.stores[n-1], l.stores[:n-1]
	}
	s.Restart(cfg)
	s.late = s.late[:0]
	return s
}
