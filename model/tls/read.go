package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Read implements model.Engine. With an empty p it absorbs what there is, up to
// application data, as SSL_read(3) does.
//
// If it has written an answer and that fitted the buffer, it still says WantRead.
// WantWrite means that the answer did not fit.
func (t *TLS) Read(p []byte) (int, model.Status) {
	t.pauseEarly(model.Client)
	return t.readOn(p)
}

// readOn is Read. ReadEarly also uses it, once the handshake has come to data.
func (t *TLS) readOn(p []byte) (int, model.Status) {
	alive := t.enter()
	if t.shutdown&model.ReceivedClose != 0 {
		t.want = model.OK
		return 0, t.judge(t.pushBehind(model.Closed))
	}
	if !alive {
		return 0, t.untried(noFault)
	}
	t.indulged = false
	t.pushBehind(model.OK)
	if t.wish {
		t.begin()
	}
	for {
		if !t.InitFinished() {
			if st := t.advance(true); st != model.OK {
				return 0, t.judge(st)
			}
		}
		if len(t.plain) > 0 {
			n := copy(p, t.plain)
			t.plain, t.want = t.plain[n:], model.OK
			t.indulged = t.state != connected
			return n, t.emptyHanded(n)
		}
		if st := t.absorb(); st != model.OK {
			return 0, t.judge(t.pushBehind(st))
		}
	}
}

// emptyHanded is what a Read of n bytes answers when it has met data. SSL_read(3) of
// nothing returns 0, so it is judged like a failure.
func (t *TLS) emptyHanded(n int) model.Status {
	if n == 0 && t.errors.Len() > 0 {
		return t.judge(model.WantRead)
	}
	return model.OK
}

// The limits of OpenSSL 3.0 on records that carry nothing.
const (
	// maxEmpties: that many records in a row may be empty.
	maxEmpties = 32
	// maxWarnings: so many warning alerts in a row are fatal (CVE-2016-8610).
	maxWarnings = 5
)

// absorb takes in the next message, or else the next record. OK: it did, and there may be
// more, or data in plain.
func (t *TLS) absorb() model.Status {
	if t.shutdown&model.ReceivedClose != 0 {
		return t.absorbLate()
	}
	if len(t.msgs)-t.msgOff >= 4 {
		if size := t.messageSize(); size > 0 {
			return t.absorbMessage(size)
		} else if t.state == dead {
			return model.Failed
		}
	}
	if st := t.fill(); st != model.OK {
		return st
	}
	return t.absorbRecord()
}

// absorbLate drops what comes after the peer's close_notify.
func (t *TLS) absorbLate() model.Status {
	if st := t.fill(); st != model.OK {
		return st
	}
	t.got, t.need = 0, wire.HeaderLen
	return model.Closed
}

// fill reads exactly the header of a record, and then exactly its body.
func (t *TLS) fill() model.Status {
	for {
		for t.got < t.need {
			n, st := t.get(t.rec[t.got:t.need])
			t.got += n
			if st != model.OK {
				return st
			}
		}
		if t.need > wire.HeaderLen {
			return model.OK
		}
		t.need = wire.RecordSize(t.rec)
		if st := t.checkHeader(); st != model.OK || t.need == wire.HeaderLen {
			return st
		}
	}
}

// get moves input into p.
func (t *TLS) get(p []byte) (int, model.Status) {
	if t.cfg.Transport == model.Pair {
		n := t.in.Read(p)
		if n == 0 {
			return 0, t.lacks(model.WantRead)
		}
		return n, t.lacks(model.OK)
	}
	if p = p[:t.manner.Takes(len(p))]; len(p) == 0 {
		return 0, t.lacks(model.WantRead)
	}
	n, st := t.cfg.Socket.Recv(p)
	switch st {
	case model.IOOK:
		return n, t.lacks(model.OK)
	case model.WouldBlock:
		return 0, t.lacks(model.WantRead)
	}
	t.want = model.OK
	switch {
	case st == model.Reset:
		return 0, t.failSilently(faultReset)
	case t.cfg.Traits.SilentEOF:
		return 0, t.failSilently(faultEOF)
	}
	return 0, t.fail(wire.AlertDecodeError, faultEOF)
}

// lacks takes down what there was too little of (SSL_want(3)).
func (t *TLS) lacks(st model.Status) model.Status {
	t.want = st
	return st
}

