package model

// Shutdown implements Engine. In the middle of any handshake the call fails
// ("shutdown while in init"); the engine does not.
//
// Two uses are fatal, as in OpenSSL 3.0: with a Write pending the second call
// ("bad write retry": close_notify would have to overtake the record), and one
// that finds application data where the peer's close_notify should be. Who
// wants the data reads on with Read, which says Closed at the end.
func (t *TLS) Shutdown() Status {
	first := t.shutdown&SentClose == 0
	switch {
	case !t.enter() || !t.InitFinished():
		return t.reject(faultInInit)
	case first:
		t.shutdown |= SentClose
		t.forgetRequests()
		t.say(LevelWarning, AlertCloseNotify)
		if t.appEnd > 0 {
			return t.sending(t.untried(faultWritePending)) // close_notify waits behind it
		}
	case t.appEnd > 0:
		return t.fail(AlertInternalError, faultBadRetry)
	case t.unsent() > 0 || t.waiting:
		t.push()
	default:
		return t.judge(t.awaitClose())
	}
	switch {
	case t.state == Dead:
		return Failed
	case t.unsent() > 0:
		return t.judge(WantWrite)
	case t.shutdown&ReceivedClose == 0:
		return WantRead // SSL_shutdown's 0, which nobody judges
	}
	return OK
}

// awaitClose reads until the peer's close_notify.
func (t *TLS) awaitClose() Status {
	for t.shutdown&ReceivedClose == 0 {
		if len(t.plain) > 0 {
			t.plain = nil
			return t.failSilently(faultDataAfterClose)
		}
		// A fatal alert counts as the peer's end too (ssl3_shutdown in OpenSSL).
		if st := t.step(); st != OK && t.shutdown&ReceivedClose == 0 {
			return st
		}
	}
	return OK
}
