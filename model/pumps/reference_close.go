package pumps

import (
	"github.com/wantwrite/wantwrite/model"
)

// leave takes the steps of a close, each once the one before is through:
// all that was accepted, close_notify, FIN, the peer's end, the socket. owes says
// whether output waits for room.
func (p *chassis) leave(owes func() bool) bool {
	if p.mute && (p.closing || p.told) {
		return p.release() // nothing can leave any more
	}
	if !p.half && !p.closing {
		return false
	}
	p.linger()
	switch {
	case !p.shut && p.hungry() && p.env.Engine.ShutState()&model.SentClose != 0:
		return false // it would meet the data
	case !p.shut:
		return p.notify()
	case !p.finished:
		return p.finish(owes())
	case p.closing && p.decide(atPeerIsDone, p.eof):
		return p.release()
	}
	return false
}

// notify hands close_notify to the engine, behind all that was accepted.
func (p *chassis) notify() bool {
	if p.dead {
		p.shut = true
		return true
	}
	if !p.decide(atAllIsWritten, p.queue.len() == 0) && !p.pointless() || p.stuckS {
		return false
	}
	if !p.up() {
		// Shutting down in mid-handshake only leaves an error behind
		// (bugzoo F22). If the handshake never ends the timer does.
		p.shut = p.cut
		return p.cut
	}
	if !p.decide(atSendCloseNotify, true) {
		p.shut = true
		return true
	}
	st := model.Status(p.amount(atShutdownAnswer, int(p.engine().Shutdown())))
	p.wrote = true
	if st == model.WantWrite {
		p.stuckS = true
		return false
	}
	p.shut = true
	return true
}

// pointless: nobody will read what is queued, for the peer has closed. In TLS
// 1.2 its close_notify says so; in 1.3 it may still read.
func (p *chassis) pointless() bool {
	return p.cut || p.over && p.decide(atPeerReadsNoMore, p.env.Version == model.TLS12)
}

// finish sends FIN once the output is gone.
func (p *chassis) finish(owes bool) bool {
	if owes {
		return false
	}
	p.finished = true
	p.lingers = false // the wait for the peer's end is one of its own
	p.env.Socket.CloseWrite()
	return true
}

// silent says whether nothing can leave any more, so that output is thrown away.
//
// Story 72: behind our FIN it was left in the engine. The peer went on sending, and
// asked for KeyUpdates; the answers filled the engine's output, and Read waited for
// room there that nobody made, with the peer's data behind it.
func (p *chassis) silent() bool { return p.mute || p.finished }

// linger arms the timer that bounds a close.
//
// Story 49: it was armed when close_notify and FIN had left. With a peer that does
// not read they never do, and the close never ended (golang 31224, bugzoo F7).
func (p *chassis) linger() {
	wait := p.closing && !p.lingers && !p.gone && p.env.Limits.CloseTicks > 0
	if p.decide(atBoundClose, wait) {
		p.lingers, p.stirred = true, false
		p.env.Loop.Timer(p.env.Limits.CloseTicks)
	}
}

// expire gives the peer up, unless it still reads.
func (p *chassis) expire() {
	p.lingers = false
	if p.closing && !p.gone && !p.stirred {
		p.release()
	}
}

// release gives the socket back.
func (p *chassis) release() bool {
	p.gone = true
	if p.lingers {
		p.env.Loop.Timer(0)
	}
	p.env.Socket.Close()
	p.did(atRelease)
	return true
}
