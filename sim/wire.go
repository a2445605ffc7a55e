package sim

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// An endpoint is one end of a link. It has two halves: the wire side, which is
// in this file, and the inside, which is the program under test. The wire side
// is the socket, the registration with the loop, the timer and the two streams.
//
// The last group of fields belongs to both: the inside writes them and the world
// reads them, without a call.
type endpoint struct {
	w    *World
	id   script.End
	host *host
	in   *stream // toward this end
	out  *stream // away from it

	stranger *stranger // the inside, if it is one

	mask       model.Events // interest
	edges      model.Events // edge-triggered: not reported yet
	wouldBlock model.Events // edge-triggered: the socket has said would-block
	woken      bool
	timer      uint64 // 0: none; otherwise the tick at which it expires
	metEnd     bool   // the inside has read EOF or reset

	inside inside
	open   uint16 // the verbs that the inside can act on

	acct     *oracle.Account
	plain    plaintext
	traits   model.Traits // of the inside's engine
	initDone bool         // no handshake is under way
	shaken   bool         // the first handshake is done
	deceived bool         // the peer's engine forges data: plaintext is not compared
	calls    int          // of the inside, in this turn
	moves    uint64       // grows whenever anything moved, or changed for good
}

// restart makes the end new. It fails if its engine can't be had.
func (e *endpoint) restart() error {
	e.plain.clear()
	*e = endpoint{w: e.w, id: e.id, acct: e.acct, host: e.host, in: e.in, out: e.out,
		inside: e.inside, stranger: e.stranger, plain: e.plain, edges: model.Writable, wouldBlock: model.Readable}
	*e.acct = oracle.Account{Limits: e.limits(), Attached: e.w.cfg.Transport == model.Attached}
	return e.inside.restart()
}

// limits are what the pump of this end has to keep to.
func (e *endpoint) limits() model.Limits {
	c := &e.w.cfg
	l := model.Limits{Pipe: c.Sizes.Pipe, Queue: c.Sizes.Queue, Chunk: c.Sizes.Chunk,
		CloseTicks: c.Sizes.Linger}
	if c.Resume && !(c.RejectEarly && e.id&1 == 1) {
		l.Early = c.Early
	}
	return l
}

// peer is the other end of the link.
func (e *endpoint) peer() *endpoint { return &e.w.ends[e.id.Peer()] }

// turn calls the inside once, as its loop does.
func (e *endpoint) turn(ev model.Events, alone bool) {
	before := e.moves
	e.inside.turn(ev, alone)
	switch {
	case e.moves != before || e.ready() == 0:
		e.acct.Idle = 0
	case e.stranger != nil && ev&model.Expired != 0: // its clock woke it, and it may have had nothing to do
	default:
		e.acct.Idle++
	}
}

// seeQuiescence fills in what can be seen of the end when nothing can happen any
// more.
func (e *endpoint) seeQuiescence() {
	r := &e.acct.Quiescence
	e.inside.see(r)
	r.Unread, r.Room, r.Mask = e.in.unread(), e.out.room(), e.mask
	r.Spins, r.MetEnd = e.woken, e.metEnd
	r.Broken = e.in.resetSeen || e.out.reset
	r.UnreadEnd = (e.in.finSeen || e.in.resetSeen) && !e.metEnd
	if e.in.resetSeen {
		r.Room = 1 // a send would not block: it would fail
	}
}

// A socket is the model.Socket of an end. It counts what passes and keeps the
// edges of an edge-triggered loop.
type socket struct{ e *endpoint }

// Recv implements model.Socket.
func (s socket) Recv(p []byte) (int, model.IOStatus) {
	e := s.e
	e.call()
	if e.acct.Gone {
		e.misuse("recv on a closed socket")
		return 0, model.Reset
	}
	if e.w.cfg.EagerPeer && e.w.under(e) && !e.plain.offered {
		e.w.hurry(e)
	}
	n := e.in.recv(p)
	st := e.recvStatus(n)
	if n < len(p) {
		e.wouldBlock |= model.Readable
		e.edges &^= model.Readable
	}
	e.moved(&e.acct.Received, n)
	e.observe(opRecv, n, uint8(st))
	if e.w.trace != nil && !e.acct.Attached {
		e.w.trace.ways[e.id].fed.enter(p[:n])
	}
	return n, st
}

// recvStatus says what a Recv of n bytes answers. As on Linux, what was
// received before a reset can still be read.
func (e *endpoint) recvStatus(n int) model.IOStatus {
	switch {
	case n > 0:
		return model.IOOK
	case e.in.resetSeen:
		e.meetEnd()
		e.acct.Broken = true
		return model.Reset
	case e.in.finSeen:
		e.meetEnd()
		return model.EOF
	}
	return model.WouldBlock
}

// meetEnd notes that the inside knows of the end of the stream.
func (e *endpoint) meetEnd() {
	if !e.metEnd {
		e.metEnd = true
		e.moves++
	}
}

