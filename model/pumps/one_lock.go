package pumps

import "github.com/wantwrite/wantwrite/model"

// A oneLock is a pump of two fibers, a reader and a writer, that share the engine and its output
// by a lock, as in helio. In asyncio a queue takes the place of the lock. While a write is in
// flight nothing is read: the reader waits for the lock, and is woken when the writer gives it
// up.
//
// A write that the socket keeps waiting is not in flight. It parks and gives the lock up. If it
// kept the lock, two such ends, each with more to say than the link holds, would wait for each
// other for ever (bugs G2 to G5).
type oneLock struct {
	piped
	holder party
	parked bool // the writer waits for room in the socket
	waits  bool // the reader waits for the lock
}

// A party is who may hold the lock.
type party uint8

const (
	nobody party = iota
	theWriter
	theReader
)

// oneLockSpec is the spec of the pump of two fibers and a lock.
func oneLockSpec() model.Spec {
	return model.Spec{Name: "one-lock", New: built(newOneLock),
		About: "reads wait behind the write in flight, by a lock, as in helio and asyncio",
		// Its two fibers have one registration each.
		Restrictions: model.Restrictions{NoOneShot: true, NoAttached: true}}
}

func newOneLock() *oneLock { return &oneLock{} }

// renew implements shape.
func (p *oneLock) renew(env model.Env) {
	p.holder, p.parked, p.waits = nobody, false, false
	p.piped.restart(env, p)
}

// Ready implements Pump.
func (p *oneLock) Ready(ev model.Events) {
	if ev&model.Writable != 0 {
		p.parked = false
	}
	p.piped.Ready(ev)
}

// round implements shape: each fiber goes on as far as it can.
func (p *oneLock) round() bool {
	moved := p.receive()
	moved = p.feed() || moved
	early := p.giveEarly()
	moved = p.writer() || moved
	if !early {
		moved = p.reader() || moved
	}
	moved = p.leave(p.owes) || moved
	return p.flush() || moved || p.mayFeed() || p.runnable()
}

// runnable says whether a fiber can go on now. The app may have written while the reader had the
// lock.
func (p *oneLock) runnable() bool {
	writes := p.holder == theWriter || p.holder == nobody && p.queue.len() > 0 && p.mayWrite()
	return p.hungry() || writes && !p.parked
}

// lock takes the lock for a fiber, if it is free.
func (p *oneLock) lock(who party) bool {
	if p.holder != nobody && p.holder != who {
		return false
	}
	p.holder = who
	return true
}

// unlock gives the lock up, and wakes the reader if it waits (helio 80b2eb4).
func (p *oneLock) unlock() {
	p.holder = nobody
	if p.waits {
		p.waits, p.due = false, p.decide(atHandOver, true)
	}
}

// writer writes one piece and sends it. It has the lock until all that there is to write has
// left, or until the socket keeps it waiting.
func (p *oneLock) writer() bool {
	p.parked = p.parked && p.owes()
	if p.parked || p.holder != theWriter && !p.wantsToWrite() || !p.lock(theWriter) {
		return false
	}
	before := p.queue.len()
	p.piece()
	moved := p.flush() || p.queue.len() != before
	p.parked = p.owes()
	keeps := p.decide(atKeepLock, false) && p.parked
	if !keeps && (p.parked || !moved || !p.wantsToWrite()) {
		p.unlock()
	}
	return moved
}

// piece offers one piece to the engine. After the last one an answer that was put off is sent,
// and the app is asked for more.
func (p *oneLock) piece() {
	if p.settleEarly(); p.queue.len() == 0 {
		p.give()
	} else if p.mayWrite() {
		p.writeOne()
	}
}

// wantsToWrite says whether there is something to write, and the engine takes it.
func (p *oneLock) wantsToWrite() bool {
	return p.mayWrite() && (p.queue.len() > 0 || p.refused || p.env.Engine.Deferred())
}

// reader reads until the engine wants something.
func (p *oneLock) reader() bool {
	if !p.due {
		return false
	}
	if !p.lock(theReader) {
		p.waits, p.due = true, false
		return false
	}
	p.take()
	if !p.decide(atKeepLock, false) {
		p.unlock()
	}
	return false
}

// flush sends what the engine has, until there is no more or the socket is full.
func (p *oneLock) flush() (moved bool) {
	for p.drain() || p.out.len() > 0 {
		if !p.send() {
			return moved
		}
		moved = true
	}
	return moved
}
