package pumps

import "github.com/wantwrite/wantwrite/model"

// The three kv pumps are the TLS side of a memcached server with one worker thread, libevent's
// level triggers and a BIO pair, as they were around MB-53428. They are museum pieces. Never fix
// a kv pump: hunts have to find its bugs, and a hunt that finds none is broken.
//
//	socket ──▶ in ──Feed──▶ engine ──Read──▶ request ──▶ app.Data
//	socket ◀── out ◀─Drain── engine ◀─Write── response ◀── Write
//
// This file is the pump as its loop and its app see it. kv_wire.go moves the bytes, and
// kv_command.go is the command loop.

// The 24-byte header of the memcached binary protocol: byte 0 is the magic, byte 1 the opcode,
// bytes 8 to 11 the length of the body in big-endian order, 12 to 15 the opaque, 16 to 23 the
// cas.
const (
	kvHeaderLen = 24
	kvRequest   = 0x80
	kvResponse  = 0x81
	// kvOpenStream is the opcode DCP_OPEN. After it the link is full duplex.
	kvOpenStream = 0x50
	// kvMaxBody is the longest body in bytes; a longer one closes the link. The limit of the
	// server is a setting of 20 MB and more. A hunt should not pay that much for a false length
	// in a header.
	kvMaxBody = 1 << 20
	// kvTurn is how many commands a turn executes before it yields.
	kvTurn = 20
)

// A kvAfterRead is what a pump does with the engine's output after SSL_read, which may have
// absorbed a message and answered it.
type kvAfterRead uint8

const (
	// kvLeave: nothing. Story 2: a client renegotiates and waits. SSL_read absorbs the
	// ClientHello, leaves the answer in the network BIO and says WANT_READ. The documentation
	// promises a WANT_WRITE. So nobody drains the BIO until the app next sends, and on an idle
	// link the app never sends (MB-53428).
	kvLeave kvAfterRead = iota
	// kvAlways: drain, whatever SSL_read has returned.
	kvAlways
	// kvWhenDry: on WANT_READ with bytes in the network BIO, drain and read again.
	kvWhenDry
)

// A kvPolicy is all in which the three pumps differ.
type kvPolicy struct {
	after kvAfterRead
	// lateFlag: the socket's error flag is looked at after the read loop, and only if nothing was
	// read. Otherwise it is looked at before each SSL_read.
	//
	// Story 3: the last record and FIN arrive together. Receiving meets both, and FIN sets the
	// error flag. A pump that looks at the flag first never decrypts the record (commit
	// dec107512, part 2.1).
	lateFlag bool
	// keep: on ZERO_RETURN the read gives what it has decrypted, and says the next time that the
	// link is closed. Otherwise those bytes are lost.
	keep bool
}

// kvOriginal is kv_engine before MB-53428. After SSL_read it does nothing, and what the engine
// has to say waits in the write BIO until the app next sends.
func kvOriginal() model.Spec {
	return kvSpec("kv-original", kvPolicy{after: kvLeave},
		"Couchbase's memcached server before MB-53428: sends nothing after a read")
}

// kvSpeculative is the abandoned change for MB-53428 ("speculatively perform an SSL write after
// read"). It always drains after SSL_read.
func kvSpeculative() model.Spec {
	return kvSpec("kv-speculative", kvPolicy{after: kvAlways},
		"the abandoned fix of MB-53428: tries to send after every read")
}

// kvLanded is the merged change for MB-53428 (dec107512). It drains when SSL_read says WANT_READ,
// refuses renegotiation (SSL_OP_NO_RENEGOTIATION), and delivers what it has decrypted before it
// looks at the end of the stream.
func kvLanded() model.Spec {
	s := kvSpec("kv-landed", kvPolicy{after: kvWhenDry, lateFlag: true, keep: true},
		"the merged fix of MB-53428: sends on WANT_READ, refuses renegotiation")
	modes := s.Configure
	s.Configure = func(cfg *model.EngineConfig) {
		modes(cfg)
		cfg.Traits.Renegotiation = model.RenegRefuse
	}
	return s
}

func kvSpec(name string, policy kvPolicy, about string) model.Spec {
	return model.Spec{
		Name:  name,
		About: about,
		Restrictions: model.Restrictions{NoClient: true, NoEdge: true, NoOneShot: true,
			NoAttached: true, NoPause: true, NoHalfClose: true, NoLocalClose: true, FramesOnly: true},
		Configure: func(cfg *model.EngineConfig) {
			cfg.PartialWrite, cfg.MovingBuffer = true, true
		},
		New: func(env model.Env) model.Pump {
			p, ok := lastOf[*kvPump](env)
			if !ok || p.wire.policy != policy {
				p = &kvPump{wire: kvWire{policy: policy}}
			}
			p.renew(env)
			return p
		},
	}
}

