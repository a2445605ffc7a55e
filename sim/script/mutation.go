package script

import (
	"encoding/binary"
	"fmt"

	"github.com/wantwrite/wantwrite/model/wire"
)

// A Mutation is what Mutate does to one record, or to two.
type Mutation uint8

const (
	// Flip inverts one bit: bit number Arg2 modulo the record's bits.
	Flip Mutation = iota
	// truncate cuts the record after Arg2 modulo its length bytes. Its header still
	// promises all of them.
	truncate
	// extend adds Arg2 modulo 64, plus one, bytes to the body and the header.
	extend
	// repeat sends the record twice.
	repeat
	// drop loses it.
	drop
	// reorder swaps it with the record behind it.
	reorder
	// split cuts it into two records with headers of their own.
	split
	// merge joins its body and the next one's under one header.
	merge
	// WrongType sets the content type to Arg2's low byte.
	WrongType
	// WrongVersion sets the version to Arg2's low 16 bits.
	WrongVersion
	// oversize makes the header promise more than is legal.
	oversize
	// Alert puts an unprotected alert in front: level Arg2>>8, description
	// Arg2&255.
	Alert
	// empties puts Arg2 modulo 64, plus one, empty records in front.
	empties

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

// Edit applies the mutation to a TLS record, with all of its header, and to what follows
// it. arg is the action's Arg2. The result may use the memory of rec.
func (m Mutation) Edit(rec, rest []byte, arg uint32) []byte {
	switch m {
	case Flip:
		bit := int(arg) % (8 * len(rec))
		rec[bit/8] ^= 1 << (bit % 8)
	case truncate:
		rec = rec[:int(arg)%len(rec)]
	case extend:
		more := make([]byte, arg%64+1)
		rec = setLength(append(rec, more...), len(rec)+len(more)-wire.HeaderLen)
	case repeat:
		rec = append(rec, rec...)
	case drop:
		rec = nil
	case WrongType:
		rec[0] = byte(arg)
	case WrongVersion:
		binary.BigEndian.PutUint16(rec[1:], uint16(arg))
	case oversize:
		rec = setLength(rec, 1<<14+2049+int(arg%1024))
	case Alert:
		alert := wire.AppendRecord(nil, wire.TypeAlert, wire.TLS12, []byte{byte(arg >> 8), byte(arg)})
		rec = append(alert, rec...)
	case empties:
		rec = append(emptyRecords(int(arg%64)+1), rec...)
	case reorder, split, merge:
		return m.editPair(rec, rest, arg)
	}
	return append(rec, rest...)
}

// editPair applies a mutation that needs the next record too, or makes one.
func (m Mutation) editPair(rec, rest []byte, arg uint32) []byte {
	if m == split {
		body := rec[wire.HeaderLen:]
		at := 0
		if len(body) > 0 {
			at = int(arg) % len(body)
		}
		version := binary.BigEndian.Uint16(rec[1:])
		two := wire.AppendRecord(nil, rec[0], version, body[:at])
		two = wire.AppendRecord(two, rec[0], version, body[at:])
		return append(two, rest...)
	}
	next := min(wire.RecordSize(rest), len(rest))
	if next == 0 {
		return append(rec, rest...)
	}
	if m == reorder {
		swapped := append([]byte(nil), rest[:next]...)
		return append(append(swapped, rec...), rest[next:]...)
	}
	rec = append(rec, rest[wire.HeaderLen:next]...)
	return append(setLength(rec, len(rec)-wire.HeaderLen), rest[next:]...)
}

// setLength writes n into the length field of a record's header.
func setLength(rec []byte, n int) []byte {
	binary.BigEndian.PutUint16(rec[3:], uint16(n))
	return rec
}

// emptyRecords is a flood of n application data records without content.
func emptyRecords(n int) []byte {
	var flood []byte
	for range n {
		flood = wire.AppendRecord(flood, wire.TypeApplicationData, wire.TLS12, nil)
	}
	return flood
}
