package model

// TLS is the abstract TLS engine: the semantics of OpenSSL 3.0 and the records
// of TLS, without the cryptography. It implements Engine and Inspector.
//
// Its output goes one way: what is sealed lies in pend, in order, until the
// buffer or the socket takes it. A flight is sealed whole at once; application
// data only when pend is empty.
type TLS struct {
	cfg    EngineConfig
	errors *ErrorQueue
	own    ErrorQueue // if the configuration has none

	// The handshake.
	proto      *protocol
	state      State
	facts      cond
	rounds     uint64 // handshakes begun: the hellos of each are different
	transcript uint64
	secrets    [numKeys]uint64
	write      sealer
	read       sealer
	flight     bool  // handshake output waits in pend: a handshake is under way
	wish       bool  // a renegotiation is to begin when no write is pending
	owesUpdate bool  // a requested KeyUpdate is not answered yet
	askBack    bool  // the KeyUpdate to be sent asks for one
	waiting    bool  // an alert waits for pend to be empty
	alert      Alert // that alert
	level      byte  // and its level

	// Output.
	out      Ring   // Pair: what Drain gives
	pend     []byte // sealed, and not yet in out or in the socket
	sent     int    // bytes of pend that have left
	appEnd   int    // where in pend the record of a Write ends
	done     int    // plaintext of the Write under way that is through
	claimed  int    // plaintext of its record that is sealed; retries repeat it
	claim    *byte  // where it came from
	scratch  []byte // the message that is being built
	shutdown ShutState

	// Input.
	in      Ring   // Pair: what Feed has put
	rec     []byte // the record that is arriving
	got     int    // bytes of it that are here
	need    int    // bytes of it that are wanted next: the header, then all
	plain   []byte // decrypted data for Read; lies in rec
	msgs    []byte // handshake bytes; messages may be split or merged
	msgOff  int
	empties int // records without content in a row
	warned  int // warning alerts in a row

	fault Failure
	stale Failure // why the last call failed, if the engine has not
}

// NewTLS makes an engine from a configuration that makes sense; see
// Models.New for one that may not.
func NewTLS(cfg *EngineConfig) *TLS {
	t := &TLS{rec: make([]byte, HeaderLen+MaxBody12)}
	t.Reset(cfg)
	return t
}

// Reset makes the engine as NewTLS makes it, and keeps its memory.
func (t *TLS) Reset(cfg *EngineConfig) {
	*t = TLS{
		cfg: *cfg, errors: cfg.Errors, facts: cfg.facts(), need: HeaderLen,
		proto: &protocols[cfg.Role][cfg.Version], state: NotStarted,
		in: t.in, out: t.out, rec: t.rec,
		pend: t.pend[:0], scratch: t.scratch[:0], msgs: t.msgs[:0],
	}
	if t.errors == nil {
		t.errors = &t.own
	}
	if cfg.Role == Server {
		t.state = WaitClientHello
	}
	if t.cfg.HandshakeRecord == 0 {
		t.cfg.HandshakeRecord = MaxRecordLen
	}
	in, out := cfg.In, cfg.Out
	if cfg.Transport == Attached {
		in, out = 0, 0 // what an earlier link left there is gone too
	}
	t.in.Reset(in)
	t.out.Reset(out)
}

// Handshake implements Engine. In TLS 1.3 a server's handshake ends when its
// tickets are out, not before.
func (t *TLS) Handshake() Status {
	if !t.enter() {
		return Failed
	}
	t.begin()
	return t.judge(t.advance(false))
}

// Read implements Engine. len(p) 0 answers OK and does nothing.
//
// It says WantRead although it has written an answer, if the answer fitted the
// buffer. WantWrite means that it did not.
func (t *TLS) Read(p []byte) (int, Status) {
	if !t.enter() {
		return 0, Failed
	}
	if len(p) == 0 {
		return 0, OK
	}
	if t.shutdown&ReceivedClose != 0 {
		return 0, t.judge(t.pushBehind(Closed))
	}
	if t.wish {
		t.begin()
	}
	for {
		if !t.InitFinished() {
			if st := t.advance(true); st != OK {
				return 0, t.judge(st)
			}
		}
		if len(t.plain) > 0 {
			n := copy(p, t.plain)
			t.plain = t.plain[n:]
			return n, OK
		}
		if st := t.absorb(); st != OK {
			return 0, t.judge(t.pushBehind(st))
		}
	}
}

// Write implements Engine. A Write of nothing sends what is kept back: an
// alert, or the answer to a KeyUpdate; it answers OK when that is out.
//
// A retry that offers fewer bytes than are sealed already, or without
// MovingBuffer others, is fatal, as it is in OpenSSL 3.0 ("bad length", "bad
// write retry").
func (t *TLS) Write(p []byte) (int, Status) {
	if !t.enter() {
		return 0, Failed
	}
	if t.shutdown&SentClose != 0 {
		return 0, t.reject(faultShutdown)
	}
	if len(p) < t.done+t.claimed {
		return 0, t.fail(AlertInternalError, faultBadLength)
	}
	if t.wish {
		t.begin()
	}
	if t.owesUpdate && t.unsent() == 0 {
		t.rekey(false)
	}
	if !t.InitFinished() {
		if st := t.advance(false); st != OK {
			return 0, t.judge(st)
		}
	}
	n, st := t.writeData(p)
	return n, t.judge(st)
}

