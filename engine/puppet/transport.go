package puppet

import (
	"math"

	"github.com/wantwrite/wantwrite/engine/carrier"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A transport carries records over two bounded buffers, or a socket. What is sealed and has no
// room waits in late, however much it is.
type transport struct {
	carrier.Carrier
	late   []byte        // sealed, behind out
	record []byte        // what has come of the record that is arriving
	manner attack.Manner // how records leave and come in; attacks change it
	ration int           // bytes that this call may still take
}

// newTransport makes a transport with the buffers, or the socket, of cfg.
func newTransport(cfg *model.EngineConfig) (t transport) {
	t.Restart(cfg)
	return t
}

// begin sets how much of the input one call may take.
func (t *transport) begin() {
	switch t.ration = math.MaxInt; {
	case t.manner.Deaf:
		t.ration = 0
	case t.manner.Sip && t.Socket != nil: // a pair's buffer takes no more than one
		t.ration = 1
	}
}

// fetch reads on in the record at hand, and says whether it is whole.
func (t *transport) fetch() bool {
	for {
		missing := wire.HeaderLen - len(t.record)
		if missing <= 0 {
			missing = wire.RecordSize(t.record) - len(t.record)
		}
		if missing == 0 {
			return true
		}
		n := t.take(min(missing, t.ration))
		t.ration -= n
		if n == 0 {
			return false
		}
	}
}

// take moves at most n bytes of the input to the record.
func (t *transport) take(n int) int {
	if n == 0 {
		return 0
	}
	at := len(t.record)
	t.record = append(t.record, make([]byte, n)...)
	got := t.Receive(t.record[at:])
	t.record = t.record[:at+got]
	return got
}

// push moves what waits into the buffer, or the socket, as far as it fits. If the socket is
// broken the rest is dropped.
func (t *transport) push() {
	for len(t.late) > 0 && t.Cause != model.ErrReset {
		n := t.Send(t.late)
		t.late = t.late[n:]
		if n == 0 {
			break
		}
	}
	if len(t.late) == 0 || t.Cause == model.ErrReset {
		t.late = nil
	}
}

// Feed implements [model.Engine].
func (t *transport) Feed(p []byte) int { return t.In.Write(p[:min(len(p), t.InputRoom())]) }

// Drain implements [model.Engine]. What waits behind the buffer follows at once.
//
// Story 73: it followed only after the call. A Drain that gave less than was asked for then left
// output behind, which no library's does, and the pump took it for empty.
func (t *transport) Drain(p []byte) (n int) {
	for t.Socket == nil {
		got := t.Out.Read(p[n:])
		if got == 0 {
			break
		}
		n += got
		t.push()
	}
	return n
}

// OutputPending implements [model.Engine].
func (t *transport) OutputPending() int { return t.Out.Len() }

// InputRoom implements [model.Engine].
func (t *transport) InputRoom() int {
	switch room := t.In.Room(); {
	case t.manner.Deaf:
		return 0
	case t.manner.Sip:
		return max(0, min(room, 1-t.In.Len()))
	default:
		return room
	}
}

// Unsent implements [model.Inspector].
func (t *transport) Unsent() int { return len(t.late) }
