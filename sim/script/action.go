package script

import "fmt"

// A Verb is a kind of action: the first word of a script's line. There are at
// most 16, so that a script can be read without a manual, and those of an end fit
// a word of the enabled set.
type Verb uint8

const (
	// Deliver moves bytes in flight toward an end into its receive buffer:
	// Arg is a Portion or, as Bytes, a count.
	Deliver Verb = iota
	// Poll lets the loop call the end's pump with what is ready.
	Poll
	// Write lets the app write a message: Arg bytes of body, answered by a
	// message of Arg2 bytes of body (0: not answered).
	Write
	// Pause stops the app's reading, Resume starts it again.
	Pause
	Resume
	// Renegotiate lets the app begin a new handshake. In TLS 1.3, which has no
	// renegotiation, a server's app asks for the client's certificate instead.
	Renegotiate
	// KeyUpdate lets it send a KeyUpdate: Arg 1 with update_requested.
	KeyUpdate
	// Shut half-closes: the app has nothing more to write.
	Shut
	// Close lets the app close.
	Close
	// Spurious calls the pump with readiness that is not there: Arg is the
	// event set.
	Spurious
	// Window closes the receive window of an end for Arg ticks.
	Window
	// Reset breaks the link, as seen by the end when it is delivered.
	Reset
	// Fin ends the stream toward the end, as a dying host or proxy does.
	Fin
	// Mutate changes the next record in flight toward the end: Arg is the
	// Mutation, Arg2 its parameter.
	Mutate
	// Tick advances virtual time by Arg ticks.
	Tick
	// Attack lets the end's engine do what no honest library would: Arg is the
	// model.Attack, Arg2 its argument. Only a peer's that is hostile can.
	Attack

	// NumVerbs is how many verbs there are.
	NumVerbs
)

var verbText = [NumVerbs]string{
	"deliver", "poll", "write", "pause", "resume", "renegotiate", "keyupdate",
	"shut", "close", "spurious", "window", "reset", "fin", "mutate", "tick",
	"attack",
}

// String is the verb's word.
func (v Verb) String() string {
	if v < NumVerbs {
		return verbText[v]
	}
	return fmt.Sprintf("Verb(%d)", uint8(v))
}

// A Portion is how much Deliver moves, in words that mean the same for every
// engine. Values from Bytes on are counts: Bytes+n is n bytes.
const (
	// OneByte is a single byte.
	OneByte = iota
	// Part is up to the middle of what is left of the record that is arriving.
	Part
	// Record is up to the end of the record that is arriving.
	Record
	// All is all there is.
	All
	// Bytes is where counts begin.
	Bytes
)

// A Mutation is what Mutate does to a record, or to records.
type Mutation uint8

const (
	// Flip inverts one bit: bit number Arg2 modulo the record's bits.
	Flip Mutation = iota
	// Truncate cuts the record after Arg2 modulo its length bytes, its header
	// still promising all of them.
	Truncate
	// Extend adds Arg2 modulo 64, plus one, bytes to the body and the header.
	Extend
	// Repeat sends the record twice.
	Repeat
	// Drop loses it.
	Drop
	// Reorder swaps it with the record behind it.
	Reorder
	// Split cuts it into two records with headers of their own.
	Split
	// Merge joins it and the next one's bodies under one header.
	Merge
	// WrongType sets the content type to Arg2's low byte.
	WrongType
	// WrongVersion sets the version to Arg2's low 16 bits.
	WrongVersion
	// Oversize makes the header promise more than is legal.
	Oversize
	// Alert puts an unprotected alert in front: level Arg2>>8, description
	// Arg2&255.
	Alert
	// Empties puts Arg2 modulo 64, plus one, empty records in front.
	Empties

	// NumMutations is how many there are.
	NumMutations
)

var mutationText = [NumMutations]string{
	"flip", "truncate", "extend", "repeat", "drop", "reorder", "split", "merge",
	"type", "version", "oversize", "alert", "empties",
}

// String is the mutation's word.
func (m Mutation) String() string {
	if m < NumMutations {
		return mutationText[m]
	}
	return fmt.Sprintf("Mutation(%d)", uint8(m))
}

// MaxLinks is how many links a world can have.
const MaxLinks = 2

// An End is an endpoint of a world: the client's end of link i is 2i, the
// server's 2i+1.
type End uint8

// String is the end's word: client, server, client2, server2.
func (e End) String() string {
	word := [2]string{"client", "server"}[e&1]
	if e > 1 {
		return fmt.Sprintf("%s%d", word, e/2+1)
	}
	return word
}

// Peer is the other end of the same link.
func (e End) Peer() End { return e ^ 1 }

// An Action is one thing that happens: a line of a script.
type Action struct {
	Verb Verb
	On   End
	Arg  uint32
	Arg2 uint32
}
