package puppet

import (
	"github.com/wantwrite/wantwrite/engine/message"
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

func (f forger) HelloRequest() { f.e.emit(bare(helloRequest, nil)) }

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

// strayHello is a ClientHello that is no part of the handshake.
func (e *engine) strayHello() message.Message {
	m, kept := e.anotherHello(), e.hand.said
	e.hand.said = nil
	e.bind(&message.Draft{Message: m})
	e.hand.said = kept
	return m
}

// flush sends the messages that an attack holds back: before anything else is sealed,
// before the keys change, and at the end of a call.
func (e *engine) flush() { e.manner.Flush(e.seal) }
