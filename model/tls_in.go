package model

import "encoding/binary"

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
func (t *TLS) advance(reading bool) Status {
	if !t.InitFinished() && !t.pausedEarly() {
		t.errors.Clear()
	}
	half := false // a message that was half there is taken once it is whole
	for {
		if t.flight {
			if st := t.push(); st != OK {
				return st
			}
		}
		half = half || t.halfMessage()
		switch {
		case t.state == NotStarted:
			t.begin()
			continue
		case t.state == Established && !(half && len(t.msgs) > t.msgOff),
			(reading || t.cfg.Traits.PausesEarly) && t.pausedEarly():
			return OK
		case t.state == PendingEarlyEnd:
			t.apply(t.proto.find(t.state, Conclude, t.facts))
			continue
		case t.state == Dead:
			return Failed
		case len(t.plain) > 0:
			return t.dataStatus(reading)
		}
		if st := t.absorb(); st != OK {
			return st
		}
	}
}

// dataStatus is what a handshake answers that meets application data. Only Read
// can give it; to any other call it is fatal, as in OpenSSL. But if the call
// before was a Read that gave some of it OpenSSL takes this one for another, and
// it fails without harm: SSL_get_error(3) says SYSCALL.
func (t *TLS) dataStatus(reading bool) Status {
	switch {
	case reading:
		return OK
	case t.indulged:
		t.want = OK
		return t.untried(faultDataInReneg)
	}
	return t.unexpected(ApplicationData)
}

// absorb takes the next message, or else the next record. OK: it did, and
// there may be more, or data in plain.
func (t *TLS) absorb() Status {
	if t.shutdown&ReceivedClose != 0 {
		return t.absorbLate()
	}
	if len(t.msgs)-t.msgOff >= 4 {
		if size := t.messageSize(); size > 0 {
			return t.absorbMessage(size)
		} else if t.state == Dead {
			return Failed
		}
	}
	if st := t.fill(); st != OK {
		return st
	}
	return t.absorbRecord()
}

// absorbLate drops what comes after the peer's close_notify.
func (t *TLS) absorbLate() Status {
	if st := t.fill(); st != OK {
		return st
	}
	t.got, t.need = 0, HeaderLen
	return Closed
}

// fill reads exactly the header of a record, and then exactly its body.
func (t *TLS) fill() Status {
	for {
		for t.got < t.need {
			n, st := t.get(t.rec[t.got:t.need])
			t.got += n
			if st != OK {
				return st
			}
		}
		if t.need > HeaderLen {
			return OK
		}
		t.need = RecordSize(t.rec)
		if st := t.checkHeader(); st != OK || t.need == HeaderLen {
			return st
		}
	}
}

// get moves input into p.
func (t *TLS) get(p []byte) (int, Status) {
	if t.cfg.Transport == Pair {
		n := t.in.Read(p)
		if n == 0 {
			return 0, t.lacks(WantRead)
		}
		return n, t.lacks(OK)
	}
	if t.habits.any {
		if p = p[:t.habits.swallow(len(p))]; len(p) == 0 {
			return 0, t.lacks(WantRead)
		}
	}
	n, st := t.cfg.Socket.Recv(p)
	switch st {
	case IOOK:
		return n, t.lacks(OK)
	case WouldBlock:
		return 0, t.lacks(WantRead)
	}
	t.want = OK
	switch {
	case st == Reset:
		return 0, t.failSilently(faultReset)
	case t.cfg.Traits.SilentEOF:
		return 0, t.failSilently(faultEOF)
	}
	return 0, t.fail(AlertDecodeError, faultEOF)
}

// lacks takes down what there was too little of (SSL_want(3)).
func (t *TLS) lacks(st Status) Status {
	t.want = st
	return st
}

// checkHeader judges a record by its header alone.
func (t *TLS) checkHeader() Status {
	version := binary.BigEndian.Uint16(t.rec[1:])
	longest := [...]int{TLS12: MaxBody12, TLS13: MaxBody13}[t.cfg.Version]
	switch {
	case version>>8 != WireTLS12>>8:
		return t.fail(AlertProtocolVersion, faultWrongVersion)
	case version != WireTLS12 && t.agreed():
		return t.wrongVersion()
	case t.need-HeaderLen > longest:
		return t.fail(AlertRecordOverflow, faultTooLong)
	}
	return OK
}

// agreed says whether the version is: before that a record may have any 3.x.
func (t *TLS) agreed() bool {
	return !t.unmet(t.state) && (t.read.on || t.cfg.Version == TLS12)
}

// wrongVersion fails over a record of another version, without an alert if it is
// one itself: it may well be the alert of a client that failed before the
// version was agreed.
func (t *TLS) wrongVersion() Status {
	switch {
	case t.cfg.Version == TLS13:
		return t.fail(AlertDecodeError, faultWrongVersion)
	case t.rec[0] == TypeAlert && !t.write.on:
		return t.failSilently(faultWrongVersion)
	}
	return t.fail(AlertProtocolVersion, faultWrongVersion)
}

