// Package linktest is what the tests of engines have instead of pumps and a world: two
// engines, and somebody who carries bytes between them and makes their calls.
package linktest

import (
	"crypto/sha256"
	"hash"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// A Link is two engines and the bytes that went between them. Its methods fail the test
// if an engine does what no test that calls them can want.
//
// The ends have one of both transports. With pairs the link carries ciphertext from one
// engine to the other. Attached engines move it themselves, over the wires To.
type Link struct {
	// Ends are the engines, by role.
	Ends [2]model.Engine
	// To are the wires between attached ends, by the role that receives. They have room
	// for what the sender's EngineConfig.Out says.
	To [2]*Wire
	// Step is how many bytes Try, Shake and Pass carry at a time; 0 means all there are.
	Step int
	// Sent is all that each end has put on the wire, by role.
	Sent [2][]byte
	// Notes are what the noted ends have sent and absorbed, in order.
	Notes []Note
	// Tamper, if not nil, may change what Carry brings from an end to its peer.
	Tamper func(from model.Role, p []byte)

	t      failer
	sides  [2]Side
	moved  int
	wire   hash.Hash
	buffer []byte // ciphertext on its way
	plain  []byte // what was read
}

// A failer is a test, a benchmark, or one of rapid's tests.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// A Side is what one end of a link is made from. The link sets the role, and the socket of
// an attached end that has none.
type Side struct {
	Library model.Library
	Config  model.EngineConfig
	// Noted: the engine tells Link.Notes of its messages.
	Noted bool
}

// A Note is a message that one end has sent or absorbed.
type Note struct {
	By model.Role
	model.Note
}

// String is the note as a sentence: "client sent KeyUpdate".
func (n Note) String() string {
	verb := "got"
	if n.Sent {
		verb = "sent"
	}
	return n.By.String() + " " + verb + " " + n.Message
}

// Config is the configuration that tests start from: buffers of so many bytes, records of
// any length, and writes that may be partial and retried from elsewhere.
func Config(v model.Version, room int) model.EngineConfig {
	return model.EngineConfig{Version: v, In: room, Out: room, Key: 7, MaxRecord: 16384,
		PartialWrite: true, MovingBuffer: true}
}

// Versions runs a test for both versions of TLS.
func Versions(t *testing.T, test func(t *testing.T, v model.Version)) {
	t.Helper()
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		t.Run(v.String(), func(t *testing.T) { test(t, v) })
	}
}

// Open makes a link in a run of its own, with seed 1. Both end with the test.
func Open(t testing.TB, client, server Side) *Link {
	t.Helper()
	client.Library.Begin(1)
	t.Cleanup(client.Library.End)
	if server.Library != client.Library {
		server.Library.Begin(1)
		t.Cleanup(server.Library.End)
	}
	l := Pair(t, client, server)
	t.Cleanup(l.Free)
	return l
}

// Pair makes a link in the run that is under way. The caller frees it.
func Pair(t failer, client, server Side) *Link {
	t.Helper()
	l := &Link{t: t, sides: [2]Side{client, server}, wire: sha256.New()}
	for r := range l.To {
		l.To[r] = &Wire{Room: l.sides[1-r].Config.Out}
	}
	for r := range l.Ends {
		e, err := l.sides[r].Library.New(l.configure(model.Role(r)))
		if err != nil {
			l.Free()
			t.Fatalf("no %v: %v", model.Role(r), err)
		}
		l.Ends[r] = e
	}
	return l
}

// configure gives an end's configuration its role, its socket and its watch.
func (l *Link) configure(r model.Role) *model.EngineConfig {
	side := &l.sides[r]
	cfg := &side.Config
	cfg.Role = r
	if cfg.Transport == model.Attached && cfg.Socket == nil {
		cfg.Socket = &socket{in: l.To[r], out: l.To[r.Peer()],
			sent: func(p []byte) { l.record(r, p) }}
	}
	if side.Noted {
		cfg.Watch = func(n model.Note) { l.Notes = append(l.Notes, Note{r, n}) }
	}
	return cfg
}

// Free gives both engines back. A second call frees them again, which libraries ignore.
func (l *Link) Free() {
	for r, e := range l.Ends {
		if e != nil {
			l.sides[r].Library.Free(e)
		}
	}
}

// Client is the client's engine.
func (l *Link) Client() model.Engine { return l.Ends[model.Client] }

// Server is the server's engine.
func (l *Link) Server() model.Engine { return l.Ends[model.Server] }

// Library is what made an end.
func (l *Link) Library(r model.Role) model.Library { return l.sides[r].Library }