// A kvPump is one connection of the server.
type kvPump struct {
	wire  kvWire
	loop  model.Loop
	app   model.App
	state kvState
	// after is the state that follows kvSend.
	after kvState
	// mask is the interest that the loop has. To ask for the same interest again costs libevent a
	// system call, so the pump does not.
	mask model.Events
	// request holds what was decrypted and not executed. A read asks for all that it has room
	// for, so it may hold several frames and a part of one. total is the length of the frame at
	// its start, header and body, once the header is parsed.
	request kvPipe
	total   int
	// response is the response under way. piece is the length that SSL_write was offered and has
	// not taken (MB-35717: a retry must offer the same bytes).
	response kvPipe
	piece    int
	// chunk is the most plaintext of one piece, in bytes.
	chunk int
	// refused: the app was told a short count and waits for Writable.
	refused bool
	// commands is how many this turn has executed.
	commands int
	// turn: the loop has called, and the pump has not returned.
	turn bool
	// dcp: the link is a stream, full duplex.
	dcp bool
}

// renew makes the pump new for another link. The buffers stay.
func (p *kvPump) renew(env model.Env) {
	lim := env.Limits
	*p = kvPump{
		wire:     p.wire.restart(env),
		loop:     env.Loop,
		app:      env.App,
		state:    kvReadHeader,
		after:    kvNewCommand,
		request:  p.request.resized(max(kvHeaderLen, lim.Chunk)),
		response: p.response.resized(lim.Queue),
		chunk:    max(1, lim.Chunk),
	}
	p.interest(model.Readable)
}

// Ready runs the command loop until it has to wait. It ignores what is ready: the loop tries what
// its state wants, and finds out.
func (p *kvPump) Ready(model.Events) {
	if p.state == kvClosed {
		return
	}
	p.turn, p.commands = true, 0
	if p.dcp && !p.wire.resume {
		p.ship()
	}
	for p.state != kvClosed && p.step() {
	}
	p.turn = false
}

// Write takes what the response buffer has room for. From inside Data it is the answer to the
// command. At any other time it becomes a response of its own, and the command loop waits for it.
// On a stream it is sent in the next turn.
func (p *kvPump) Write(b []byte) int {
	if p.state == kvClosed {
		return 0
	}
	n := copy(p.response.space(), b)
	p.response.hi += n
	p.refused = p.refused || n < len(b)
	if p.turn || n == 0 {
		return n
	}
	if p.dcp {
		p.loop.Wake() // notify_io_complete
		return n
	}
	if p.state != kvSend {
		p.after, p.state = p.state, kvSend
	}
	p.interest(model.Writable)
	return n
}

// PauseRead does nothing: the server reads as fast as it executes.
func (p *kvPump) PauseRead(bool) {}

// CloseWrite does nothing: the server never half-closes.
func (p *kvPump) CloseWrite() {}

// Close closes the socket at once, without a close_notify, whatever is under way. The app has
// asked for it and is not told.
func (p *kvPump) Close() {
	if p.state == kvClosed {
		return
	}
	p.state = kvClosed
	p.wire.socket.Close()
}

// end closes the link, in the server's state "closing": the app is told why, and the socket is
// closed. No close_notify is sent.
func (p *kvPump) end(why model.Cause) {
	if p.state == kvClosed {
		return
	}
	p.state = kvClosed
	p.app.Closed(why)
	p.wire.socket.Close()
}

// interest replaces the mask.
func (p *kvPump) interest(mask model.Events) {
	if mask != p.mask {
		p.mask = mask
		p.loop.Interest(mask)
	}
}

// armRead asks to be called when there is more to read. Decrypted bytes inside the engine raise
// no event, so the pump wakes itself for them (MB-11203: a short read after a yield left them
// asleep).
func (p *kvPump) armRead() {
	switch {
	case p.wire.up && p.wire.pendingInput():
		p.loop.Wake()
	case p.dcp && p.unfinished():
		p.interest(model.Readable | model.Writable)
	default:
		p.interest(model.Readable)
	}
}

// armWrite asks to be called when the socket has room, and for nothing else: the server reads no
// request while a response is under way.
func (p *kvPump) armWrite() {
	p.interest(model.Writable)
}

// unfinished says whether a response is under way. What only the engine has to send does not
// count, here as in the server.
func (p *kvPump) unfinished() bool {
	return !p.response.empty() || !p.wire.out.empty()
}
