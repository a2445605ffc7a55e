package gotls

import (
	"crypto/tls"
	"fmt"
	"net"

	"github.com/wantwrite/wantwrite/model"
)

// A link that resumes a session needs one, and crypto/tls makes sessions only in handshakes. So
// this file does a handshake over a pipe. It has its own randomness, so the session is the same in
// every process. Links of the same kind resume the same session.

// A sessionID is all that a session depends on.
type sessionID struct {
	version             model.Version
	auth                bool
	serverCert, ownCert certID
}

// ticketKey seals the tickets of all servers. It is no secret.
var ticketKey = [32]byte{'w', 'a', 'n', 't', 'w', 'r', 'i', 't', 'e'}

// A cache is a tls.ClientSessionCache with at most one session. If fixed is true, Put changes
// nothing.
type cache struct {
	session *tls.ClientSessionState
	fixed   bool
}

// Get implements tls.ClientSessionCache. It ignores the key, which names the server: there is only
// one.
func (c *cache) Get(string) (*tls.ClientSessionState, bool) {
	return c.session, c.session != nil
}

// Put implements tls.ClientSessionCache.
func (c *cache) Put(_ string, s *tls.ClientSessionState) {
	if !c.fixed {
		c.session = s
	}
}

// resume changes an end's settings so that it resumes a session.
func (l *Library) resume(settings *tls.Config, cfg *model.EngineConfig) error {
	settings.SessionTicketsDisabled = false
	if cfg.Role == model.Server {
		settings.SetSessionTicketKeys([][32]byte{ticketKey})
	}
	switch {
	case cfg.ServerChain == 0:
		return l.resumeKnown(settings, cfg)
	case cfg.Role == model.Server:
		return nil
	}
	id := sessionID{cfg.Version, cfg.ClientAuth, certOf(model.Server, cfg.ServerChain),
		certOf(model.Client, cfg.ClientChain)}
	session := l.sessions[id]
	if session == nil {
		var err error
		if session, err = l.newSession(cfg); err != nil {
			return fmt.Errorf("gotls: making a session: %w", err)
		}
		l.sessions[id] = session
	}
	settings.ClientSessionCache = &cache{session, true}
	return nil
}

// newSession does a handshake as links of cfg do. It returns the session that the client saved.
//
// Story 88: with a HelloRetryRequest both ends wrote at the same time, the server its
// ChangeCipherSpec and the client its answer. A pipe holds no bytes, so neither read and a hunt
// stood still. Retry is off here; the session does not depend on it.
func (l *Library) newSession(cfg *model.EngineConfig) (*tls.ClientSessionState, error) {
	var saved cache
	var ends [2]*tls.Conn
	var pipes [2]net.Conn
	pipes[0], pipes[1] = net.Pipe()
	for r := range ends {
		own := *cfg
		own.Role, own.Resume, own.Retry = model.Role(r), false, false
		settings, err := l.settings(&own)
		if err != nil {
			return nil, err
		}
		settings.Rand = newRandom(0, 0, uint64(r))
		settings.SessionTicketsDisabled = false
		settings.ClientSessionCache = &saved
		settings.SetSessionTicketKeys([][32]byte{ticketKey})
		ends[r] = tls.Client(pipes[r], settings)
		if own.Role == model.Server {
			ends[r] = tls.Server(pipes[r], settings)
		}
	}
	err := greet(ends)
	return saved.session, err
}

// greet sends a byte from the server to the client. In TLS 1.3 the ticket comes before it.
func greet(ends [2]*tls.Conn) error {
	served := make(chan error, 1)
	go func() {
		_, err := ends[model.Server].Write([]byte{1})
		served <- err
	}()
	_, err := ends[model.Client].Read(make([]byte, 1))
	if err != nil {
		ends[model.Client].NetConn().Close() // else the server waits for ever
	}
	if wrong := <-served; err == nil {
		err = wrong
	}
	return err
}
