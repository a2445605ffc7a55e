package puppet

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// habits are the attacks that last.
type habits struct {
	split  int    // bytes of a record of handshake messages; 0: as usual
	packs  bool   // handshake messages share records
	packed []byte // those that wait for it
	halve  int    // bytes of data in the middle of the next message, plus one; 0: none
	stream int    // bytes of data in front of the next ServerHello
}

// repertoire is what each attack does. Whatever it sends is sealed at once, with
// the keys of the moment.
var repertoire = [attack.NumAttacks]func(e *engine, n int){
	attack.AttackSplit:      func(e *engine, n int) { e.split, e.packs = n, false },
	attack.AttackPack:       func(e *engine, _ int) { e.split, e.packs = 0, true },
	attack.AttackInterleave: func(e *engine, n int) { e.halve = n + 1 },
	attack.AttackKeyUpdates: func(e *engine, n int) {
		for range n {
			e.update(1)
		}
	},
	attack.AttackHelloRequests: func(e *engine, n int) {
		for range n {
			e.emit(message(helloRequest, nil))
		}
	},
	attack.AttackRenegotiation: (*engine).renegotiateIn,
	attack.AttackWarnings: func(e *engine, n int) {
		for range n {
			e.alert(wire.LevelWarning, wire.AlertUserCanceled)
		}
	},
	attack.AttackAlertPieces: (*engine).alertInPieces,
	attack.AttackEmpties: func(e *engine, n int) {
		for range n {
			e.sendData(0)
		}
	},
	attack.AttackContent: (*engine).sendData,
	attack.AttackSealed:  (*engine).sendSealed,
	attack.AttackClose:   func(e *engine, _ int) { e.notifyClose() },
	attack.AttackEnd:     func(e *engine, _ int) { e.err, e.plain = errEnded, nil },
	attack.AttackDataAfterClose: func(e *engine, n int) {
		e.notifyClose()
		e.sendData(n)
	},
	attack.AttackDeaf: func(e *engine, _ int) { e.deaf = true },
	attack.AttackSip:  func(e *engine, _ int) { e.sips = true },
}

// Attack implements [model.Attacker].
func (e *engine) Attack(a attack.Attack, n int) {
	if e.freed || e.err != nil || a >= attack.NumAttacks {
		return
	}
	repertoire[a](e, min(max(n, 0), attack.MaxAttack))
	if e.Socket == nil {
		e.send()
	}
}

// filler is the data of attacks.
var filler [attack.MaxAttack]byte

// sendData seals n bytes of application data as one record.
func (e *engine) sendData(n int) {
	e.flush()
	e.seal(wire.TypeApplicationData, filler[:n])
}

// sendSealed seals a record of data that has n bytes behind its header, with
// padding where the content would be too long.
func (e *engine) sendSealed(n int) {
	e.flush()
	content := max(n-e.write.overhead(), 0)
	padding := 0
	if e.write.tls13 && content > wire.MaxRecordLen {
		content, padding = wire.MaxRecordLen, content-wire.MaxRecordLen
	}
	e.note(true, "application data", content)
	e.late = e.write.seal(e.late, wire.TypeApplicationData, filler[:content], padding)
}

// renegotiateIn begins a renegotiation in the middle of a stream of data. Where
// there is none to begin, a ClientHello comes that does not count.
func (e *engine) renegotiateIn(n int) {
	e.stream = n
	e.streamOn()
	switch {
	case !e.tls13 && e.hand.at == settled:
		e.renegotiate()
	default:
		e.emit(e.strayHello())
	}
	e.streamOn()
}

// strayHello is a ClientHello that is none of the handshake's.
func (e *engine) strayHello() []byte {
	kept := e.hand
	defer func() { e.hand = kept }()
	e.begin()
	e.hand.randoms[model.Client] = e.hand.randoms[e.role]
	return e.clientHello()
}

// streamOn sends the next record of the stream that a renegotiation is in the
// middle of.
func (e *engine) streamOn() {
	if e.stream > 0 {
		e.sendData(e.stream)
	}
}

// alertInPieces seals an alert as two records of one byte.
func (e *engine) alertInPieces(n int) {
	a, level := wire.Alert(n), wire.LevelFatal
	switch a {
	case wire.AlertCloseNotify:
		e.shut |= model.SentClose
		level = wire.LevelWarning
	case wire.AlertUserCanceled, wire.AlertNoRenegotiation:
		level = wire.LevelWarning
	}
	e.flush()
	e.seal(wire.TypeAlert, []byte{level})
	e.seal(wire.TypeAlert, []byte{byte(a)})
}

// say sends a message of the handshake, which counts.
func (e *engine) say(m []byte) {
	if m[0] == serverHello {
		e.streamOn()
	}
	e.hand.said = append(e.hand.said, m...)
	e.emit(m)
}

// emit sends a handshake message, in the manner of the moment.
func (e *engine) emit(m []byte) {
	e.note(true, messageText[m[0]], len(m))
	if e.packs {
		e.packed = append(e.packed, m...)
		return
	}
	e.sealMessage(m)
}

// flush sends the messages that wait for company: before the keys change, and at
// the end of a call.
func (e *engine) flush() {
	if len(e.packed) > 0 {
		e.sealMessage(e.packed)
		e.packed = e.packed[:0]
	}
}

// sealMessage seals a message, or more than one.
func (e *engine) sealMessage(m []byte) {
	if e.halve > 0 {
		data := e.halve - 1
		e.halve = 0
		e.sealPieces(m[:len(m)/2])
		e.seal(wire.TypeApplicationData, filler[:data])
		m = m[len(m)/2:]
	}
	e.sealPieces(m)
}

// sealPieces seals handshake messages in records of no more than is wanted.
func (e *engine) sealPieces(m []byte) {
	most := wire.MaxRecordLen
	if e.split > 0 {
		most = min(most, e.split)
	}
	for len(m) > 0 {
		n := min(len(m), most)
		e.seal(wire.TypeHandshake, m[:n])
		m = m[n:]
	}
}

// alert sends an alert.
func (e *engine) alert(level byte, a wire.Alert) {
	e.flush()
	e.note(true, "alert "+a.String(), 2)
	e.seal(wire.TypeAlert, []byte{level, byte(a)})
}

// notifyClose sends close_notify, once.
func (e *engine) notifyClose() {
	if e.shut&model.SentClose == 0 {
		e.shut |= model.SentClose
		e.alert(wire.LevelWarning, wire.AlertCloseNotify)
	}
}

// seal makes a record, which waits for room.
func (e *engine) seal(typ byte, content []byte) {
	if typ == wire.TypeApplicationData {
		e.note(true, "application data", len(content))
	}
	e.late = e.write.seal(e.late, typ, content, 0)
}
