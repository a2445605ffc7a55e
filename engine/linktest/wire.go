package linktest

import "github.com/wantwrite/wantwrite/model"

// A Wire is one direction of a link between attached ends: the bytes that one end has sent
// and the other has not received yet.
type Wire struct {
	// Bytes are on the wire.
	Bytes []byte
	// Room is how many bytes the wire holds at most: then a Send would block.
	Room int
	// End is what a Recv says once the wire is empty. The zero value means WouldBlock.
	// With Reset a Send fails too.
	End model.IOStatus
	// Panic, if not nil, is what the next Recv panics with.
	Panic any
	// Calls counts the calls of Recv and Send, and Moved the bytes that these moved.
	Calls, Moved int
}

// Socket is the socket of an end that receives from w and sends to out.
func (w *Wire) Socket(out *Wire) model.Socket { return &socket{in: w, out: out} }

// Put appends as much of p as there is room for, and gives how many bytes that is.
func (w *Wire) Put(p []byte) int {
	n := max(0, min(len(p), w.Room-len(w.Bytes)))
	w.Bytes = append(w.Bytes, p[:n]...)
	w.Moved += n
	return n
}

// A socket is one end of two wires.
type socket struct {
	in, out *Wire
	sent    func([]byte) // is told of what Send has taken, unless nil
}

// Recv implements [model.Socket].
func (s *socket) Recv(p []byte) (int, model.IOStatus) {
	s.in.Calls++
	if s.in.Panic != nil {
		panic(s.in.Panic)
	}
	n := copy(p, s.in.Bytes)
	s.in.Bytes = s.in.Bytes[n:]
	s.in.Moved += n
	switch {
	case n > 0:
		return n, model.IOOK
	case s.in.End == model.IOOK:
		return 0, model.WouldBlock
	}
	return 0, s.in.End
}

// Send implements [model.Socket].
func (s *socket) Send(p []byte) (int, model.IOStatus) {
	s.out.Calls++
	if s.out.End == model.Reset {
		return 0, model.Reset
	}
	n := s.out.Put(p)
	if n == 0 {
		return 0, model.WouldBlock
	}
	if s.sent != nil {
		s.sent(p[:n])
	}
	return n, model.IOOK
}

// CloseWrite and Close complete [model.Socket]. Engines do not call them.
func (s *socket) CloseWrite() {}
func (s *socket) Close()      {}
