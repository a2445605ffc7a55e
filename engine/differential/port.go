package differential

import "github.com/wantwrite/wantwrite/model"

// A port is the socket of an attached end. Its peer's receive buffer has no
// bound, but what is on the way has: Out.
type port end

// Recv implements model.Socket.
func (p *port) Recv(b []byte) (int, model.IOStatus) {
	n := copy(b, p.inbox)
	p.inbox = p.inbox[n:]
	switch {
	case n > 0:
		return n, model.IOOK
	case p.ended:
		return 0, model.EOF
	}
	return 0, model.WouldBlock
}

// Send implements model.Socket.
func (p *port) Send(b []byte) (int, model.IOStatus) {
	e := (*end)(p)
	n := min(len(b), max(0, e.cfg.Out-(len(e.peer.way)-e.peer.come)))
	if n == 0 {
		return 0, model.WouldBlock
	}
	e.peer.way = append(e.peer.way, b[:n]...)
	return n, model.IOOK
}

// CloseWrite and Close complete model.Socket; engines do not call them.
func (p *port) CloseWrite() {}
func (p *port) Close()      {}
