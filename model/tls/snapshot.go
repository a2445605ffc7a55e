package tls

import "github.com/wantwrite/wantwrite/model"

// Snapshot implements model.Snapshotter. Sequence numbers and keys are listed as they are:
// an engine that has sealed another number of records is in another state. A run's work
// is bounded, so these are too.
func (t *TLS) Snapshot(s *model.Snapshot) {
	t.snapshotHandshake(s)
	t.write.Snapshot(s)
	t.read.Snapshot(s)
	t.snapshotOutput(s)
	t.snapshotInput(s)
	t.manner.Snapshot(s)
	t.fault.Snapshot(s)
	t.stale.Snapshot(s)
	if s.Reading() {
		t.fault.proto, t.fault.role = t.proto, t.cfg.Role
		t.stale.proto, t.stale.role = t.proto, t.cfg.Role
	}
}

func (t *TLS) snapshotHandshake(s *model.Snapshot) {
	s.Byte((*uint8)(&t.state))
	t.facts.Snapshot(s)
	s.Flags(&t.flight, &t.asked, &t.wish, &t.owesUpdate, &t.saying, &t.waiting, &t.retried, &t.names)
	s.Byte((*uint8)(&t.early))
	s.Int(&t.earlyCount)
	s.Int(&t.earlySeal)
	if !t.waiting {
		t.alert, t.level = 0, 0
	}
	s.Byte((*uint8)(&t.alert))
	s.Byte(&t.level)
	s.Byte((*uint8)(&t.shutdown))
	s.Byte((*uint8)(&t.want))
	s.Flags(&t.indulged, &t.stays)
	s.Word(&t.rounds)
	s.Word(&t.transcript)
	for i := range t.secrets {
		s.Word(&t.secrets[i])
	}
}

// snapshotOutput lists what has not left; the places in pend move accordingly.
func (t *TLS) snapshotOutput(s *model.Snapshot) {
	t.out.Snapshot(s)
	t.pend = append(t.pend[:0], t.pend[t.sent:]...)
	t.appEnd, t.sent = max(0, t.appEnd-t.sent), 0
	s.Bytes(&t.pend)
	s.Int(&t.appEnd)
	s.Int(&t.done)
	s.Int(&t.claimed)
	if t.cfg.MovingBuffer || t.claimed == 0 {
		t.claim = nil // nobody asks where it came from
	}
	s.Address(&t.claim)
	t.snapshotBuffer(s)
}

// snapshotBuffer lists the buffer only if a WriteEarly may still use it.
func (t *TLS) snapshotBuffer(s *model.Snapshot) {
	b := &t.buffer
	if !t.cfg.Traits.DiesBlocked || t.early != earlyFlowing {
		*b = earlyBuffer{}
		return
	}
	s.Int(&b.off)
	s.Int(&b.held)
	s.Int(&b.over)
	s.Int(&b.rest)
	if !b.fits(len(t.pend)) {
		*b = earlyBuffer{}
		s.Refuse()
	}
}

// snapshotInput: a record is either arriving, or it is whole and its data waits in its
// place.
func (t *TLS) snapshotInput(s *model.Snapshot) {
	t.in.Snapshot(s)
	s.Int(&t.got)
	s.Int(&t.need)
	if t.got < 0 || t.got > len(t.rec) {
		t.got = 0
		s.Refuse()
	}
	if arrived := s.Held(t.rec[:t.got]); s.Reading() {
		copy(t.rec, arrived)
	}
	if plain := s.Held(t.plain); s.Reading() {
		t.plain = t.rec[len(t.rec)-min(len(plain), len(t.rec)):]
		copy(t.plain, plain)
	}
	t.msgs = append(t.msgs[:0], t.msgs[t.msgOff:]...)
	t.msgOff = 0
	s.Bytes(&t.msgs)
	s.Int(&t.empties)
	s.Int(&t.warned)
}

// Snapshot lists the keys of a direction.
func (k *sealer) Snapshot(s *model.Snapshot) {
	s.Flags(&k.on, &k.early)
	s.Word(&k.key)
	s.Word(&k.seq)
}

// Snapshot lists the reason of a failure. Protocol and role are the engine's.
func (f *failure) Snapshot(s *model.Snapshot) {
	s.Byte((*uint8)(&f.why))
	s.Byte((*uint8)(&f.at))
	s.Byte((*uint8)(&f.on))
	s.Byte((*uint8)(&f.alert))
	s.Flags(&f.local, &f.silent)
	f.facts.Snapshot(s)
}

// Snapshot lists the facts.
func (c *cond) Snapshot(s *model.Snapshot) {
	n := int(*c)
	s.Int(&n)
	*c = cond(n)
}

var _ model.Snapshotter = (*TLS)(nil)
