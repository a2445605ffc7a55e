package puppet

import (
	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A Turn is a moment at which a puppet is about to say a handshake message or, in TLS 1.2, a
// ChangeCipherSpec, or at which it may say something. The
// function Library.Meddle changes what is said, and the puppet goes on as if that was its own
// wish: what follows is valid for all that was sent so far.
type Turn struct {
	// Draft is what the puppet is about to say. Without a Message it is nothing.
	Draft message.Draft
	// Records says how it leaves.
	Records records
	// Skip leaves it out.
	Skip bool
	// Attacked says that an attack was made on the link's other end before.
	Attacked bool

	engine *engine
}

// records says how the records of a message differ from usual ones. In all else they are valid: a
// sealed record opens, with the header that it has.
type records struct {
	// Split is how many bytes of content a record has; 0: as many as fit.
	Split int
	// Type and Version are what the header says; 0: the usual.
	Type    byte
	Version uint16
	// Longer is how many bytes more the header says that there are, or less.
	Longer int
	// Padding is in bytes; only TLS 1.3 has it.
	Padding int
	// Keys are those of the records: the current ones (0), none (1), those before (2), those
	// after (3, in TLS 1.3), or the current ones with the next number left out (4).
	Keys uint8
}

// Send says a message at once, in front of the turn's own. In a handshake its transcript includes
// the message.
func (t *Turn) Send(d *message.Draft, r records) {
	e := t.engine
	o, opaque := d.Message.(*message.Opaque)
	asks := opaque && o.Kind == helloRequest // RFC 5246, section 7.4.1.1
	e.deliver(d, &r, e.hand.at != settled && !asks)
}

// Speak gives Meddle a turn at which the puppet has nothing to say.
func (e *engine) Speak() {
	if e.freed || e.err != nil {
		return
	}
	e.turn(nil, false)
	e.send()
}

// say sends a message of the handshake, which its transcript includes.
func (e *engine) say(m message.Message) {
	if _, ok := m.(*message.ServerHello); ok {
		e.manner.StreamOn(forger{e})
	}
	e.turn(m, true)
}

// emit sends a message that no transcript includes.
func (e *engine) emit(m message.Message) { e.turn(m, false) }

// turn sends a message, as changed by Meddle. heard says that the transcript includes it.
func (e *engine) turn(m message.Message, heard bool) {
	t := Turn{Draft: message.Draft{Message: m}, Attacked: e.manner.Active, engine: e}
	if e.meddle != nil {
		e.meddle(&t)
	}
	if t.Draft.Message != nil && !t.Skip {
		e.deliver(&t.Draft, &t.Records, heard)
	}
}

// deliver sends a message in such records, in the manner that an attack has set.
func (e *engine) deliver(d *message.Draft, r *records, heard bool) {
	e.bind(d)
	p := d.Bytes()
	typ := d.Record()
	if heard && typ == wire.TypeHandshake {
		e.hand.said = append(e.hand.said, p...)
	}
	if typ == wire.TypeHandshake || typ == wire.TypeAlert {
		e.note(true, d.Name(), len(p))
	}
	if typ == wire.TypeHandshake && *r == (records{}) {
		e.manner.Send(p, wire.MaxRecordLen, e.seal)
	} else {
		e.flush()
		e.sealSo(typ, p, r)
	}
	e.follow(d)
}

// sealSo seals content in records that differ from usual ones.
func (e *engine) sealSo(typ byte, p []byte, r *records) {
	keys := &e.write
	switch {
	case r.Keys == 1:
		keys = &sealer{}
	case r.Keys == 2:
		keys = &e.before
	case r.Keys == 3 && e.write.tls13:
		keys = new(e.write.next())
	case r.Keys == 4:
		keys.seq++
	}
	most := wire.MaxRecordLen
	if r.Split > 0 {
		most = min(most, r.Split)
	}
	for first := true; first || len(p) > 0; first = false {
		n := min(len(p), most)
		e.late = keys.sealSo(e.late, typ, p[:n], r)
		p = p[n:]
	}
}

// follow does what a message that was sent means to its sender.
func (e *engine) follow(d *message.Draft) {
	switch d.Message.(type) {
	case *message.KeyUpdate:
		e.flush()
		if e.write.tls13 && e.hand.at == settled {
			e.rekey(e.write.next())
		}
	case *message.CertificateRequest, *message.CertificateRequest12:
		e.asks = true
	}
}

// rekey gives what follows other keys.
func (e *engine) rekey(keys sealer) { e.before, e.write = e.write, keys }
