package puppet

import (
	"errors"
	"fmt"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
)

// A Library makes puppets. It implements [model.Library], and belongs to one goroutine.
type Library struct {
	// Meddle, if not nil, is given a Turn before each handshake message of an engine, and at
	// each call of the engine's method Speak. It may change what is said. A run repeats if
	// Meddle does.
	Meddle func(*Turn)

	seed   uint64
	chains map[int]*certificate.Chain // of servers with foreign clients, by length
}

// New makes a library.
func New() *Library { return &Library{chains: map[int]*certificate.Chain{}} }

// Name implements [model.Library].
func (l *Library) Name() string { return "puppet" }

// Can implements [model.Library]. A puppet can begin a renegotiation, but hunts don't ask it
// for honest ones.
func (l *Library) Can() model.Capabilities {
	return model.Capabilities{RealTLS: true, Attacks: true, PSK: true, NamedSessions: true,
		TicketSessions: true}
}

// Describe implements [model.Library].
func (l *Library) Describe() string {
	return fmt.Sprintf("a hostile peer with a PSK, for --peer-engine: %d attacks on OpenSSL and "+
		"crypto/tls", attack.Count)
}

// Begin starts a run whose randomness follows from seed.
func (l *Library) Begin(seed uint64) { l.seed = seed }

// End implements [model.Library]. It does nothing.
func (l *Library) End() {}

// New makes an engine, which is an [attack.Attacker]. A server has a certificate if ServerChain
// says so, whatever its length; with Foreign it has one of that length. New ignores ClientAuth
// without Foreign, ClientChain, Tickets, HandshakeRecord, Errors, and the traits other than Renegotiation. The error says
// what a puppet can't do.
func (l *Library) New(cfg *model.EngineConfig) (model.Engine, error) {
	if err := supported(cfg); err != nil {
		return nil, err
	}
	chain, err := l.chain(cfg)
	if err != nil {
		return nil, err
	}
	return newEngine(cfg, chain, l.seed, l.Meddle), nil
}

// chain is what an end shows when it is asked for a certificate.
func (l *Library) chain(cfg *model.EngineConfig) (*certificate.Chain, error) {
	if !cfg.Foreign || cfg.Role == model.Client {
		return leaves()[cfg.Role], nil
	}
	if c := l.chains[cfg.ServerChain]; c != nil {
		return c, nil
	}
	c, err := certificate.ForProgram(0, cfg.ServerChain)
	l.chains[cfg.ServerChain] = &c
	return &c, err
}

// Free takes an engine back. A second Free does nothing.
func (l *Library) Free(me model.Engine) {
	if e, ok := me.(*engine); ok {
		e.freed = true
	}
}

// supported says what of cfg a puppet can't do.
func supported(cfg *model.EngineConfig) error {
	switch {
	case cfg.Foreign && cfg.Resume:
		return errors.New("puppet: got a session to resume with a foreign end; want none")
	case cfg.ServerChain > 0 && cfg.Role == model.Client && !cfg.Foreign:
		return errors.New("puppet: certificates are only a server's; use a PSK, which is chain=0")
	case cfg.EarlyData > 0 && (cfg.Role == model.Server || cfg.Version == model.TLS12 || !cfg.Resume):
		return errors.New("puppet: early data is only a client's, in a session of TLS 1.3 that it resumes")
	case cfg.PostAuth:
		return errors.New("puppet: post-handshake authentication is not supported")
	case cfg.Transport == model.Pair && (cfg.In < 1 || cfg.Out < 1):
		return fmt.Errorf("puppet: got buffers of %d and %d bytes; want at least 1", cfg.In, cfg.Out)
	case cfg.Transport == model.Attached && cfg.Socket == nil:
		return errors.New("puppet: got transport attached and no socket; want one")
	}
	return nil
}
