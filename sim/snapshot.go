package sim

import (
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Piece is a part of a world's state that is saved by itself. Most actions change few
// pieces. A pump's turn depends on few: its own end, what it has received, the plaintext
// that it should find there, how much room there is, and what its peer has made known. So
// package check keeps each piece once, and a state is a list of pieces.
type Piece uint8

const (
	// endPiece is an end: its registration, engine, pump, app and account.
	endPiece Piece = iota
	// receivedPiece is what lies in an end's receive buffer.
	receivedPiece
	// flightPiece is what is in flight toward an end.
	flightPiece
	// transitPiece is the plaintext that was accepted at the other end and is not yet
	// delivered at this one.
	transitPiece
	// SharedPiece is what belongs to no end: the taints and the threads.
	SharedPiece
)

const (
	// lifted is added to the offsets of a stream that is put back, so that none is
	// negative. It is a multiple of streamSize.
	lifted = 1 << 32
	// counted is the value of a counter of the ledger that is put back. Only differences
	// of counters matter.
	counted = 1 << 32
	// restored is the clock of a world that was put back. It is not 0, so that a timer
	// that has run out differs from one that was never set.
	restored = 1
)

// Snapshots is an error if one of the world's pumps or engines can't be saved. It is
// called after Reset.
func (w *World) Snapshots() error {
	for i := range w.ends[:w.n] {
		if err := w.ends[i].inside.savable(); err != nil {
			return err
		}
	}
	return nil
}

// Save appends a piece of the state to dst. Equal states give equal bytes.
func (w *World) Save(p Piece, id script.End, dst []byte) []byte {
	w.snap.Write(dst)
	w.snapshot(p, id)
	if !w.snap.OK() {
		panic(fmt.Sprintf("sim: the %s's engine remembers an address that its pump has not named; "+
			"want Snapshot.Place for the buffer that it offers to Write", id))
	}
	return w.snap.Data()
}

// Load puts a piece back that Save has written. After the last piece comes Settle. After
// a Tick all pieces have to be put back, for a timer is saved as the time that is left.
func (w *World) Load(p Piece, id script.End, src []byte) error {
	w.snap.Read(src)
	w.snapshot(p, id)
	if !w.snap.OK() || len(w.snap.Data()) > 0 {
		return fmt.Errorf("sim: got %d bytes that are no snapshot of the %s", len(src), id)
	}
	return nil
}

func (w *World) snapshot(p Piece, id script.End) {
	e, s := &w.ends[id], &w.snap
	switch p {
	case endPiece:
		e.snapshot(s)
	case receivedPiece:
		e.in.snapshotReceived(s)
	case flightPiece:
		e.in.snapshotFlight(s, w.cfg.Sizes.Flight, w.now)
	case transitPiece:
		e.peer().plain.snapshotTransit(s)
	case SharedPiece:
		w.snapshotShared(s)
	}
}

// Settle makes a whole of the pieces that were put back: the run has found nothing, the
// accounts fit each other, and the enabled set is up to date.
func (w *World) Settle() {
	w.now = restored
	w.found, w.over, w.quiescing = false, false, false
	w.finding, w.steps, w.at = oracle.Finding{}, 0, 0
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		a, t := e.acct, &e.plain
		queue, held := a.Accepted-a.Written, a.Decrypted-a.Delivered
		a.Accepted = counted + uint64(t.taken-t.head)
		a.Written = a.Accepted - queue
		a.Delivered, a.Decrypted = counted, counted+held
		e.open = e.inside.choices()
	}
	w.refreshAll()
}

// snapshot lists an end. A pump that is made anew while it is read back registers
// with the loop, so the registration is read back after that.
func (e *endpoint) snapshot(s *model.Snapshot) {
	if s.Reading() {
		e.inside.revive()
	}
	e.snapshotLoop(s)
	e.snapshotAccount(s)
	e.inside.snapshot(s)
}

// snapshotLoop lists the registration. An edge is noted when somebody looks. While the
// readiness that made it lasts, it makes no difference whether it was noted, so the edge
// is saved as one that was not. Other loops have no edges.
func (e *endpoint) snapshotLoop(s *model.Snapshot) {
	edges, wouldBlock := e.edges, e.wouldBlock
	if e.host.trigger != model.Edge {
		edges, wouldBlock = 0, 0
	}
	fresh := edges & e.readiness()
	edges, wouldBlock = edges&^fresh, wouldBlock|fresh
	s.Byte((*uint8)(&e.mask))
	s.Byte((*uint8)(&edges))
	s.Byte((*uint8)(&wouldBlock))
	if s.Reading() {
		e.edges, e.wouldBlock = edges, wouldBlock
	}
	s.Flags(&e.woken, &e.metEnd)
	snapshotTick(s, &e.timer, e.w.now)
}