// openRecord gives the record's inner type and content, or fails.
func (t *TLS) openRecord() (typ byte, content []byte, st Status) {
	rec := t.rec[:t.need]
	t.got, t.need = 0, HeaderLen
	if !t.read.on || t.cfg.Version == TLS13 && t.inClear(rec) {
		typ, content = rec[0], rec[HeaderLen:]
		if typ == TypeApplicationData && t.skips() {
			return typeSkipped, nil, t.skipInClear(content)
		}
	} else {
		if t.cfg.Version == TLS13 && rec[0] != TypeApplicationData {
			return 0, nil, t.fail(AlertUnexpectedMessage, faultRecordType)
		}
		var ok bool
		if typ, content, ok = t.read.open(rec, t.cfg.Version); !ok {
			if t.skips() {
				return typeSkipped, nil, t.skip(len(rec) - HeaderLen - tagLen)
			}
			return 0, nil, t.fail(AlertBadRecordMAC, faultBadMAC)
		}
	}
	if len(content) > MaxRecordLen {
		return 0, nil, t.fail(AlertRecordOverflow, faultTooLong)
	}
	return typ, content, OK
}

// inClear says whether a TLS 1.3 record may come unsealed although there are
// keys: a ChangeCipherSpec, for which the table decides, and the alert of a
// client that failed before it had any keys, or had those of early data only.
func (t *TLS) inClear(rec []byte) bool {
	switch rec[0] {
	case TypeChangeCipherSpec:
		return true
	case TypeAlert:
		return t.cfg.Role == Server && t.state != Established && (t.read.seq == 0 || t.read.early)
	}
	return false
}

// absorbRecord opens the record in rec and sorts its content.
func (t *TLS) absorbRecord() Status {
	typ, content, st := t.openRecord()
	if st != OK || typ == typeSkipped {
		return st
	}
	if st := t.checkFlood(typ, content); st != OK {
		return st
	}
	partial := len(t.msgs) > t.msgOff
	if partial && typ != TypeHandshake && (t.cfg.Version == TLS13 || typ != TypeAlert) {
		return t.fail(AlertUnexpectedMessage, faultMixed)
	}
	switch typ {
	case TypeApplicationData:
		return t.absorbData(content)
	case TypeHandshake:
		return t.absorbFragment(content)
	case TypeAlert:
		return t.absorbAlert(content)
	case TypeChangeCipherSpec:
		return t.absorbCCS(content)
	}
	return t.fail(AlertUnexpectedMessage, faultRecordType)
}

// checkFlood bounds what a peer can send without saying anything.
func (t *TLS) checkFlood(typ byte, content []byte) Status {
	if len(content) > 0 {
		t.empties = 0
		if typ != TypeAlert {
			t.warned = 0
		}
		return OK
	}
	t.empties++
	if t.empties > maxEmpties || t.cfg.Version == TLS13 && typ != TypeApplicationData {
		return t.fail(AlertUnexpectedMessage, faultEmpty)
	}
	return OK
}

// absorbData keeps application data for Read, where the table allows it.
func (t *TLS) absorbData(content []byte) Status {
	r := t.proto.find(t.state, ApplicationData, t.facts)
	if r == nil {
		return t.unexpected(ApplicationData)
	}
	if st := t.countEarly(len(content)); st != OK {
		return st
	}
	t.note(false, messages[ApplicationData].word, len(content))
	t.plain = content
	return OK
}

// absorbCCS takes a ChangeCipherSpec, which in TLS 1.3 means nothing.
func (t *TLS) absorbCCS(content []byte) Status {
	if len(content) != 1 || content[0] != ccsBody[0] {
		return t.fail(AlertUnexpectedMessage, faultBadCCS)
	}
	if t.deaf() {
		return OK
	}
	r := t.proto.find(t.state, ChangeCipherSpec, t.facts)
	if r == nil {
		return t.unexpected(ChangeCipherSpec)
	}
	t.apply(r)
	return t.broken(OK)
}

// deaf: after its close_notify a TLS 1.2 end ignores handshakes, because it
// could not answer.
func (t *TLS) deaf() bool {
	return t.shutdown&SentClose != 0 && t.cfg.Version == TLS12
}

// absorbFragment keeps handshake bytes until a message is whole.
func (t *TLS) absorbFragment(content []byte) Status {
	if t.deaf() {
		return OK
	}
	if t.msgOff == len(t.msgs) {
		t.msgs, t.msgOff = t.msgs[:0], 0
	}
	t.msgs = append(t.msgs, content...)
	return OK
}

// absorbAlert takes an alert.
func (t *TLS) absorbAlert(content []byte) Status {
	if len(content) != 2 {
		t.stays = true
		return t.fail(AlertUnexpectedMessage, faultBadAlert)
	}
	level, a := content[0], Alert(content[1])
	t.note(false, a.note(), 2)
	fatal := level != LevelWarning || t.cfg.Version == TLS13
	if !fatal || a == AlertUserCanceled {
		t.warned++
		if t.warned >= maxWarnings {
			return t.fail(AlertUnexpectedMessage, faultWarnings)
		}
	}
	switch {
	case a == AlertUserCanceled && t.cfg.Version == TLS13:
		return OK
	case a == AlertCloseNotify && (!fatal || t.cfg.Version == TLS13):
		t.shutdown |= ReceivedClose
		return Closed
	case fatal:
		t.shutdown |= ReceivedClose
		st := t.failSilently(faultReceived)
		t.fault.alert = a
		return st
	case a == AlertNoRenegotiation:
		return t.absorbRefusal()
	}
	return OK
}

// absorbRefusal takes a no_renegotiation warning. OpenSSL's asker gives the
// link up over it, whether it has asked or not; others let it be.
func (t *TLS) absorbRefusal() Status {
	r := t.proto.find(t.state, NoRenegotiation, t.facts)
	if r == nil {
		return t.fail(AlertHandshakeFailure, faultRefused)
	}
	t.apply(r)
	return OK
}