// Send implements model.Socket.
func (s socket) Send(p []byte) (int, model.IOStatus) {
	e := s.e
	e.call()
	if e.acct.Gone {
		e.misuse("send on a closed socket")
		return 0, model.Reset
	}
	if e.out.fin || e.in.resetSeen {
		e.acct.Broken = true
		e.observe(opSend, 0, uint8(model.Reset))
		return 0, model.Reset
	}
	n := e.out.send(p)
	if n < len(p) {
		e.wouldBlock |= model.Writable
		e.edges &^= model.Writable
	}
	st := model.IOOK
	if n == 0 {
		st = model.WouldBlock
	}
	e.moved(&e.acct.Sent, n)
	e.observe(opSend, n, uint8(st))
	if e.w.trace != nil {
		e.w.trace.carried(p[:n])
		if !e.acct.Attached {
			e.w.trace.went(&e.w.trace.ways[e.id].drained, p[:n])
		}
	}
	return n, st
}

// CloseWrite implements model.Socket.
func (s socket) CloseWrite() {
	e := s.e
	e.call()
	if e.acct.Gone {
		e.misuse("shutdown of a closed socket")
		return
	}
	e.endOutput()
	e.observe(opFin, 0, 0)
}

// endOutput sends FIN, once, and judges what it cuts off.
func (e *endpoint) endOutput() {
	if e.out.fin {
		return
	}
	e.out.fin = true
	e.moves++
	r := &e.acct.Quiescence
	e.inside.see(r)
	r.Broken = e.in.resetSeen || e.out.reset
	e.acct.Ended = r.Shut&model.SentClose != 0 && r.Output == 0 && r.Sealed == 0 &&
		e.acct.Queue() == 0 && e.acct.PipeOut() == 0
	e.w.judge(e, oracle.AtFin)
}

// Close implements model.Socket: with unread data the peer gets a reset.
func (s socket) Close() {
	e := s.e
	e.call()
	if e.acct.Gone {
		e.misuse("second close of a socket")
		return
	}
	e.endOutput()
	e.acct.Gone = true
	e.moves++
	e.observe(opClose, 0, 0)
	e.in.deaf = true
	if e.in.unread() > 0 && !e.out.reset {
		e.out.sever()
	}
	e.in.head = e.in.seen
}

// A host is the process of one side: a loop, and a thread with its error queue.
// The ends of a side share it.
type host struct {
	errors  model.ErrorQueue
	holder  *endpoint // spins, and keeps the thread from the others
	trigger model.Trigger
}

// A registration is the model.Loop of an end.
type registration struct{ e *endpoint }

// Interest implements model.Loop. An event that is added is reported again if it
// is there, and otherwise as soon as it is. EPOLL_CTL_MOD does the same.
//
// Story 90: only would-block made an event new. A pump stopped in the middle of its
// reading, gave up read interest and took it again on an empty socket. It was not
// told of what came then, and was blamed for it.
func (r registration) Interest(mask model.Events) {
	e := r.e
	mask &= model.Readable | model.Writable
	added := mask &^ e.mask
	e.edges |= e.readiness() & added
	e.wouldBlock |= added &^ e.readiness()
	e.mask = mask
	e.observe(opInterest, int(mask), 0)
}

// Wake implements model.Loop.
func (r registration) Wake() {
	r.e.woken = true
	r.e.observe(opWake, 0, 0)
}

// Timer implements model.Loop.
func (r registration) Timer(ticks int) {
	e := r.e
	e.timer = 0
	if ticks > 0 {
		e.timer = e.w.now + uint64(ticks)
	}
	e.observe(opTimer, ticks, 0)
}

// Spin implements model.Loop.
func (r registration) Spin() {
	e := r.e
	e.woken = true
	e.host.holder = e
	e.observe(opSpin, 0, 0)
}

// readiness is what poll(2) would report.
func (e *endpoint) readiness() model.Events {
	var ev model.Events
	if e.in.unread() > 0 || e.in.finSeen || e.in.resetSeen {
		ev |= model.Readable
	}
	if e.out.room() > 0 || e.out.fin || e.in.resetSeen {
		ev |= model.Writable
	}
	return ev
}

// noteEdges turns readiness that has come since the socket said would-block
// into edges.
func (e *endpoint) noteEdges() {
	fresh := e.readiness() & e.wouldBlock
	e.edges |= fresh
	e.wouldBlock &^= fresh
}

// ready is what the loop would report now; 0 means that the inside is not called.
func (e *endpoint) ready() model.Events {
	if e.stranger != nil {
		return e.stranger.ready()
	}
	if e.acct.Gone || e.host.holder != nil && e.host.holder != e {
		return 0
	}
	ev := e.mask
	switch {
	case ev == 0:
	case e.host.trigger == model.Edge:
		ev &= e.edges
	default:
		ev &= e.readiness()
	}
	if e.woken || e.timer != 0 {
		ev |= e.wakeups()
	}
	return ev
}

// wakeups are the events that do not come from the socket.
func (e *endpoint) wakeups() (ev model.Events) {
	if e.woken {
		ev = model.Woken
	}
	if e.timer != 0 && e.timer <= e.w.now {
		ev |= model.Expired
	}
	return ev
}

// consume takes from the registration what is about to be reported.
func (e *endpoint) consume(ev model.Events) {
	io := ev & (model.Readable | model.Writable)
	e.edges &^= io
	if e.host.trigger == model.OneShot && io != 0 {
		e.mask = 0
	}
	e.woken = false
	if ev&model.Expired != 0 {
		e.timer = 0
	}
	if e.host.holder == e {
		e.host.holder = nil
	}
}
