package sim

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// A socket is an end's side of its link. It counts what passes and keeps the
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
	if e.w.cfg.EagerPeer && e.w.under(e) && !e.app.inWrite {
		e.w.hurry(e)
	}
	n := e.in.recv(p)
	st := e.recvStatus(n)
	if n < len(p) {
		e.quiet |= model.Readable
		e.edges &^= model.Readable
	}
	e.moved(&e.acct.Received, n)
	e.observe(opRecv, n, uint8(st))
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

// meetEnd notes that the pump knows of the end of the stream.
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
		e.quiet |= model.Writable
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

// endOutput sends FIN, once.
func (e *endpoint) endOutput() {
	if e.out.fin {
		return
	}
	e.out.fin = true
	e.moves++
	r := &e.acct.Quiescence
	r.Shut, r.InitDone = e.engine.ShutState(), e.engine.InitFinished()
	r.Failed, r.Broken = e.tap.dead(), e.in.resetSeen || e.out.reset
	r.Output, r.Sealed = e.unsent()
	q := e.acct.Queues()
	e.acct.Ended = r.Shut&model.SentClose != 0 && r.Output == 0 && r.Sealed == 0 &&
		q.Queue == 0 && q.PipeOut == 0
	e.w.judge(e, oracle.AtFin)
}

// unsent is what the end's engine still holds: in its output buffer, and behind.
func (e *endpoint) unsent() (output, sealed int) {
	if inside, ok := e.engine.(model.Inspector); ok {
		sealed = inside.Unsent()
	}
	return e.engine.OutputPending(), sealed
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
	fresh := e.readiness() & e.quiet
	e.edges |= fresh
	e.quiet &^= fresh
}
