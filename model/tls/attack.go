package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// habits are the attacks on a peer that last, and what they need.
type habits struct {
	any    bool   // there is one: the usual way looks at nothing else
	packs  bool   // handshake messages share records
	deaf   bool   // no input is taken
	sips   bool   // or one byte a call
	split  int    // bytes of a record of handshake messages; 0: as usual
	halve  int    // bytes of data in the middle of the next message, plus one; 0: none
	stream int    // bytes of data in front of the next ServerHello
	packed []byte // messages that wait for company
}

// repertoire is what each attack does. Whatever it sends is sealed at once, with
// the keys of the moment.
var repertoire = [attack.NumAttacks]func(t *TLS, n int){
	attack.AttackSplit:         func(t *TLS, n int) { t.habits.split, t.habits.packs = n, false },
	attack.AttackPack:          func(t *TLS, _ int) { t.habits.split, t.habits.packs = wire.MaxRecordLen, true },
	attack.AttackInterleave:    func(t *TLS, n int) { t.habits.halve = n + 1 },
	attack.AttackKeyUpdates:    (*TLS).floodUpdates,
	attack.AttackHelloRequests: (*TLS).floodRequests,
	attack.AttackRenegotiation: (*TLS).renegotiateIn,
	attack.AttackWarnings: func(t *TLS, n int) {
		for range n {
			t.forgeAlert(wire.LevelWarning, wire.AlertUserCanceled)
		}
	},
	attack.AttackAlertPieces: (*TLS).alertInPieces,
	attack.AttackEmpties: func(t *TLS, n int) {
		for range n {
			t.forge(0)
		}
	},
	attack.AttackContent: (*TLS).forge,
	attack.AttackSealed:  (*TLS).forgeSealed,
	attack.AttackClose:   func(t *TLS, _ int) { t.forgeClose() },
	attack.AttackEnd:     func(t *TLS, _ int) { t.failSilently(faultAttack) },
	attack.AttackDataAfterClose: func(t *TLS, n int) {
		t.forgeClose()
		t.forge(n)
	},
	attack.AttackDeaf: func(t *TLS, _ int) { t.habits.deaf = true },
	attack.AttackSip:  func(t *TLS, _ int) { t.habits.sips = true },
}

// Attack implements Attacker.
func (t *TLS) Attack(a attack.Attack, n int) {
	if t.state == Dead || a >= attack.NumAttacks {
		return
	}
	t.habits.any = true
	repertoire[a](t, min(max(n, 0), attack.MaxAttack))
	t.sealPacked()
	if t.state != Dead && t.cfg.Transport == model.Pair {
		t.move()
	}
}

// filler is the data of attacks.
var filler [attack.MaxAttack]byte

// forge seals n bytes of application data as one record, however long.
func (t *TLS) forge(n int) {
	t.sealPacked()
	t.seal(wire.TypeApplicationData, filler[:n])
	t.note(true, messages[ApplicationData].word, n)
}

// forgeSealed seals a record of data that has n bytes behind its header, in TLS 1.3
// with padding where the content would be too long (RFC 8446, section 5.4).
func (t *TLS) forgeSealed(n int) {
	over := pick(t.cfg.Version == model.TLS13, Overhead13, Overhead12)
	content := max(0, n-pick(t.write.on, over, 0))
	if content <= wire.MaxRecordLen || t.cfg.Version == model.TLS12 || !t.write.on {
		t.forge(content)
		return
	}
	t.sealPacked()
	padded := make([]byte, content)
	padded[wire.MaxRecordLen] = wire.TypeApplicationData
	t.seal(0, padded) // of a padded record the last byte that is not zero is the type
	t.note(true, messages[ApplicationData].word, wire.MaxRecordLen)
}

func (t *TLS) forgeAlert(level byte, a wire.Alert) {
	t.sealPacked()
	t.seal(wire.TypeAlert, []byte{level, byte(a)})
	t.note(true, a.Word(), 2)
}

// forgeClose sends close_notify, once, whatever the state.
func (t *TLS) forgeClose() {
	if t.shutdown&model.SentClose == 0 {
		t.shutdown |= model.SentClose
		t.forgeAlert(wire.LevelWarning, wire.AlertCloseNotify)
	}
}

