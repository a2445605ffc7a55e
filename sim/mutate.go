package sim

import (
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim/script"
)

// mutate changes the record that arrives next. It takes out what is in flight, edits it
// and puts it back.
func (w *World) mutate(s *stream, m script.Mutation, arg uint32) {
	n := s.inFlight()
	w.spare = append(w.spare[:0], make([]byte, n)...)
	s.copyOut(w.spare, s.seen)
	first := min(n, max(s.recordAt(s.seen), wire.HeaderLen))
	edited := edit(w.spare[:first:first], w.spare[first:], m, arg)
	if len(edited) > streamSize/4 {
		return
	}
	s.tail, s.recordEnd = s.seen, s.seen
	s.put(edited)
}

// edit applies a mutation to a record and what follows it.
func edit(rec, rest []byte, m script.Mutation, arg uint32) []byte {
	switch m {
	case script.Flip:
		bit := int(arg) % (8 * len(rec))
		rec[bit/8] ^= 1 << (bit % 8)
	case script.Truncate:
		rec = rec[:int(arg)%len(rec)]
	case script.Extend:
		more := make([]byte, arg%64+1)
		rec = setLength(append(rec, more...), len(rec)+len(more)-wire.HeaderLen)
	case script.Repeat:
		rec = append(rec, rec...)
	case script.Drop:
		rec = nil
	case script.WrongType:
		rec[0] = byte(arg)
	case script.WrongVersion:
		binary.BigEndian.PutUint16(rec[1:], uint16(arg))
	case script.Oversize:
		rec = setLength(rec, 1<<14+2049+int(arg%1024))
	case script.Alert:
		alert := wire.AppendRecord(nil, wire.TypeAlert, 0x0303, []byte{byte(arg >> 8), byte(arg)})
		rec = append(alert, rec...)
	case script.Empties:
		rec = append(empties(int(arg%64)+1), rec...)
	case script.Reorder, script.Split, script.Merge:
		return editPair(rec, rest, m, arg)
	}
	return append(rec, rest...)
}

// editPair applies a mutation that needs the next record too, or makes one.
func editPair(rec, rest []byte, m script.Mutation, arg uint32) []byte {
	if m == script.Split {
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
	if m == script.Reorder {
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

// empties is a flood of n application data records without content.
func empties(n int) []byte {
	var flood []byte
	for range n {
		flood = wire.AppendRecord(flood, wire.TypeApplicationData, 0x0303, nil)
	}
	return flood
}