// snapshotTick lists a moment that matters only while it is still to come. 0 is never. All
// moments of the past are saved alike.
func snapshotTick(s *model.Snapshot, at *uint64, now uint64) {
	left := 0
	if *at > 0 {
		left = 1 + int(max(*at, now)-now)
	}
	s.Int(&left)
	if !s.Reading() {
		return
	}
	*at = 0
	if left > 0 {
		*at = restored + uint64(left-1)
	}
}

// snapshotAccount lists the account. Of its counts it lists only what a pump holds.
func (e *endpoint) snapshotAccount(s *model.Snapshot) {
	a := e.acct
	queue, held := int(a.Accepted-a.Written), int(a.Decrypted-a.Delivered)
	out, in := int(a.Drained-a.Sent), int(a.Received-a.Fed)
	if a.Attached {
		out, in = 0, 0 // nobody holds any
	}
	idle := a.IdleTurns()
	for _, n := range [...]*int{&queue, &held, &out, &in, &idle} {
		s.Int(n)
	}
	s.Flags(&a.Backpressure, &a.Paused, &a.Closing, &a.HalfClosing, &a.Told, &a.Gone, &a.Broken,
		&a.Hostile, &a.Ended)
	s.Byte((*uint8)(&a.Why))
	if !s.Reading() {
		return
	}
	e.moves = 0
	a.Accepted, a.Written = counted, counted-uint64(queue)
	a.Delivered, a.Decrypted = counted, counted+uint64(held)
	a.Sent, a.Drained = counted, counted+uint64(out)
	a.Fed, a.Received = counted, counted+uint64(in)
	a.Idle, a.Mismatch, a.Misuse, a.Quiescence = idle, oracle.NoMismatch, "", oracle.Quiescence{}
}

// snapshotReceived lists the receive buffer.
func (s *stream) snapshotReceived(snap *model.Snapshot) {
	snap.Flags(&s.finSeen, &s.resetSeen, &s.deaf)
	s.spare = slices.Grow(s.spare[:0], s.unread())[:s.unread()]
	s.copyOut(s.spare, s.head)
	if held := snap.Held(s.spare); snap.Reading() {
		s.lift()
		s.head = s.seen - uint64(len(held))
		s.lay(held, s.seen)
	}
}

// snapshotFlight lists what is in flight, and where in a record it begins. If a header has
// arrived in part, the framing needs that part too.
func (s *stream) snapshotFlight(snap *model.Snapshot, flight int, now uint64) {
	for s.recordEnd < s.seen && s.frame() {
	}
	if s.shutUntil <= now {
		s.shutUntil = 0
	}
	ahead := int(int64(s.recordEnd - s.seen))
	n := s.inFlight() + max(0, -ahead)
	s.spare = slices.Grow(s.spare[:0], n)[:n]
	s.copyOut(s.spare, s.tail-uint64(n))
	snap.Flags(&s.fin, &s.reset)
	snapshotTick(snap, &s.shutUntil, now)
	snap.Int(&ahead)
	if held := snap.Held(s.spare); snap.Reading() {
		s.lift()
		s.flight = flight
		s.recordEnd = s.seen + uint64(int64(ahead))
		s.tail = s.seen + uint64(len(held)-max(0, -ahead))
		s.lay(held, s.tail)
	}
}

// lift moves the offsets of a new stream up.
func (s *stream) lift() {
	if s.seen < lifted {
		s.head, s.seen, s.tail = s.head+lifted, s.seen+lifted, s.tail+lifted
		s.recordEnd += lifted
	}
}

// lay writes bytes that end at offset end.
func (s *stream) lay(p []byte, end uint64) {
	at := (end - uint64(len(p))) & (streamSize - 1)
	n := copy(s.buf[at:], p)
	copy(s.buf, p[n:])
}

// snapshotShared lists the taints, and each thread's error queue and holder.
func (w *World) snapshotShared(s *model.Snapshot) {
	s.Flags(&w.tainted[0], &w.tainted[1])
	for i := range w.hosts {
		h := &w.hosts[i]
		stale := h.errors.Len() > 0
		holder := uint8(0)
		if h.holder != nil {
			holder = 1 + uint8(h.holder.id)
		}
		s.Flags(&stale)
		s.Byte(&holder)
		if !s.Reading() {
			continue
		}
		h.errors.Clear()
		if stale {
			h.errors.Push()
		}
		h.holder = nil
		if holder > 0 && int(holder) <= w.n {
			h.holder = &w.ends[holder-1]
		}
	}
}
