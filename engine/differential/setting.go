package differential

import "github.com/wantwrite/wantwrite/model"

// A Setting says how a pair of engines is made.
type Setting struct {
	Version   model.Version
	Transport model.Transport
	// In and Out are the sizes in bytes of the buffers, or of an attached end's socket. With
	// certificates they are not used: there is room for a handshake and all early data. Only with a
	// PSK do messages have the same length in every handshake.
	In, Out int
	// Record is the most plaintext of a record in bytes.
	Record int
	// Certs and Mutual choose the profile: a PSK without Certs, ECDSA certificates with Certs, and
	// a client certificate too with both.
	Certs, Mutual bool
	// Tickets, Partial and Moving are Tickets, PartialWrite and MovingBuffer of
	// [model.EngineConfig]. Retry, Resume and PostAuth are its fields of the same names.
	Tickets                 int
	Partial, Moving         bool
	Retry, Resume, PostAuth bool
	// With Refuse one end, the Refuser, refuses renegotiation.
	Refuse  bool
	Refuser model.Role
	// Early is the most early data in bytes.
	Early int
}

// chain is the length of both ends' certificate chains in bytes, where they have one.
const chain = 700

// configure makes the configuration of an end.
func (s Setting) configure(role model.Role) model.EngineConfig {
	if s.Certs {
		s.In, s.Out = 1<<18, 1<<16+2*s.Early
	}
	s.Mutual = s.Mutual && s.Certs
	c := model.EngineConfig{Role: role, Version: s.Version, Transport: s.Transport, In: s.In,
		Out: s.Out, Key: 7, MaxRecord: s.Record, HandshakeRecord: s.Record, Tickets: s.Tickets,
		PartialWrite: s.Partial, MovingBuffer: s.Moving, ClientAuth: s.Mutual, Retry: s.Retry,
		Resume: s.Resume, PostAuth: s.PostAuth, EarlyData: s.Early}
	if s.Certs {
		c.ServerChain = chain
	}
	if s.Mutual || s.PostAuth && s.Certs {
		c.ClientChain = chain
	}
	if s.Refuse && role == s.Refuser {
		c.Traits.Renegotiation = model.RenegRefuse
	}
	return c
}
