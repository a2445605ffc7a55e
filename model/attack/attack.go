package attack

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// An Attack is an item of the repertoire: its index in the table below, from 0 to
// Count-1. It takes one argument, a number; Argument says of what.
//
// Some attacks change the engine's Manner from then on. The others are done at once,
// with the keys of that moment and in any state: before the first handshake in the
// clear, and in TLS 1.3 also with messages that only TLS 1.2 has.
type Attack uint8

// Max is the largest argument of an attack. It exceeds every limit that a library is
// known to have, and makes a record that is twice too long.
const Max = 1 << 15

// Count is how many attacks there are.
const Count = Attack(len(repertoire))

// A row is one attack.
type row struct {
	word     string // in scripts
	argument string // what the argument counts or names; "" if there is none
	about    string // what the attack does, in a clause
	forges   bool   // see Forges
	usual    func(d Draw) int
	play     func(f Forger, n int)
}

// repertoire has all attacks. Add one at the end: its index is hashed in traces.
var repertoire = [...]row{
	{word: "split", argument: "bytes a record", usual: piece, play: split,
		about: "handshake messages leave in records of N bytes"},
	{word: "pack", usual: none, play: pack,
		about: "handshake messages leave in as few records as the keys allow"},
	{word: "interleave", argument: "bytes of data", usual: data, play: interleave, forges: true,
		about: "application data comes in the middle of the next handshake message"},
	{word: "key-updates", argument: "how many", usual: flood, play: keyUpdates,
		about: "a flood of KeyUpdates, each of which asks for one"},
	{word: "hello-requests", argument: "how many", usual: flood, play: helloRequests,
		about: "a flood of HelloRequests"},
	{word: "renegotiation", argument: "bytes a record", usual: data, play: renegotiation, forges: true,
		about: "a new handshake begins in the middle of a stream of records"},
	{word: "warnings", argument: "how many", usual: flood, play: warnings,
		about: "a flood of warning alerts"},
	{word: "alert-pieces", argument: "description", usual: description, play: alertPieces,
		about: "an alert comes in two records of one byte"},
	{word: "empties", argument: "how many", usual: flood, play: empties,
		about: "a flood of records without content"},
	{word: "content", argument: "bytes", usual: length, play: content, forges: true,
		about: "a record with so much content, up to and over the limit"},
	{word: "sealed", argument: "bytes", usual: length, play: sealed, forges: true,
		about: "a record of such a length when sealed, up to and over the limit"},
	{word: "close", usual: none, play: closeNotify,
		about: "close_notify comes early"},
	{word: "end", usual: none, play: end,
		about: "the socket ends without a word"},
	{word: "data-after-close", argument: "bytes", usual: data, play: dataAfterClose, forges: true,
		about: "application data comes after close_notify"},
	{word: "deaf", usual: none, play: deaf,
		about: "nothing is read any more"},
	{word: "sip", usual: none, play: sip,
		about: "one byte is read a call"},
}

// String is the attack's word in scripts.
func (a Attack) String() string {
	if a < Count {
		return repertoire[a].word
	}
	return fmt.Sprintf("Attack(%d)", uint8(a))
}

// About says in a clause what the attack does. a must be below Count.
func (a Attack) About() string { return repertoire[a].about }

// Argument says what the attack's argument is; it is empty if there is none. a must be
// below Count.
func (a Attack) Argument() string { return repertoire[a].argument }

// Forges says whether the attack sends application data that no app has written. After
// it, what the peer's app is given means nothing. An Attack that does not exist does not.
func (a Attack) Forges() bool { return a < Count && repertoire[a].forges }

// Usual makes an argument that is worth a try of drawn numbers. a must be below Count.
func (a Attack) Usual(d Draw) int { return repertoire[a].usual(d) }

// Play makes the attack with argument n, which is held to 0 to Max. An Attack that does
// not exist does nothing.
func (a Attack) Play(f Forger, n int) {
	if a < Count {
		f.Manner().Active = true
		repertoire[a].play(f, min(max(n, 0), Max))
	}
}

// An Attacker is an engine that can be told to attack its peer. What the attack sends
// is output like any other: it waits for Drain, or with the attached transport for the
// next call.
type Attacker interface {
	model.Engine
	// Attack plays a with argument n, from 0 to Max. It never fails. On an engine that
	// has failed, or for an attack that does not exist, it does nothing.
	Attack(a Attack, n int)
}

// A Draw is the random numbers of which Usual makes an argument. Each attack looks at
// one or two of them, so that a fuzzer that changes one changes no other choice.
type Draw struct {
	Count uint8
	Bytes uint16
	Limit uint8
	Code  uint8
}

// The usual arguments.

func none(Draw) int { return 0 }

// piece is a short record of a handshake message, in bytes.
func piece(d Draw) int { return 1 + int(d.Bytes)%64 }

// data is the length of a record of application data, in bytes.
func data(d Draw) int { return int(d.Bytes) % 512 }

// flood is around what libraries bear (4 and 32 in OpenSSL, 16 in crypto/tls), and more.
func flood(d Draw) int {
	counts := [...]int{1, 2, 4, 5, 16, 17, 32, 33, 300}
	return counts[int(d.Count)%len(counts)]
}

func description(d Draw) int {
	return int(wire.CommonAlerts[int(d.Code)%len(wire.CommonAlerts)])
}

// length is one of a record: around what is legal (RFC 8446, sections 5.1 and 5.2; RFC
// 5246, section 6.2), or short.
func length(d Draw) int {
	const most = wire.MaxRecordLen
	limits := [...]int{most, most + 1, most + 17, most + 24, most + 256, most + 257,
		most + 2048, most + 2049}
	if d.Limit&1 == 0 {
		return limits[int(d.Limit/2)%len(limits)]
	}
	return data(d)
}
