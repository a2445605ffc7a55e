package pumps

import (
	"encoding/binary"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// A kvState is a state of the command loop.
//
//	waiting ─▶ read-header ─▶ parse ─▶ execute ─▶ send ─▶ new-command
//	   ▲            │            │        ▲ └────────────▶     │
//	   └────────────┤            └▶ read-body                  │
//	                └◀─────────────────────────────────────────┘
type kvState uint8

const (
	// kvWaiting arms read interest and leaves the turn.
	kvWaiting kvState = iota
	// kvReadHeader reads until there is a whole header.
	kvReadHeader
	// kvParse looks at the header.
	kvParse
	// kvReadBody reads until there is a whole frame.
	kvReadBody
	// kvExecute gives the frame to the app, which may answer.
	kvExecute
	// kvSend transmits the response. Nothing is read meanwhile.
	kvSend
	// kvNewCommand begins the next command, or yields.
	kvNewCommand
	// kvClosed is the end: nothing is called any more.
	kvClosed

	numKVStates
)

var kvStateText = [numKVStates]string{
	"waiting", "read-header", "parse", "read-body", "execute", "send", "new-command", "closed",
}

// String names the state.
func (s kvState) String() string {
	if s < numKVStates {
		return kvStateText[s]
	}
	return fmt.Sprintf("kvState(%d)", uint8(s))
}

// step does what the state wants. It says whether the turn goes on.
func (p *kvPump) step() bool {
	switch p.state {
	case kvWaiting:
		return p.wait()
	case kvReadHeader:
		return p.readHeader()
	case kvParse:
		return p.parse()
	case kvReadBody:
		return p.readBody()
	case kvExecute:
		return p.execute()
	case kvSend:
		return p.send()
	case kvNewCommand:
		return p.newCommand()
	}
	return false
}

func (p *kvPump) wait() bool {
	p.state = kvReadHeader
	p.armRead()
	return false
}

// fill reads all that the request buffer has room for, which may include the next commands.
func (p *kvPump) fill() kvResult {
	got, r := p.wire.read(p.request.space())
	p.request.hi += got
	return r
}

func (p *kvPump) readHeader() bool {
	switch r := p.fill(); {
	case r != kvDone && r != kvBlocked:
		return p.stop(r)
	case r == kvDone && p.request.len() >= kvHeaderLen:
		p.state = kvParse
	default:
		p.state = kvWaiting
	}
	return true
}

// stop ends the turn after a result that lets nothing be read or written now. Unless the pump
// only spins, the link ends.
func (p *kvPump) stop(r kvResult) bool {
	switch r {
	case kvEnded:
		p.end(model.Clean)
	case kvReset:
		p.end(model.Broken)
	case kvSpin:
		p.loop.Spin()
	default:
		p.end(model.Fault)
	}
	return false
}

// parse looks at the header of a frame. Something that is no header, or that promises too long a
// body, ends the link.
func (p *kvPump) parse() bool {
	h := p.request.bytes()
	body := binary.BigEndian.Uint32(h[8:])
	if h[0] != kvRequest && h[0] != kvResponse || body > kvMaxBody {
		p.end(model.Fault)
		return false
	}
	p.total = kvHeaderLen + int(body)
	p.request.grow(p.total)
	p.state = kvReadBody
	if p.request.len() >= p.total {
		p.state = kvExecute
	}
	return true
}

func (p *kvPump) readBody() bool {
	switch r := p.fill(); r {
	case kvDone:
		if p.request.len() >= p.total {
			p.state = kvExecute
		}
		return true
	case kvBlocked:
		p.armRead()
		return false
	default:
		return p.stop(r)
	}
}

// execute gives the frame to the app. If the app writes nothing, the command was a quiet one, and
// there is nothing to send.
func (p *kvPump) execute() bool {
	frame := p.request.bytes()[:p.total]
	p.commands++
	p.app.Data(frame)
	if p.state == kvClosed {
		return false
	}
	p.dcp = p.dcp || frame[1] == kvOpenStream
	p.request.consume(p.total)
	p.state = kvNewCommand
	if !p.dcp && (p.unfinished() || p.refused) {
		p.state = kvSend
	}
	return true
}

// send transmits until the response is complete. A response longer than the buffer comes in
// parts, and the app is asked for one after the other.
func (p *kvPump) send() bool {
	switch r := p.transmit(); r {
	case kvMore:
		return true
	case kvBlocked:
		p.armWrite()
		return false
	case kvDone:
	default:
		return p.stop(r)
	}
	if p.ask() {
		return true
	}
	p.state, p.after = p.after, kvNewCommand
	return true
}

// ask asks an app that was refused for the rest. It says whether the app gave any, or has closed.
func (p *kvPump) ask() bool {
	if !p.refused {
		return false
	}
	p.refused = false
	p.app.Writable()
	return p.state == kvClosed || !p.response.empty()
}

// transmit sends the next piece of the response. The response is done when nothing of it is left
// in the pump, not even as ciphertext.
func (p *kvPump) transmit() kvResult {
	p.wire.drainSend()
	if !p.wire.out.empty() {
		return p.held()
	}
	if p.response.empty() {
		return kvDone
	}
	if p.piece == 0 {
		p.piece = min(p.chunk, p.response.len())
	}
	n, r := p.wire.write(p.response.bytes()[:p.piece])
	if r != kvDone {
		return r
	}
	p.piece = 0
	p.response.consume(n)
	switch {
	case !p.response.empty():
		return kvMore
	case !p.wire.out.empty():
		return p.held()
	}
	return kvDone
}

// held is the result of a socket that did not take all ciphertext.
func (p *kvPump) held() kvResult {
	if p.wire.failed {
		return kvReset
	}
	return kvBlocked
}

// ship sends on a stream what the app has given, as far as it gets. The pump reads on whatever
// comes of it. With nothing to send it drains nothing, so an answer of the engine waits on a
// quiet stream as it does elsewhere.
func (p *kvPump) ship() {
	for p.unfinished() || p.refused {
		switch r := p.transmit(); r {
		case kvMore:
		case kvDone:
			if !p.ask() || p.state == kvClosed {
				return
			}
		case kvBlocked:
			return
		default:
			p.stop(r)
			return
		}
	}
}

// newCommand reads on at once and does not wait: the engine may hold the next command already,
// and no event would tell. The buffer returns to its size, so that the memory of one long frame
// is not kept for the next thousand.
func (p *kvPump) newCommand() bool {
	p.request.shrink(max(kvHeaderLen, p.chunk))
	if p.commands >= kvTurn {
		p.yield()
		return false
	}
	if p.dcp {
		p.ship()
		if p.state == kvClosed {
			return false
		}
	}
	p.state = kvReadHeader
	if p.request.len() >= kvHeaderLen {
		p.state = kvParse
	}
	return true
}

// yield leaves the thread to its other connections. If there is input it asks to be called when
// the socket is writable, because that is soon. On a stream it always does.
//
// Story 4: pending counts what is decrypted, not what has arrived. If the twentieth command ends
// where the request buffer and the record end, nothing is pending. One more record may lie in the
// BIO while the socket is empty, and its command waits for the next one (the shape of MB-11203).
func (p *kvPump) yield() {
	switch {
	case p.dcp:
		p.interest(model.Readable | model.Writable)
	case !p.request.empty() || p.wire.pendingInput():
		p.interest(model.Writable)
	}
}