// absorbRecord opens the record in rec and acts on its content by type.
func (t *TLS) absorbRecord() model.Status {
	typ, content, st := t.openRecord()
	if st != model.OK || typ == typeSkipped {
		return st
	}
	if st := t.checkFlood(typ, content); st != model.OK {
		return st
	}
	partial := len(t.msgs) > t.msgOff
	if partial && typ != wire.TypeHandshake && (t.cfg.Version == model.TLS13 || typ != wire.TypeAlert) {
		return t.fail(wire.AlertUnexpectedMessage, faultMixed)
	}
	switch typ {
	case wire.TypeApplicationData:
		return t.absorbData(content)
	case wire.TypeHandshake:
		return t.absorbFragment(content)
	case wire.TypeAlert:
		return t.absorbAlert(content)
	case wire.TypeChangeCipherSpec:
		return t.absorbCCS(content)
	}
	return t.fail(wire.AlertUnexpectedMessage, faultRecordType)
}

// checkFlood bounds how much a peer can send without saying anything.
func (t *TLS) checkFlood(typ byte, content []byte) model.Status {
	if len(content) > 0 {
		t.empties = 0
		if typ != wire.TypeAlert {
			t.warned = 0
		}
		return model.OK
	}
	t.empties++
	if t.empties > maxEmpties || t.cfg.Version == model.TLS13 && typ != wire.TypeApplicationData {
		return t.fail(wire.AlertUnexpectedMessage, faultEmpty)
	}
	return model.OK
}

// absorbData keeps application data for Read, if the table allows it.
func (t *TLS) absorbData(content []byte) model.Status {
	r := t.proto.find(t.state, applicationData, t.facts)
	if r == nil {
		return t.unexpected(applicationData)
	}
	if st := t.countEarly(len(content)); st != model.OK {
		return st
	}
	t.note(false, messages[applicationData].word, len(content))
	t.plain = content
	return model.OK
}

// absorbCCS takes in a ChangeCipherSpec. In TLS 1.3 it means nothing.
func (t *TLS) absorbCCS(content []byte) model.Status {
	if len(content) != 1 || content[0] != ccsBody[0] {
		return t.fail(wire.AlertUnexpectedMessage, faultBadCCS)
	}
	if t.deaf() {
		return model.OK
	}
	r := t.proto.find(t.state, changeCipherSpec, t.facts)
	if r == nil {
		return t.unexpected(changeCipherSpec)
	}
	t.apply(r)
	return t.broken(model.OK)
}

// deaf says whether the end ignores handshakes: after its close_notify a TLS 1.2 end could
// not answer.
func (t *TLS) deaf() bool {
	return t.shutdown&model.SentClose != 0 && t.cfg.Version == model.TLS12
}

// absorbFragment keeps handshake bytes until a message is whole.
func (t *TLS) absorbFragment(content []byte) model.Status {
	if t.deaf() {
		return model.OK
	}
	if t.msgOff == len(t.msgs) {
		t.msgs, t.msgOff = t.msgs[:0], 0
	}
	t.msgs = append(t.msgs, content...)
	return model.OK
}

// absorbAlert takes in an alert.
func (t *TLS) absorbAlert(content []byte) model.Status {
	if len(content) != 2 {
		t.stays = true
		return t.fail(wire.AlertUnexpectedMessage, faultBadAlert)
	}
	level, a := content[0], wire.Alert(content[1])
	t.note(false, a.Word(), 2)
	fatal := level != wire.LevelWarning || t.cfg.Version == model.TLS13
	if !fatal || a == wire.AlertUserCanceled {
		t.warned++
		if t.warned >= maxWarnings {
			return t.fail(wire.AlertUnexpectedMessage, faultWarnings)
		}
	}
	switch {
	case a == wire.AlertUserCanceled && t.cfg.Version == model.TLS13:
		return model.OK
	case a == wire.AlertCloseNotify && (!fatal || t.cfg.Version == model.TLS13):
		t.shutdown |= model.ReceivedClose
		return model.Closed
	case fatal:
		t.shutdown |= model.ReceivedClose
		st := t.failSilently(faultReceived)
		t.fault.alert = a
		return st
	case a == wire.AlertNoRenegotiation:
		return t.absorbRefusal()
	}
	return model.OK
}

// absorbRefusal takes in a no_renegotiation warning. OpenSSL gives the link up, whether it
// has asked or not; others go on.
func (t *TLS) absorbRefusal() model.Status {
	r := t.proto.find(t.state, noRenegotiation, t.facts)
	if r == nil {
		return t.fail(wire.AlertHandshakeFailure, faultRefused)
	}
	t.apply(r)
	return model.OK
}
