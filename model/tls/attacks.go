package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Attack implements attack.Attacker.
func (t *TLS) Attack(a attack.Attack, n int) {
	if t.state == dead {
		return
	}
	a.Play(forger{t}, n)
	t.sealPacked()
	if t.state != dead && t.cfg.Transport == model.Pair {
		t.move()
	}
}

// A forger is the engine as an attack sees it: an attack.Forger.
type forger struct{ t *TLS }

func (f forger) Manner() *attack.Manner { return &f.t.manner }

// Seal seals a record. Of a padded one the last byte that is not zero is the type, so
// the padding goes behind a type of its own.
func (f forger) Seal(typ byte, content []byte, padding int) {
	t := f.t
	t.sealPacked()
	if padding > 0 {
		padded := make([]byte, len(content)+padding)
		copy(padded, content)
		padded[len(content)] = typ
		t.seal(0, padded)
	} else {
		t.seal(typ, content)
	}
	if typ == wire.TypeApplicationData {
		t.note(true, messages[applicationData].word, len(content))
	}
}

func (f forger) Overhead() (n int, pads bool) {
	if !f.t.write.on {
		return 0, false
	}
	return Overhead(f.t.cfg.Version), f.t.cfg.Version == model.TLS13
}

func (f forger) Alert(level byte, a wire.Alert) {
	f.t.sealPacked()
	f.t.seal(wire.TypeAlert, []byte{level, byte(a)})
	f.t.note(true, a.Word(), 2)
}

func (f forger) HelloRequest() {
	f.t.emit(helloRequest, []byte{messages[helloRequest].wire, 0, 0, 0})
}

func (f forger) KeyUpdate() {
	t := f.t
	t.emit(keyUpdate, []byte{messages[keyUpdate].wire, 0, 0, 1, 1})
	if t.sealPacked(); t.cfg.Version == model.TLS13 && t.write.on {
		t.change(&t.write, nextKeys, t.cfg.Role)
	}
}

func (f forger) Renegotiate() {
	t := f.t
	if t.cfg.Version == model.TLS12 && t.InitFinished() {
		t.apply(t.proto.find(connected, wishHandshake, t.facts))
		return
	}
	hello := resize(t.scratch, 4+t.bodyLen(clientHello, model.Client))
	fill(hello, t.cfg.Key)
	hello[0] = messages[clientHello].wire
	put24(hello[1:], len(hello)-4)
	t.scratch = hello
	t.emit(clientHello, hello)
}

func (f forger) Close() bool {
	first := f.t.shutdown&model.SentClose == 0
	f.t.shutdown |= model.SentClose
	return first
}

func (f forger) End() { f.t.failSilently(faultAttack) }

// emit seals a handshake message, in the manner that an attack has set.
func (t *TLS) emit(e message, m []byte) {
	t.manner.Send(m, t.cfg.HandshakeRecord, t.seal)
	t.note(true, messages[e].word, len(m))
}

// sealPacked seals the handshake messages that an attack holds back, before anything
// else is sealed and before the keys change.
func (t *TLS) sealPacked() {
	if t.manner.Active {
		t.manner.Flush(t.seal)
	}
}

var _ attack.Attacker = (*TLS)(nil)
