package pumps

import "github.com/wantwrite/wantwrite/model"

// Snapshot implements Snapshotter.
func (p *Reference) Snapshot(s *model.Snapshot) {
	p.body.Snapshot(s)
	p.pipe.Snapshot(s)
	s.Flags(&p.dry, &p.wish)
}

// Snapshot lists the state of the chassis between turns.
func (p *chassis) Snapshot(s *model.Snapshot) {
	p.queue.Snapshot(s)
	s.Place(p.queue.buf)
	s.Flags(&p.paused, &p.refused, &p.half, &p.closing, &p.told, &p.over, &p.cut, &p.eof)
	s.Flags(&p.broken, &p.dead, &p.shut, &p.finished, &p.gone, &p.due, &p.stuckR)
	slips := p.slipped()
	s.Flags(&p.stuckW, &p.stuckS, &p.drained, &p.wrote, &p.lingers, &slips)
	s.Flags(&p.mute, &p.stirred, &p.wary)
	s.Int(&p.retry)
	s.Byte((*uint8)(&p.mask))
	s.Flags(&p.early.open, &p.early.stuck)
	s.Int(&p.early.sent)
	s.Int(&p.early.retry)
	p.snapshotSlip(s, slips)
}

// Snapshot lists the state of a body with buffers.
func (p *piped) Snapshot(s *model.Snapshot) {
	p.body.Snapshot(s)
	p.in.Snapshot(s)
	p.out.Snapshot(s)
	s.Byte((*uint8)(&p.end))
	s.Flags(&p.dry)
}

// Snapshot implements Snapshotter.
func (p *filter) Snapshot(s *model.Snapshot) {
	p.piped.Snapshot(s)
	p.input.Snapshot(s)
	s.Flags(&p.deferred, &p.writeBlockedOnRead)
}

// Snapshot implements Snapshotter.
func (p *readyFlags) Snapshot(s *model.Snapshot) {
	p.body.Snapshot(s)
	s.Flags(&p.readReady, &p.writeReady, &p.lent, &p.shaken)
	s.Byte((*uint8)(&p.last))
}

// Snapshot implements Snapshotter.
func (p *writeRequest) Snapshot(s *model.Snapshot) {
	p.piped.Snapshot(s)
	s.Flags(&p.current, &p.scheduled)
}

// Snapshot implements Snapshotter.
func (p *completion) Snapshot(s *model.Snapshot) {
	p.body.Snapshot(s)
	for _, op := range [...]*operation{&p.rx, &p.tx} {
		op.buf.Snapshot(s)
		s.Flags(&op.submitted)
	}
}

// Snapshot implements Snapshotter.
func (p *oneLock) Snapshot(s *model.Snapshot) {
	p.piped.Snapshot(s)
	s.Flags(&p.parked, &p.waits)
	s.Byte((*uint8)(&p.holder))
}

// Snapshot implements Snapshotter.
func (p *nested) Snapshot(s *model.Snapshot) { p.body.Snapshot(s) }

// Snapshot implements Snapshotter.
func (p *kvPump) Snapshot(s *model.Snapshot) {
	p.wire.Snapshot(s)
	s.Byte((*uint8)(&p.state))
	s.Byte((*uint8)(&p.after))
	s.Byte((*uint8)(&p.mask))
	p.request.Snapshot(s)
	p.response.Snapshot(s)
	s.Place(p.response.buf)
	s.Int(&p.total)
	s.Int(&p.piece)
	s.Flags(&p.refused, &p.dcp)
}

// Snapshot lists the state of the wire between turns.
func (w *kvWire) Snapshot(s *model.Snapshot) {
	w.in.Snapshot(s)
	w.out.Snapshot(s)
	s.Flags(&w.failed, &w.up, &w.resume)
	if !w.resume {
		w.carried = 0 // the next read begins anew
	}
	s.Int(&w.carried)
}

var (
	_ model.Snapshotter = (*Reference)(nil)
	_ model.Snapshotter = (*filter)(nil)
	_ model.Snapshotter = (*readyFlags)(nil)
	_ model.Snapshotter = (*writeRequest)(nil)
	_ model.Snapshotter = (*completion)(nil)
	_ model.Snapshotter = (*oneLock)(nil)
	_ model.Snapshotter = (*nested)(nil)
	_ model.Snapshotter = (*kvPump)(nil)
)