// writeData seals p record by record. done and claimed outlive the call: the
// retry goes on where it stopped.
func (t *TLS) writeData(p []byte) (int, Status) {
	if t.claimed > 0 {
		if !t.cfg.MovingBuffer && &p[t.done] != t.claim {
			return 0, t.fail(AlertInternalError, faultBadRetry)
		}
		if st := t.push(); st != OK {
			return 0, st
		}
		t.done, t.claimed = t.done+t.claimed, 0
	} else if st := t.push(); st != OK {
		return 0, st
	}
	for t.done < len(p) {
		n := min(len(p)-t.done, t.cfg.MaxRecord)
		t.sealData(p[t.done : t.done+n])
		if st := t.push(); st != OK {
			return 0, st
		}
		t.done, t.claimed = t.done+n, 0
		if t.cfg.PartialWrite {
			break
		}
	}
	n := t.done
	t.done = 0
	return n, OK
}

// Shutdown implements Engine. In the middle of any handshake the call fails
// ("shutdown while in init"); the engine does not.
//
// Two uses are fatal, as in OpenSSL 3.0: with a Write pending the second call
// ("bad write retry": close_notify would have to overtake the record), and one
// that finds application data where the peer's close_notify should be. Who
// wants the data reads on with Read, which says Closed at the end.
func (t *TLS) Shutdown() Status {
	switch {
	case !t.enter():
		return Failed
	case !t.InitFinished():
		return t.reject(faultInInit)
	case t.shutdown&SentClose == 0:
		t.shutdown |= SentClose
		t.say(LevelWarning, AlertCloseNotify)
		if t.unsent() > 0 || t.waiting {
			return t.judge(t.broken(WantWrite))
		}
	case t.appEnd > 0:
		return t.fail(AlertInternalError, faultBadRetry)
	case t.unsent() > 0:
		if st := t.push(); st != OK {
			return t.judge(st)
		}
	default:
		return t.judge(t.awaitClose())
	}
	if t.shutdown&ReceivedClose == 0 {
		return t.judge(t.broken(WantRead))
	}
	return OK
}

// awaitClose reads until the peer's close_notify.
func (t *TLS) awaitClose() Status {
	for t.shutdown&ReceivedClose == 0 {
		if len(t.plain) > 0 {
			return t.failSilently(faultDataAfterClose)
		}
		if st := t.absorb(); st != OK && st != Closed {
			return st
		}
	}
	return OK
}

// Renegotiate implements Engine. A client's ClientHello, or a server's
// HelloRequest, goes out at once, unless a Write is pending or half a record
// has been read: then at the first call after that. In TLS 1.3, while a
// handshake is under way, or after close_notify, the call fails and the engine
// does not. (OpenSSL takes a wish in mid-handshake, and the renegotiation that
// comes of it hangs now and then.)
func (t *TLS) Renegotiate() Status {
	switch {
	case !t.enter():
		return Failed
	case t.proto.find(Established, Begin, t.facts) == nil:
		return t.reject(faultVersion)
	case t.shutdown&SentClose != 0:
		return t.reject(faultShutdown)
	case !t.InitFinished():
		return t.reject(faultStillInInit)
	}
	t.wish = true
	t.begin()
	return t.judge(t.advance(false))
}

// KeyUpdate implements Engine. With a Write pending the call fails and the
// engine does not (OpenSSL pull 16077); likewise in TLS 1.2, or while a
// handshake is under way.
func (t *TLS) KeyUpdate(requested bool) Status {
	switch {
	case !t.enter():
		return Failed
	case t.proto.find(Established, Rekey, t.facts) == nil:
		return t.reject(faultVersion)
	case !t.InitFinished():
		return t.reject(faultStillInInit)
	}
	if t.pushBehind(OK) == Failed {
		return Failed
	}
	if t.unsent() > 0 {
		return t.reject(faultWritePending)
	}
	t.rekey(requested)
	return t.judge(t.advance(false))
}

// ClearErrors implements Engine.
func (t *TLS) ClearErrors() { t.errors.Clear() }

// Feed implements Engine; attached it takes nothing.
func (t *TLS) Feed(p []byte) int { return t.in.Write(p) }

// Drain implements Engine. It makes room and no more: what waits behind the
// buffer moves into it with the next call, as in a BIO pair.
func (t *TLS) Drain(p []byte) int { return t.out.Read(p) }

// InitFinished implements Engine. A handshake is under way, too, as long as
// its last flight is not out of the engine's hands.
func (t *TLS) InitFinished() bool { return t.state == Established && !t.flight }

// Pending implements Engine.
func (t *TLS) Pending() int { return len(t.plain) }

// HasPending implements Engine.
func (t *TLS) HasPending() bool {
	return t.got > 0 || len(t.plain) > 0 || len(t.msgs) > t.msgOff
}

// OutputPending implements Engine; attached it is 0, see Unsent.
func (t *TLS) OutputPending() int { return t.out.Len() }

// InputRoom implements Engine; attached it is 0.
func (t *TLS) InputRoom() int { return t.in.Room() }

// Deferred implements Engine. Only the next Write sends the answer.
func (t *TLS) Deferred() bool { return t.owesUpdate && !t.cfg.Traits.AnswerAtRead }

// ShutState implements Engine.
func (t *TLS) ShutState() ShutState { return t.shutdown }

// State is what the engine waits for.
func (t *TLS) State() State { return t.state }

// Unsent implements Inspector: the rest of a record or flight, and an alert or
// KeyUpdate that has to wait until that has left.
func (t *TLS) Unsent() int {
	n := t.unsent()
	over := HeaderLen
	if t.write.on {
		over += [...]int{TLS12: Overhead12, TLS13: Overhead13}[t.cfg.Version]
	}
	if t.waiting {
		n += over + 2
	}
	if t.owesUpdate && t.cfg.Traits.AnswerAtRead && t.shutdown&SentClose == 0 {
		n += over + 5
	}
	return n
}
