package model

import "encoding/binary"

// A Snapshot is the state of a pump or an engine as bytes. One list of fields both
// writes it and reads it back, so that the two can't disagree:
//
//	func (p *pump) Snapshot(s *Snapshot) {
//		s.Flags(&p.paused, &p.closed)
//		s.Int(&p.retry)
//		s.Bytes(&p.queue)
//	}
//
// Equal states must give equal bytes, and equal bytes must behave equally from then
// on. So counters that only grow are written as the differences that matter. Leave out
// what is filled before it is used, and what never changes in a run.
type Snapshot struct {
	data    []byte
	reading bool
	bad     bool
	places  [][]byte
}

// A Snapshotter is a pump or an engine whose state can be saved and restored; package
// check needs that. Snapshot lists the fields of the state. It is restored into an
// object made from the same Spec and Env, or the same EngineConfig, so those need not
// be listed. Snapshots are taken between turns only.
type Snapshotter interface {
	Snapshot(*Snapshot)
}

// Write begins a snapshot that is appended to dst.
func (s *Snapshot) Write(dst []byte) {
	*s = Snapshot{data: dst, places: s.places[:0]}
}

// Read begins to read one back.
func (s *Snapshot) Read(src []byte) {
	*s = Snapshot{data: src, reading: true, places: s.places[:0]}
}

// Data is what was written, dst in front; or what has not been read.
func (s *Snapshot) Data() []byte { return s.data }

// Reading says which way it goes, for what can't be listed simply.
func (s *Snapshot) Reading() bool { return s.reading }

// OK says whether all that was read was there, and all that was written can be
// read back.
func (s *Snapshot) OK() bool { return !s.bad }

// Flags are up to eight booleans.
func (s *Snapshot) Flags(flags ...*bool) {
	var bits uint8
	for i, f := range flags {
		if *f {
			bits |= 1 << i
		}
	}
	s.Byte(&bits)
	for i, f := range flags {
		*f = bits>>i&1 != 0
	}
}

// Byte is a small number: a state, an enum.
func (s *Snapshot) Byte(b *uint8) {
	switch {
	case !s.reading:
		s.data = append(s.data, *b)
	case len(s.data) == 0:
		s.bad = true
	default:
		*b, s.data = s.data[0], s.data[1:]
	}
}

// Int is a count or a size; small ones take a byte.
func (s *Snapshot) Int(n *int) {
	if !s.reading {
		s.data = binary.AppendVarint(s.data, int64(*n))
		return
	}
	x, size := binary.Varint(s.data)
	if size <= 0 {
		s.bad = true
		return
	}
	*n, s.data = int(x), s.data[size:]
}

// Word is 64 bits that look random: a key, a checksum.
func (s *Snapshot) Word(w *uint64) {
	switch {
	case !s.reading:
		s.data = binary.LittleEndian.AppendUint64(s.data, *w)
	case len(s.data) < 8:
		s.bad = true
	default:
		*w, s.data = binary.LittleEndian.Uint64(s.data), s.data[8:]
	}
}

// Bytes is a byte string of any length. Read back it lies in *p's memory, if
// that suffices.
func (s *Snapshot) Bytes(p *[]byte) {
	held := s.Held(*p)
	if s.reading {
		*p = append((*p)[:0], held...)
	}
}

// Held writes p, or gives what was written so: a part of the snapshot, to be
// copied from. It is Bytes for what lies in memory of its own kind.
func (s *Snapshot) Held(p []byte) []byte {
	n := len(p)
	s.Int(&n)
	switch {
	case !s.reading:
		s.data = append(s.data, p...)
		return p
	case n < 0 || n > len(s.data):
		s.bad = true
		return nil
	}
	p, s.data = s.data[:n], s.data[n:]
	return p
}

// Place tells of memory that an engine may remember the address of: a buffer
// whose bytes are offered to Write. Who owns one names it, in the same order
// each time, after it was read back and before the engine's turn.
func (s *Snapshot) Place(memory []byte) { s.places = append(s.places, memory) }

// Address is the address of a byte in one of the places; nil is one too. An
// address elsewhere can't be saved.
func (s *Snapshot) Address(p **byte) {
	place, at := -1, 0
	if !s.reading && *p != nil {
		if place, at = s.find(*p); place < 0 {
			s.bad = true
		}
	}
	s.Int(&place)
	s.Int(&at)
	if !s.reading {
		return
	}
	*p = nil
	switch {
	case place < 0:
	case place >= len(s.places) || at < 0 || at >= len(s.places[place]):
		s.bad = true
	default:
		*p = &s.places[place][at]
	}
}

// find looks an address up in the places.
func (s *Snapshot) find(p *byte) (place, at int) {
	for place, memory := range s.places {
		for at := range memory {
			if &memory[at] == p {
				return place, at
			}
		}
	}
	return -1, 0
}

// Grow writes a byte string of n bytes and gives its place, to be filled.
func (s *Snapshot) Grow(n int) []byte {
	s.Int(&n)
	at := len(s.data)
	s.data = append(s.data, make([]byte, n)...)
	return s.data[at:]
}

// Refuse says that what was read makes no sense, or that what is written can't
// be read back.
func (s *Snapshot) Refuse() { s.bad = true }
