package differential

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// An Op is what a [Call] does.
type Op uint8

const (
	// Handshake, Shutdown, Renegotiate and Clear call the engine's methods of
	// these names.
	Handshake Op = iota
	Shutdown
	Renegotiate
	Clear
	// Authenticate calls the engine's method of this name.
	Authenticate
	// Ask and Update call KeyUpdate, with update_requested and without.
	Ask
	Update
	// Read reads into N bytes.
	Read
	// Write offers N bytes, or, if a write has to be made again, the same
	// bytes from the same place and N more.
	Write
	// Moved is the retry from another address.
	Moved
	// Shorter is the retry with N bytes less.
	Shorter
	// WriteEarly offers N bytes of early data, or the same again; ReadEarly reads
	// into N bytes.
	WriteEarly
	ReadEarly
	// Drain takes N bytes out of the end's output buffer and onto the way.
	Drain
	// Feed gives the end N bytes of what is on the way to it.
	Feed
	// FeedRecord gives it the rest of the record that is arriving.
	FeedRecord
	// Damage flips a bit in the last byte of the next sealed record that is
	// on the way to the end, if it is whole and no handshake is under way.
	Damage
	// Fin ends the stream toward an attached end.
	Fin

	numOps
)

var opText = [numOps]string{"handshake", "shutdown", "renegotiate", "clear-errors",
	"authenticate",
	"keyupdate-requested", "keyupdate", "read", "write", "write-moved", "write-shorter",
	"write-early", "read-early",
	"drain", "feed", "feed-record", "damage", "fin"}

// String is the op's word.
func (o Op) String() string {
	if o < numOps {
		return opText[o]
	}
	return fmt.Sprintf("Op(%d)", uint8(o))
}

// A Call is one thing that is done to one end of a pair.
type Call struct {
	Op Op
	On model.Role
	N  int // bytes
}

// String is the call as a report shows it: "server read 16384".
func (c Call) String() string {
	switch c.Op {
	case Read, Write, Moved, Shorter, WriteEarly, ReadEarly, Drain, Feed:
		return fmt.Sprintf("%s %s %d", c.On, c.Op, c.N)
	}
	return fmt.Sprintf("%s %s", c.On, c.Op)
}

// A Choice draws from 0 to n-1; label says what for.
type Choice func(n int, label string) int

// odds of the ops. Most calls are those that an ordinary pump makes, so that
// sequences get somewhere; the others are those that a bad one makes.
var odds = [numOps]int{Handshake: 10, Shutdown: 2, Renegotiate: 4, Clear: 4, Authenticate: 3,
	Ask: 3, Update: 2, Read: 24, Write: 16, Moved: 2, Shorter: 1, WriteEarly: 4, ReadEarly: 4,
	Drain: 24, Feed: 20, FeedRecord: 8, Damage: 1, Fin: 1}

var totalOdds = func() (sum int) {
	for _, n := range odds {
		sum += n
	}
	return sum
}()

// DrawCall draws a call. N is often small: 0 and 1 are where libraries differ.
func DrawCall(draw Choice) (c Call) {
	at := draw(totalOdds, "op")
	for at >= odds[c.Op] {
		at -= odds[c.Op]
		c.Op++
	}
	c.On = model.Role(draw(2, "end"))
	switch c.Op {
	case Read, Write, WriteEarly, ReadEarly, Drain, Feed:
		c.N = drawSize(draw)
	case Shorter:
		c.N = 1 + draw(64, "bytes")
	}
	return c
}

// DrawCalls draws a sequence.
func DrawCalls(draw Choice, n int) []Call {
	calls := make([]Call, n)
	for i := range calls {
		calls[i] = DrawCall(draw)
	}
	return calls
}

// drawSize draws a number of bytes; half the time it is all there are.
func drawSize(draw Choice) int {
	switch draw(8, "size") {
	case 0:
		return draw(2, "bytes")
	case 1:
		return draw(40, "bytes")
	case 2, 3:
		return draw(1200, "bytes")
	}
	return 1 << 15
}

// A Setting is what a pair is made from.
type Setting struct {
	Version   model.Version
	Transport model.Transport
	// In and Out are the buffers' sizes in bytes; attached, those of the
	// socket. With certificates they are not used, and there is room for a
	// handshake and all early data: only a PSK's messages have the same length in
	// all handshakes.
	In, Out int
	// Record is the most plaintext of a record.
	Record int
	// Certs and Mutual are the profiles: PSK without, ECDSA with the first,
	// client certificates with both.
	Certs, Mutual bool
	Tickets       int
	Partial       bool
	Moving        bool
	// Refuse: one end, Refuser, refuses renegotiation.
	Refuse  bool
	Refuser model.Role
	// Retry, Resume and PostAuth are those of model.EngineConfig.
	Retry, Resume, PostAuth bool
	// Early is the most early data in bytes.
	Early int
}

