package pumps

import (
	"github.com/wantwrite/wantwrite/model"
)

// An early is how far the reference pump has come with early data.
type early struct {
	open  bool // a client may send some, a server may have some to read
	sent  int  // bytes at the front of the queue that were sent; they stay
	retry int  // length of the WriteEarly that has to be repeated
	stuck bool // WriteEarly wants to write
}

// giveEarly sends as early data what the app has written before the first turn,
// and says whether that is still under way. Nothing may be read meanwhile
// (bugzoo K9). The bytes stay in the queue: the server may reject them.
func (p *chassis) giveEarly() (busy bool) {
	if !p.early.open || p.env.Role == model.Server {
		return false
	}
	for most := min(p.queue.len(), p.env.Limits.Early); p.early.sent < most && p.mayEarly(); {
		piece := p.queue.bytes()[p.early.sent:most]
		piece = piece[:min(len(piece), p.env.Limits.Chunk)]
		if p.early.retry > 0 {
			piece = piece[:p.early.retry]
		}
		n, st := p.engine().WriteEarly(piece)
		p.wrote = true
		switch st {
		case model.OK:
			p.early.sent, p.early.retry = p.early.sent+n, 0
		case model.WantWrite:
			p.early.retry, p.early.stuck = len(piece), true
		default:
			p.failed()
		}
	}
	p.early.open = p.early.stuck && !p.mute
	return p.decide(atEarlyFirst, p.early.open)
}

// mayEarly says whether the engine would take more.
func (p *chassis) mayEarly() bool { return !p.early.stuck && !p.dead && !p.mute }

// concludeEarly ends the early data, as soon as the server has answered: no Read
// does, and there may be nothing to write (bugzoo K11).
func (p *chassis) concludeEarly() {
	if !p.decide(atConcludeEarly, true) {
		return
	}
	st := p.engine().Handshake()
	p.note(st)
	if st == model.Failed {
		p.failed()
	}
}

// settleEarly drops what the server has accepted. What it has rejected is sent
// again, behind the handshake.
func (p *chassis) settleEarly() {
	if p.early.sent == 0 || !p.up() {
		return
	}
	if p.env.Engine.EarlyData() == model.EarlyAccepted {
		p.queue.take(p.early.sent)
	}
	p.early.sent = 0
}

// read is a Read, or a server's ReadEarly until that has come to the end.
func (p *chassis) read(into []byte) (int, model.Status) {
	if p.early.open && p.env.Role == model.Server && !p.up() {
		if n, st := p.engine().ReadEarly(into); st != model.OK || n > 0 {
			return n, st
		}
	}
	p.early.open = false
	return p.engine().Read(into)
}
