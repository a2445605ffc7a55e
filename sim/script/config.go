package script

import "github.com/wantwrite/wantwrite/model"

// A Config is all that a world is built from, apart from code: it is what the
// header of a script says. The same Config, code and actions give the same run.
//
// Each field has one row in dimensions.go, which says its word, limits and default.
type Config struct {
	// Pump is the name of the pump under test, Peer that of the other end's.
	Pump, Peer string
	// Program, if not empty, is the name of the real program that stands at the ends under
	// test, and ProgramVersion the version with which the script was found. Pump is empty then.
	Program, ProgramVersion string
	// Engine and PeerEngine name the libraries of the two ends. A program has its own, so that
	// both name that of the other end.
	Engine, PeerEngine string
	// Scenario is the name of the workload. It is for people: no run depends on it.
	Scenario string
	// Dialogue is the name of what the apps speak; empty is memcached's protocol.
	Dialogue string
	// Under is the role of the end under test.
	Under model.Role
	// Version, Transport and Trigger are those of package model. The trigger is
	// that of the loop under test; the peer's loop is level-triggered.
	Version   model.Version
	Transport model.Transport
	Trigger   model.Trigger
	// Links is how many links share the two loops, 1 or 2.
	Links int
	// Seed gives the engines their keys and randoms.
	Seed uint64
	// Auth: the server asks for a client certificate.
	Auth bool
	// AnswerAtRead is a trait of both engines. RefuseReneg and IgnoreReneg are
	// traits of the engine under test: see model.Traits.
	AnswerAtRead, RefuseReneg, IgnoreReneg bool
	// SoftRefusal: the link survives when its renegotiation is refused.
	SoftRefusal bool
	// WholeWrites turns partial writes off, FixedBuffer moving ones
	// (model.EngineConfig).
	WholeWrites, FixedBuffer bool
	// Reentrant: the apps answer from inside Data, not after the turn.
	Reentrant bool
	// Stream: the first message opens a stream, which the server then fills. The
	// client acknowledges every fourth message.
	Stream bool
	// Retry: the server sends a HelloRetryRequest (TLS 1.3).
	Retry bool
	// Resume: the links resume sessions of earlier links.
	Resume bool
	// Early is how much early data a client may send, in bytes (TLS 1.3, with
	// Resume); 0 is none. RejectEarly: the server reads none of it.
	Early       int
	RejectEarly bool
	// PostAuth: the server can ask for the client's certificate after the
	// handshake (TLS 1.3).
	PostAuth bool
	// Hostile: the peer's engine may attack. It has to be an attack.Attacker.
	Hostile bool
	// AwaitUpdate: an end that asks for a KeyUpdate waits for the answer. So even
	// an end that has nothing to write owes one.
	AwaitUpdate bool
	// Hasty: the apps may close before the first handshake is done.
	Hasty bool
	// KeepsOpen: the peer's app does not close when it is told of a clean end, so
	// that an end that waits for this waits for ever. The app under test does not
	// close when its engine has failed.
	KeepsOpen bool
	// LastingPause: a pause outlasts the workload. Quiescing does not end it.
	LastingPause bool
	// StrictReneg is a trait of both engines: data in the middle of a
	// renegotiation is fatal. So only a client begins one, when the server has
	// nothing more to say.
	StrictReneg bool
	// EagerPeer: the peer sends while the pump under test receives, not only
	// between its turns.
	EagerPeer bool
	// Repeats is how often the run is repeated in one process of a program, whose memory is weighed
	// meanwhile; 0 is not at all. No run depends on it.
	Repeats int
	Sizes   Sizes
}

// Sizes are the sizes of a world, in bytes unless said otherwise. Bugs live in
// small ones.
type Sizes struct {
	// Bio is the size of each of the pair's two buffers.
	Bio int
	// Pipe, Queue and Chunk are the pump's limits (model.Limits).
	Pipe, Queue, Chunk int
	// Flight is what a direction of a link holds in flight, the sender's buffer
	// included. Window is the receiver's buffer.
	Flight, Window int
	// Record is the most plaintext of a record, Hello that of a record of the
	// handshake.
	Record, Hello int
	// Chain and ClientChain are the lengths of the certificate chains. A Chain of
	// 0 means PSK.
	Chain, ClientChain int
	// Tickets is how many NewSessionTickets a TLS 1.3 server sends.
	Tickets int
	// Linger is how many ticks a close waits for the peer.
	Linger int
}

// Subject is the name of what is under test: a pump or a program.
func (c *Config) Subject() string {
	if c.Program != "" {
		return c.Program
	}
	return c.Pump
}

// Foreign says whether a program stands at the end.
func (c *Config) Foreign(e End) bool { return c.Program != "" && model.Role(e&1) == c.Under }

// Suit changes a world that a pump with these restrictions can't be in to one that
// it can be in.
func (c *Config) Suit(s model.Restrictions) {
	if s.NoClient {
		c.Under = model.Server
	}
	if s.NoTLS13 {
		c.Version = model.TLS12
	}
	switch {
	case s.NoAttached:
		c.Transport = model.Pair
	case s.NoPair:
		c.Transport = model.Attached
	}
	if c.Trigger == model.Edge && s.NoEdge || c.Trigger == model.OneShot && s.NoOneShot {
		c.Trigger = model.Level
	}
}