// chain is the length of both ends' chains in bytes where there are some.
const chain = 700

// DrawSetting draws a setting.
func DrawSetting(draw Choice) (s Setting) {
	s.Version = model.Version(draw(2, "version"))
	s.Transport = model.Transport(draw(2, "transport"))
	s.Certs = draw(8, "certs") == 0
	s.Mutual = draw(2, "mutual") == 0
	s.In, s.Out = drawBuffer(draw), drawBuffer(draw)
	s.Record = []int{512, 513, 1000, 4096, 16384}[draw(5, "record")]
	s.Tickets = draw(2, "tickets")
	s.Partial = draw(2, "partial writes") == 0
	s.Moving = draw(2, "moving buffer") == 0
	s.Refuse = s.Version == model.TLS12 && draw(3, "refuse") == 0
	s.Refuser = model.Role(draw(2, "refuser"))
	s.Retry = s.Version == model.TLS13 && draw(4, "retry") == 0
	s.Resume = draw(4, "resume") == 0
	s.PostAuth = s.Version == model.TLS13 && draw(2, "post-handshake authentication") == 0
	if s.Version == model.TLS13 && s.Resume {
		s.Early = []int{0, 1, 700, 20000, 1 << 17}[draw(5, "early data")]
	}
	return s
}

// drawEarly draws a link whose client may send early data, and calls of which each
// may be in the middle of it; or only that its output is slow.
func drawEarly(draw Choice) (Setting, []Call) {
	s := Setting{Version: model.TLS13, Transport: model.Transport(draw(2, "transport")),
		In: 1 << 14, Out: 1 << 16, Moving: true, Resume: true, Tickets: draw(2, "tickets"),
		Retry: draw(4, "retry") == 0, Partial: draw(2, "partial writes") == 0,
		PostAuth: draw(2, "post-handshake authentication") == 0,
		Record:   []int{512, 700, 4074, 4075, 5000, 16384}[draw(6, "record")],
		Early:    []int{1 << 17, 20000, 700, 1}[draw(4, "early data")]}
	ops := []Op{WriteEarly, ReadEarly, Read, Write, Handshake, Drain, Feed, FeedRecord, Clear, Ask}
	if draw(2, "slow") == 0 {
		s.Out, s.Early = 1+draw(1<<14, "room"), 1<<17
		ops = []Op{WriteEarly, Drain, Feed}
	}
	calls := make([]Call, 100)
	for i := range calls {
		c, most := Call{Op: ops[draw(len(ops), "op")], On: model.Role(draw(2, "end"))}, 1<<14
		switch {
		case draw(60, "end of the stream") == 0:
			c.Op = Fin
		case c.Op == WriteEarly:
			most = min(s.Early+1, most)
		}
		c.N = draw(most, "bytes")
		calls[i] = c
	}
	return s, calls
}

// drawFull draws a link that is up, and calls of which many find its output full to a
// few bytes: there an alert, an answer or a record leaves in part.
func drawFull(draw Choice) (Setting, []Call) {
	s := Setting{Version: model.Version(draw(2, "version")),
		Transport: model.Transport(draw(2, "transport")), In: 1 << 14, Out: 1500 + draw(3000, "room"),
		Record: []int{512, 700, 16384}[draw(3, "record")], Tickets: draw(2, "tickets"),
		Partial: draw(2, "partial writes") == 0, Moving: draw(4, "moving buffer") > 0,
		Resume: draw(3, "resume") == 0, Refuser: model.Role(draw(2, "refuser"))}
	s.Refuse = s.Version == model.TLS12 && draw(2, "refuse") == 0
	s.PostAuth = s.Version == model.TLS13 && draw(2, "post-handshake authentication") == 0
	calls := Shake()
	for range 40 {
		c := DrawCall(draw)
		switch {
		case c.Op == WriteEarly || c.Op == ReadEarly:
			continue
		case c.Op == Write:
			c.N = []int{s.Out - draw(90, "bytes"), draw(600, "bytes"), 2 * s.Out}[draw(3, "size")]
		case (c.Op == Drain || c.Op == Feed) && draw(4, "size") == 0:
			c.N = draw(40, "bytes")
		}
		calls = append(calls, c)
	}
	return s, calls
}

// drawBuffer draws the size of a buffer, from 1 byte up.
func drawBuffer(draw Choice) int {
	switch draw(6, "buffer") {
	case 0:
		return 1 + draw(16, "bytes")
	case 1:
		return 16 + draw(240, "bytes")
	case 2, 3:
		return 256 + draw(2048, "bytes")
	case 4:
		return 8192
	}
	return 1 << 16
}

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
