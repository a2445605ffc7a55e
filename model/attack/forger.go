package attack

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A Forger is an engine as an attack sees it: it sends whatever it is told to, with its
// keys. Each method seals at once, behind what the Manner still holds back.
type Forger interface {
	// Manner is how the engine sends and takes in records. It is the engine's own.
	Manner() *Manner
	// Seal seals content as one record of that type, however long. Only if Overhead says
	// that records can be padded is padding, in bytes, other than 0.
	Seal(typ byte, content []byte, padding int)
	// Overhead is how many bytes sealing adds to content now, and whether records can be
	// padded (RFC 8446, section 5.4).
	Overhead() (n int, pads bool)
	// Alert sends an alert of two bytes.
	Alert(level byte, a wire.Alert)
	// HelloRequest sends a HelloRequest.
	HelloRequest()
	// KeyUpdate sends a KeyUpdate that asks for one and, in TLS 1.3, changes the keys.
	KeyUpdate()
	// Renegotiate begins a handshake. Where none can begin it sends a ClientHello, in no
	// handshake.
	Renegotiate()
	// Close takes down that close_notify is sent, and says whether it was not before.
	Close() bool
	// End makes the engine fail without an alert.
	End()
}

// A Manner is what attacks have changed for good in how an engine sends its handshake
// messages and takes its input. The zero value is the usual way.
type Manner struct {
	Active bool // an attack was made: until then there is nothing else to look at
	Split  int  // bytes of a record of handshake messages; 0: as the engine does
	Pack   bool // handshake messages share records
	Halve  int  // bytes of data in the middle of the next message sent alone, plus one; 0: none
	Stream int  // bytes of data in front of the next ServerHello
	Deaf   bool // no input is taken
	Sip    bool // input is taken one byte a call

	packed []byte // messages that wait for others
}

// Fresh is a Manner as usual, in the same memory.
func (m *Manner) Fresh() Manner { return Manner{packed: m.packed[:0]} }

// Send sends a handshake message in this manner through seal, which makes a record. The
// engine's own records of handshake messages have at most most bytes of content.
func (m *Manner) Send(message []byte, most int, seal func(typ byte, content []byte)) {
	if m.Pack {
		m.packed = append(m.packed, message...)
		return
	}
	if m.Split > 0 {
		most = min(m.Split, wire.MaxRecordLen)
	}
	if m.Halve > 0 {
		n := m.Halve - 1
		m.Halve = 0
		pieces(message[:len(message)/2], most, seal)
		seal(wire.TypeApplicationData, filler[:n])
		message = message[len(message)/2:]
	}
	pieces(message, most, seal)
}

// Flush sends the messages that wait for others. An engine calls it before it seals
// anything else, before its keys change, and at the end of a flight.
func (m *Manner) Flush(seal func(typ byte, content []byte)) {
	if len(m.packed) > 0 {
		pieces(m.packed, wire.MaxRecordLen, seal)
		m.packed = m.packed[:0]
	}
}

// pieces sends handshake bytes in records of at most most bytes of content.
func pieces(p []byte, most int, seal func(typ byte, content []byte)) {
	for len(p) > 0 {
		n := min(len(p), most)
		seal(wire.TypeHandshake, p[:n])
		p = p[n:]
	}
}

// StreamOn sends the next record of the stream that a renegotiation is in the middle
// of. An engine calls it in front of its ServerHello.
func (m *Manner) StreamOn(f Forger) {
	if m.Stream > 0 {
		content(f, m.Stream)
	}
}

// Takes is how many of n bytes of input the engine takes in at once.
func (m *Manner) Takes(n int) int {
	switch {
	case m.Deaf:
		return 0
	case m.Sip:
		return min(n, 1)
	}
	return n
}

// Snapshot lists the manner, for an engine's Snapshot. No message waits between calls.
func (m *Manner) Snapshot(s *model.Snapshot) {
	s.Flags(&m.Active, &m.Pack, &m.Deaf, &m.Sip)
	if !m.Active {
		m.Split, m.Halve, m.Stream = 0, 0, 0
		return
	}
	s.Int(&m.Split)
	s.Int(&m.Halve)
	s.Int(&m.Stream)
}

