package tls

import (
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// The limits of OpenSSL 3.0 on records that carry nothing.
const (
	// maxEmpties: that many records in a row may be empty.
	maxEmpties = 32
	// maxWarnings: so many warning alerts in a row are fatal (CVE-2016-8610).
	maxWarnings = 5
)

// advance carries on until no handshake is under way. With reading set it
// stops, too, at application data, which Read then gives.
//
// OpenSSL's state machine clears the error queue when it starts, and so what
// a stranger left there does not harm a call that is in a handshake.
func (t *TLS) advance(reading bool) model.Status {
	if !t.InitFinished() && !t.pausedEarly() {
		t.errors.Clear()
	}
	half := false // a message that was half there is taken once it is whole
	for {
		if t.flight {
			if st := t.push(); st != model.OK {
				return st
			}
		}
		half = half || t.halfMessage()
		switch {
		case t.state == notStarted:
			t.begin()
			continue
		case t.state == connected && !(half && len(t.msgs) > t.msgOff),
			(reading || t.cfg.Traits.PausesEarly) && t.pausedEarly():
			return model.OK
		case t.state == pendingEarlyEnd:
			t.apply(t.proto.find(t.state, wishEarlyEnd, t.facts))
			continue
		case t.state == dead:
			return model.Failed
		case len(t.plain) > 0:
			return t.dataStatus(reading)
		}
		if st := t.absorb(); st != model.OK {
			return st
		}
	}
}

// dataStatus is what a handshake answers that meets application data. Only Read
// can give it; to any other call it is fatal, as in OpenSSL. But if the call
// before was a Read that gave some of it OpenSSL takes this one for another, and
// it fails without harm: SSL_get_error(3) says SYSCALL.
func (t *TLS) dataStatus(reading bool) model.Status {
	switch {
	case reading:
		return model.OK
	case t.indulged:
		t.want = model.OK
		return t.untried(faultDataInReneg)
	}
	return t.unexpected(applicationData)
}

// absorb takes the next message, or else the next record. OK: it did, and
// there may be more, or data in plain.
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

// checkHeader judges a record by its header alone.
func (t *TLS) checkHeader() model.Status {
	version := binary.BigEndian.Uint16(t.rec[1:])
	longest := pick(t.cfg.Version == model.TLS13, maxBody13, maxBody12)
	switch {
	case version>>8 != wire.TLS12>>8:
		return t.fail(wire.AlertProtocolVersion, faultWrongVersion)
	case version != wire.TLS12 && t.agreed():
		return t.wrongVersion()
	case t.need-wire.HeaderLen > longest:
		return t.fail(wire.AlertRecordOverflow, faultTooLong)
	}
	return model.OK
}

// agreed says whether the version is: before that a record may have any 3.x.
func (t *TLS) agreed() bool {
	return !t.unmet(t.state) && (t.read.on || t.cfg.Version == model.TLS12)
}

// wrongVersion fails over a record of another version, without an alert if it is
// one itself: it may well be the alert of a client that failed before the
// version was agreed.
func (t *TLS) wrongVersion() model.Status {
	switch {
	case t.cfg.Version == model.TLS13:
		return t.fail(wire.AlertDecodeError, faultWrongVersion)
	case t.rec[0] == wire.TypeAlert && !t.write.on:
		return t.failSilently(faultWrongVersion)
	}
	return t.fail(wire.AlertProtocolVersion, faultWrongVersion)
}

// openRecord gives the record's inner type and content, or fails.
func (t *TLS) openRecord() (typ byte, content []byte, st model.Status) {
	rec := t.rec[:t.need]
	t.got, t.need = 0, wire.HeaderLen
	if !t.read.on || t.cfg.Version == model.TLS13 && t.inClear(rec) {
		typ, content = rec[0], rec[wire.HeaderLen:]
		if typ == wire.TypeApplicationData && t.skips() {
			return typeSkipped, nil, t.skipInClear(content)
		}
	} else {
		if t.cfg.Version == model.TLS13 && rec[0] != wire.TypeApplicationData {
			return 0, nil, t.fail(wire.AlertUnexpectedMessage, faultRecordType)
		}
		var ok bool
		if typ, content, ok = t.read.open(rec, t.cfg.Version); !ok {
			if t.skips() {
				return typeSkipped, nil, t.skip(len(rec) - wire.HeaderLen - tagLen)
			}
			return 0, nil, t.fail(wire.AlertBadRecordMAC, faultBadMAC)
		}
	}
	if len(content) > wire.MaxRecordLen {
		return 0, nil, t.fail(wire.AlertRecordOverflow, faultTooLong)
	}
	return typ, content, model.OK
}

// inClear says whether a TLS 1.3 record may come unsealed although there are
// keys: a ChangeCipherSpec, for which the table decides, and the alert of a
// client that failed before it had any keys, or had those of early data only.
func (t *TLS) inClear(rec []byte) bool {
	switch rec[0] {
	case wire.TypeChangeCipherSpec:
		return true
	case wire.TypeAlert:
		return t.cfg.Role == model.Server && t.state != connected && (t.read.seq == 0 || t.read.early)
	}
	return false
}

// absorbRecord opens the record in rec and sorts its content.
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

// checkFlood bounds what a peer can send without saying anything.
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

// absorbData keeps application data for Read, where the table allows it.
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

// absorbCCS takes a ChangeCipherSpec, which in TLS 1.3 means nothing.
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

// deaf: after its close_notify a TLS 1.2 end ignores handshakes, because it
// could not answer.
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

// absorbAlert takes an alert.
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

// absorbRefusal takes a no_renegotiation warning. OpenSSL's asker gives the
// link up over it, whether it has asked or not; others let it be.
func (t *TLS) absorbRefusal() model.Status {
	r := t.proto.find(t.state, noRenegotiation, t.facts)
	if r == nil {
		return t.fail(wire.AlertHandshakeFailure, faultRefused)
	}
	t.apply(r)
	return model.OK
}
