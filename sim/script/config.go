package script

import "github.com/wantwrite/wantwrite/model"

// A Config is all that a world is built from, apart from code: what the
// header of a script says. The same Config, code and actions give the same
// run.
type Config struct {
	// Pump is the name of the pump under test, Peer of the other end's.
	Pump, Peer string
	// Engine and PeerEngine are the libraries of the two.
	Engine, PeerEngine string
	// Scenario is the name of the workload, for people.
	Scenario string
	// Under is the end that the pump under test has.
	Under model.Role
	// Version, Transport and Trigger as in package model. The trigger is that
	// of the loop under test; the peer's loop is level-triggered.
	Version   model.Version
	Transport model.Transport
	Trigger   model.Trigger
	// Links is how many links share the two loops, 1 or 2.
	Links int
	// Seed gives the engines' keys and randoms.
	Seed uint64
	// Auth: the server asks for a client certificate.
	Auth bool
	// AnswerAtRead is a trait of both engines, RefuseReneg and IgnoreReneg are
	// those of the end under test.
	AnswerAtRead, RefuseReneg, IgnoreReneg bool
	// SoftRefusal: a refused renegotiation leaves the asker's link up.
	SoftRefusal bool
	// WholeWrites turns partial writes off, FixedBuffer moving ones.
	WholeWrites, FixedBuffer bool
	// Reentrant: the apps answer from inside Data, not after the turn.
	Reentrant bool
	// Stream: the first message opens a stream, which the server then fills;
	// the client acknowledges every fourth message.
	Stream bool
	// Retry: the server sends a HelloRetryRequest (TLS 1.3).
	Retry bool
	// Resume: the links resume sessions of links before them.
	Resume bool
	// Early is how much early data a client may send, in bytes (TLS 1.3, and with
	// Resume); 0 is none. RejectEarly: the server does not read any.
	Early       int
	RejectEarly bool
	// PostAuth: the server can ask for the client's certificate after the
	// handshake (TLS 1.3).
	PostAuth bool
	// Hostile: the peer's engine may attack: it has to be an attack.Attacker.
	Hostile bool
	// AwaitUpdate: whoever asks for a KeyUpdate waits for the answer, so that
	// one is owed even by an end that has nothing to write.
	AwaitUpdate bool
	// Hasty: the apps may close before the first handshake is done.
	Hasty bool
	// KeepsOpen: the peer's app does not close when it is told of a clean end, so
	// that whoever waits for its close waits for ever; and neither does the app under
	// test when its engine has failed.
	KeepsOpen bool
	// LastingPause: the heal ends no pause.
	LastingPause bool
	// StrictReneg is a trait of both engines: data in the middle of a
	// renegotiation is fatal. So only a client begins one, when the server has
	// nothing more to say.
	StrictReneg bool
	// EagerPeer: what the peer has to send comes while the pump under test
	// receives, not only between its turns.
	EagerPeer bool
	Sizes     Sizes
}

// Suit makes it a world that a pump with these restrictions can be in, where it is not.
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

// Sizes are the sizes of a world, in bytes unless said otherwise. Small ones
// are where the bugs live.
type Sizes struct {
	// Bio is each of the pair's buffers.
	Bio int
	// Pipe, Queue and Chunk are the pump's limits (model.Limits).
	Pipe, Queue, Chunk int
	// Flight is what a direction of a link holds in flight, the sender's
	// buffer included; Window is the receiver's buffer.
	Flight, Window int
	// Record is the most plaintext of a record, and Hello that of a record of
	// the handshake.
	Record, Hello int
	// Chain and ClientChain are the lengths of the certificate chains; Chain
	// 0 means PSK.
	Chain, ClientChain int
	// Tickets is how many a TLS 1.3 server sends.
	Tickets int
	// Linger is how many ticks a close waits for the peer.
	Linger int
}
