package puppet

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Attack implements [attack.Attacker].
func (e *engine) Attack(a attack.Attack, n int) {
	if e.freed || e.err != nil {
		return
	}
	a.Play(forger{e}, n)
	if e.Socket == nil {
		e.send()
	}
}

// A forger is the engine as an attack sees it: an [attack.Forger].
type forger struct{ e *engine }

func (f forger) Manner() *attack.Manner { return &f.e.manner }

func (f forger) Seal(typ byte, content []byte, padding int) {
	f.e.flush()
	f.e.sealPadded(typ, content, padding)
}

func (f forger) Overhead() (n int, pads bool) { return f.e.write.overhead(), f.e.write.tls13 }

func (f forger) Alert(level byte, a wire.Alert) { f.e.alert(level, a) }

func (f forger) HelloRequest() { f.e.emit(message(helloRequest, nil)) }

func (f forger) KeyUpdate() { f.e.update(1) }

func (f forger) Renegotiate() {
	if f.e.tls13 || f.e.hand.at != settled {
		f.e.emit(f.e.strayHello())
		return
	}
	f.e.renegotiate()
}

func (f forger) Close() bool {
	first := f.e.shut&model.SentClose == 0
	f.e.shut |= model.SentClose
	return first
}

func (f forger) End() { f.e.err, f.e.plain = errEnded, nil }

// strayHello is a ClientHello that is none of the handshake's.
func (e *engine) strayHello() []byte {
	kept := e.hand
	defer func() { e.hand = kept }()
	e.begin()
	e.hand.randoms[model.Client] = e.hand.randoms[e.role]
	return e.clientHello()
}

// say sends a message of the handshake, which counts.
func (e *engine) say(m []byte) {
	if m[0] == serverHello {
		e.manner.StreamOn(forger{e})
	}
	e.hand.said = append(e.hand.said, m...)
	e.emit(m)
}

// emit sends a handshake message, in the manner that an attack has set.
func (e *engine) emit(m []byte) {
	e.note(true, messageText[m[0]], len(m))
	e.manner.Send(m, wire.MaxRecordLen, e.seal)
}

// flush sends the messages that an attack holds back: before anything else is sealed,
// before the keys change, and at the end of a call.
func (e *engine) flush() { e.manner.Flush(e.seal) }

// alert sends an alert.
func (e *engine) alert(level byte, a wire.Alert) {
	e.flush()
	e.note(true, "alert "+a.String(), 2)
	e.seal(wire.TypeAlert, []byte{level, byte(a)})
}

// notifyClose sends close_notify, once.
func (e *engine) notifyClose() {
	if (forger{e}).Close() {
		e.alert(wire.LevelWarning, wire.AlertCloseNotify)
	}
}

// seal makes a record, which waits for room.
func (e *engine) seal(typ byte, content []byte) { e.sealPadded(typ, content, 0) }

func (e *engine) sealPadded(typ byte, content []byte, padding int) {
	if typ == wire.TypeApplicationData {
		e.note(true, "application data", len(content))
	}
	e.late = e.write.seal(e.late, typ, content, padding)
}