// The attacks, in the order of the table.

// filler is the data of attacks.
var filler [Max]byte

// split: each handshake message that follows leaves in records of n bytes of content.
// 0 ends it.
func split(f Forger, n int) {
	m := f.Manner()
	m.Split, m.Pack = n, false
}

// pack: handshake messages that follow in one go share records, and leave in one if the
// keys are the same and it is long enough (RFC 8446, section 5.1). It ends a split.
func pack(f Forger, _ int) {
	m := f.Manner()
	m.Split, m.Pack = wire.MaxRecordLen, true
}

// interleave: n bytes of application data come between the two halves of the next
// handshake message that is not packed. RFC 8446, section 5.1, forbids it.
func interleave(f Forger, n int) { f.Manner().Halve = n + 1 }

// keyUpdates: n KeyUpdates that ask for one (I1 and I2 in bugs.txt).
func keyUpdates(f Forger, n int) {
	for range n {
		f.KeyUpdate()
	}
}

// helloRequests: n HelloRequests (RFC 5246, section 7.4.1.1).
func helloRequests(f Forger, n int) {
	for range n {
		f.HelloRequest()
	}
}

// renegotiation: a handshake begins in the middle of records of n bytes of application
// data, if n is not 0. They come in front of and behind a client's ClientHello or a
// server's HelloRequest, and in front of the ServerHello.
func renegotiation(f Forger, n int) {
	m := f.Manner()
	m.Stream = n
	m.StreamOn(f)
	f.Renegotiate()
	m.StreamOn(f)
}

// warnings: n warning alerts, user_canceled (CVE-2016-8610).
func warnings(f Forger, n int) {
	for range n {
		f.Alert(wire.LevelWarning, wire.AlertUserCanceled)
	}
}

// alertPieces: the alert with description n comes in two records of one byte each. RFC
// 8446, section 5.1, forbids it.
func alertPieces(f Forger, n int) {
	a, level := wire.Alert(n), wire.LevelFatal
	switch a {
	case wire.AlertCloseNotify:
		f.Close()
		level = wire.LevelWarning
	case wire.AlertUserCanceled, wire.AlertNoRenegotiation:
		level = wire.LevelWarning
	}
	f.Seal(wire.TypeAlert, []byte{level}, 0)
	f.Seal(wire.TypeAlert, []byte{byte(a)}, 0)
}

// empties: n records of application data without content.
func empties(f Forger, n int) {
	for range n {
		content(f, 0)
	}
}

// content: a record of application data with n bytes of content. More than 2^14 are too
// many (RFC 8446, section 5.1).
func content(f Forger, n int) { f.Seal(wire.TypeApplicationData, filler[:n], 0) }

// sealed: the same with n bytes behind the record's header. More than 2^14+256 are too
// many in TLS 1.3, more than 2^14+2048 in TLS 1.2. In TLS 1.3 what is too much for the
// content is padding.
func sealed(f Forger, n int) {
	over, pads := f.Overhead()
	length, padding := max(n-over, 0), 0
	if pads && length > wire.MaxRecordLen {
		length, padding = wire.MaxRecordLen, length-wire.MaxRecordLen
	}
	f.Seal(wire.TypeApplicationData, filler[:length], padding)
}

// closeNotify: close_notify in any state, if it has not been sent.
func closeNotify(f Forger, _ int) {
	if f.Close() {
		f.Alert(wire.LevelWarning, wire.AlertCloseNotify)
	}
}

// end: the engine fails without a word, so that its pump gives the socket up and the
// peer gets FIN without close_notify.
func end(f Forger, _ int) { f.End() }

// dataAfterClose: close_notify, if it has not been sent, and n bytes of application data
// behind it.
func dataAfterClose(f Forger, n int) {
	closeNotify(f, 0)
	content(f, n)
}

func deaf(f Forger, _ int) { f.Manner().Deaf = true }

func sip(f Forger, _ int) { f.Manner().Sip = true }