// alertInPieces seals an alert as two records of one byte.
func (t *TLS) alertInPieces(n int) {
	a, level := wire.Alert(n), wire.LevelFatal
	switch a {
	case wire.AlertCloseNotify:
		t.shutdown |= model.SentClose
		level = wire.LevelWarning
	case wire.AlertUserCanceled, wire.AlertNoRenegotiation:
		level = wire.LevelWarning
	}
	t.sealPacked()
	t.seal(wire.TypeAlert, []byte{level})
	t.seal(wire.TypeAlert, []byte{byte(a)})
}

// floodUpdates sends KeyUpdates that ask for one, each with its change of keys.
func (t *TLS) floodUpdates(n int) {
	for range n {
		t.emit([]byte{messages[KeyUpdate].wire, 0, 0, 1, 1})
		t.note(true, messages[KeyUpdate].word, 5)
		if t.sealPacked(); t.cfg.Version == model.TLS13 && t.write.on {
			t.change(&t.write, nextKeys, t.cfg.Role)
		}
	}
}

func (t *TLS) floodRequests(n int) {
	for range n {
		t.emit([]byte{messages[HelloRequest].wire, 0, 0, 0})
		t.note(true, messages[HelloRequest].word, 4)
	}
}

// renegotiateIn begins a renegotiation in the middle of a stream of data. Where
// there is none to begin, a ClientHello comes that does not count.
func (t *TLS) renegotiateIn(n int) {
	t.habits.stream = n
	t.streamOn()
	if t.cfg.Version == model.TLS12 && t.InitFinished() {
		t.apply(t.proto.find(Established, Begin, t.facts))
	} else {
		hello := resize(t.scratch, 4+t.bodyLen(ClientHello, model.Client))
		fill(hello, t.cfg.Key)
		hello[0] = messages[ClientHello].wire
		put24(hello[1:], len(hello)-4)
		t.scratch = hello
		t.emit(hello)
		t.note(true, messages[ClientHello].word, len(hello))
	}
	t.streamOn()
}

// streamOn sends the next record of the stream that a renegotiation is in the
// middle of.
func (t *TLS) streamOn() {
	if t.habits.stream > 0 {
		t.forge(t.habits.stream)
	}
}

// emit seals a handshake message in the manner of the moment: in records of no
// more than is wanted, together with others, or with data in its middle.
func (t *TLS) emit(m []byte) {
	switch {
	case t.habits.packs:
		t.habits.packed = append(t.habits.packed, m...)
		return
	case t.habits.halve > 0:
		data := t.habits.halve - 1
		t.habits.halve = 0
		t.sealPieces(m[:len(m)/2])
		t.seal(wire.TypeApplicationData, filler[:data])
		m = m[len(m)/2:]
	}
	t.sealPieces(m)
}

// sealPieces seals a message in as many records as HandshakeRecord says, or an
// attack.
func (t *TLS) sealPieces(m []byte) {
	most := t.cfg.HandshakeRecord
	if t.habits.split > 0 {
		most = min(t.habits.split, wire.MaxRecordLen)
	}
	for len(m) > 0 {
		n := min(len(m), most)
		t.seal(wire.TypeHandshake, m[:n])
		m = m[n:]
	}
}

// sealPacked seals the messages that wait for company: before anything else does,
// and before the keys change.
func (t *TLS) sealPacked() {
	if len(t.habits.packed) == 0 {
		return
	}
	t.sealPieces(t.habits.packed)
	t.habits.packed = t.habits.packed[:0]
}

// swallow is how much of n bytes of input the engine takes at once.
func (h *habits) swallow(n int) int {
	switch {
	case h.deaf:
		return 0
	case h.sips:
		return min(n, 1)
	}
	return n
}

// Snapshot lists the habits.
func (h *habits) Snapshot(s *model.Snapshot) {
	s.Flags(&h.any, &h.packs, &h.deaf, &h.sips)
	if !h.any {
		h.split, h.halve, h.stream = 0, 0, 0
		return
	}
	s.Int(&h.split)
	s.Int(&h.halve)
	s.Int(&h.stream)
}

var _ attack.Attacker = (*TLS)(nil)
