package puppet

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// An engine is one end of a link. It takes in a record at a time, answers at once, and keeps
// what it has sealed until there is room, so nothing in it ever waits. What may come next in a
// handshake is in handle.
type engine struct {
	transport
	role          model.Role
	tls13         bool
	partly        bool // Write may take a part
	most          int  // plaintext of a record
	renegotiation model.RenegPolicy
	retries       bool // a server sends a HelloRetryRequest
	resume        bool
	early         bool // a client offers early data
	foreign       bool // the other end is none of ours
	asking        bool // a server asks a foreign client for a certificate
	certified     bool // a server has a certificate
	chain         *certificate.Chain
	known         secret.Link
	psks          []psk // of TLS 1.3
	random        secret.Stream
	meddle        func(*Turn)
	watch         func(model.Note)
	log           func(string)

	hand        handshake
	verify      [2][]byte // what the Finished of the last handshake said, by role
	read, write sealer
	before      sealer // what write was before its keys changed
	asks        bool   // it has asked for a certificate
	messages    []byte // handshake messages that have come, whole or not
	plain       []byte // decrypted and not taken

	claimed int // bytes of the Write that is sealed and waits for room
	shut    model.ShutState
	err     error // fatal
	refused error // of the last call only
	freed   bool
}

// A failure is a reason to fail, and the alert that tells the peer.
type failure struct {
	alert wire.Alert
	what  string
}

// Error implements error.
func (f *failure) Error() string {
	return fmt.Sprintf("puppet: got %s (alert %s)", f.what, f.alert)
}

// Reasons to fail, each with its alert.
var (
	errUnexpected = &failure{wire.AlertUnexpectedMessage, "unexpected message"}
	errDecode     = &failure{wire.AlertDecodeError, "a message that can't be read"}
	errNoCommon   = &failure{wire.AlertHandshakeFailure, "nothing in common with the peer"}
	errDecrypt    = &failure{wire.AlertDecryptError, "a Finished or binder that is wrong"}
	errBadMAC     = &failure{wire.AlertBadRecordMAC, "a record that does not open"}
	errOverflow   = &failure{wire.AlertRecordOverflow, "a record or message that is too long"}
)

// errEnded is the Err of an engine that the attack "end" has ended.
var errEnded = errors.New("puppet: it was told to end the link")

func newEngine(cfg *model.EngineConfig, chain *certificate.Chain, seed uint64,
	meddle func(*Turn)) *engine {
	e := &engine{transport: newTransport(cfg), role: cfg.Role,
		tls13: cfg.Version == model.TLS13, partly: cfg.PartialWrite,
		most:          min(max(cfg.MaxRecord, 1), wire.MaxRecordLen),
		renegotiation: cfg.Traits.Renegotiation, retries: cfg.Retry, resume: cfg.Resume, early: cfg.EarlyData > 0,
		foreign: cfg.Foreign, asking: cfg.Foreign && cfg.ClientAuth,
		certified: cfg.Foreign || cfg.ServerChain > 0, chain: chain,
		known: secret.LinkOf(cfg.Key), psks: psksOf(cfg), meddle: meddle, watch: cfg.Watch, log: cfg.KeyLog}
	e.random = secret.StreamOf(seed, cfg.Key, uint64(cfg.Role))
	return e
}

// enter begins a call, and says whether the engine lives.
func (e *engine) enter() bool {
	if e.freed {
		panic("puppet: call on an engine that was freed")
	}
	e.refused = nil
	e.transport.begin()
	if e.role == model.Client && e.hand.at == notBegun && e.err == nil {
		e.start()
	}
	e.send()
	return e.err == nil
}

// send moves what was sealed toward the peer.
func (e *engine) send() {
	e.flush()
	e.push()
}

// step takes in a record. OK says that it did.
func (e *engine) step() model.Status {
	if !e.fetch() {
		return e.lacks()
	}
	if wrong := e.dispatch(); wrong != nil {
		return e.fail(wrong)
	}
	if e.err != nil { // the peer sent a fatal alert: what was sealed before it still goes
		e.send()
		return model.Failed
	}
	return model.OK
}

// lacks says what a call waits for that finds no whole record.
func (e *engine) lacks() model.Status {
	e.send()
	switch {
	case e.Cause != nil:
		e.err, e.plain = e.Cause, nil
		return model.Failed
	case e.Unsent() > 0:
		return model.WantWrite
	}
	return model.WantRead
}

// fail is the end of the engine. It tells the peer why.
func (e *engine) fail(why *failure) model.Status {
	e.alert(wire.LevelFatal, why.alert)
	e.err, e.plain = why, nil
	e.send()
	return model.Failed
}

// refuse fails a call and not the engine.
func (e *engine) refuse(what string) model.Status {
	e.refused = fmt.Errorf("puppet: %s: %w", what, model.ErrRefused)
	return model.Failed
}

// dispatch acts on the record that has come.
func (e *engine) dispatch() *failure {
	rec := e.record
	e.record = e.record[:0]
	typ, content, ok := rec[0], rec[wire.HeaderLen:], true
	if typ != wire.TypeAlert || !e.tls13 { // one in the clear may still come
		typ, content, ok = e.read.open(rec)
	}
	switch {
	case !ok:
		return errBadMAC
	case typ == wire.TypeChangeCipherSpec:
		return e.cipherSpec()
	case typ == wire.TypeAlert:
		return e.alerted(content)
	case typ == wire.TypeHandshake:
		e.messages = append(e.messages, content...)
		return e.handleAll()
	case typ == wire.TypeApplicationData && e.read.aead != nil:
		e.note(false, "application data", len(content))
		e.plain = append(e.plain, content...)
		return nil
	}
	return errUnexpected
}

// longestMessage is the longest handshake message that is accepted, in bytes.
const longestMessage = 1 << 17

// handleAll acts on the handshake messages that are whole.
func (e *engine) handleAll() *failure {
	for len(e.messages) >= 4 {
		n := 4 + int(binary.BigEndian.Uint32(e.messages)&0xffffff)
		if n > longestMessage {
			return errOverflow
		}
		if len(e.messages) < n {
			return nil
		}
		m := append([]byte(nil), e.messages[:n]...)
		e.messages = append(e.messages[:0], e.messages[n:]...)
		e.note(false, message.Kind(m[0]).String(), n)
		if wrong := e.handle(m); wrong != nil {
			return wrong
		}
	}
	return nil
}

// alerted takes in an alert. Warnings mean nothing here, but for close_notify and the refusal of a
// foreign server to renegotiate.
func (e *engine) alerted(content []byte) *failure {
	if len(content) != 2 {
		return errDecode
	}
	level, a := content[0], wire.Alert(content[1])
	e.note(false, "alert "+a.String(), len(content))
	switch {
	case a == wire.AlertCloseNotify:
		e.shut |= model.ReceivedClose
	case a == wire.AlertNoRenegotiation && level == wire.LevelWarning && e.mayGoOn():
		e.settle()
	case level == wire.LevelFatal || e.tls13 && a != wire.AlertUserCanceled:
		e.err, e.plain = fmt.Errorf("puppet: the peer sent alert %s", a), nil
		e.shut |= model.ReceivedClose
	}
	return nil
}

// Handshake implements [model.Engine]. However it ends, its answers leave.
func (e *engine) Handshake() model.Status {
	if !e.enter() {
		return model.Failed
	}
	defer e.send()
	for e.hand.at != settled {
		switch {
		case len(e.plain) > 0:
			return model.WantRead
		case e.shut&model.ReceivedClose != 0:
			return model.Closed
		}
		if st := e.step(); st != model.OK {
			return st
		}
	}
	return model.OK
}

// Read implements [model.Engine].
//
// Story 79: a Read absorbed a KeyUpdate and then a close_notify, and said Closed. Its answer to
// the KeyUpdate then waited for a call that nobody had to make.
func (e *engine) Read(p []byte) (int, model.Status) {
	if !e.enter() {
		return 0, model.Failed
	}
	defer e.send()
	for len(e.plain) == 0 {
		if e.shut&model.ReceivedClose != 0 {
			return 0, model.Closed
		}
		if st := e.step(); st != model.OK {
			return 0, st
		}
	}
	n := copy(p, e.plain)
	e.plain = e.plain[n:]
	return n, model.OK
}

// Write implements [model.Engine]. Its records wait behind all that an attack has sealed before.
func (e *engine) Write(p []byte) (int, model.Status) {
	if !e.enter() {
		return 0, model.Failed
	}
	if e.hand.at != settled {
		if st := e.Handshake(); st != model.OK {
			return 0, st
		}
	}
	if e.claimed == 0 && e.Unsent() > 0 {
		return 0, model.WantWrite
	}
	if e.claimed == 0 {
		e.claimed = e.sealData(p)
		e.send()
	}
	if e.Unsent() > 0 {
		return 0, model.WantWrite
	}
	n := min(e.claimed, len(p))
	e.claimed = 0
	return n, model.OK
}

// sealData makes records of p, or with partial writes one record of its front, and says how many
// bytes are in them.
func (e *engine) sealData(p []byte) (n int) {
	for n < len(p) {
		k := min(len(p)-n, e.most)
		e.seal(wire.TypeApplicationData, p[n:n+k])
		n += k
		if e.partly {
			break
		}
	}
	return n
}

// Shutdown implements [model.Engine]. During a handshake it is refused.
func (e *engine) Shutdown() model.Status {
	switch {
	case !e.enter():
		return model.Failed
	case e.hand.at != settled:
		return e.refuse("Shutdown in a handshake")
	}
	e.notifyClose()
	e.send()
	for e.shut&model.ReceivedClose == 0 && len(e.plain) == 0 {
		if e.push(); e.Unsent() > 0 {
			break
		}
		if st := e.step(); st != model.OK {
			return st
		}
	}
	e.send()
	switch {
	case e.Unsent() > 0:
		return model.WantWrite
	case e.shut&model.ReceivedClose == 0:
		return model.WantRead
	}
	return model.OK
}

// Renegotiate implements [model.Engine].
func (e *engine) Renegotiate() model.Status {
	switch {
	case !e.enter():
		return model.Failed
	case e.tls13 || e.hand.at != settled:
		return e.refuse("Renegotiate in TLS 1.3, or in a handshake")
	}
	e.renegotiate()
	return e.lacks()
}

// renegotiate begins a new handshake, or asks the client for one.
func (e *engine) renegotiate() {
	if e.role == model.Client {
		e.start()
		return
	}
	e.emit(bare(helloRequest, nil))
}

// KeyUpdate implements [model.Engine].
func (e *engine) KeyUpdate(requested bool) model.Status {
	switch {
	case !e.enter():
		return model.Failed
	case !e.tls13 || e.hand.at != settled:
		return e.refuse("KeyUpdate in TLS 1.2, or in a handshake")
	}
	var ask byte
	if requested {
		ask = 1
	}
	e.update(ask)
	e.send()
	if e.Unsent() > 0 {
		return model.WantWrite
	}
	return model.OK
}

// Authenticate implements [model.Engine]: it is refused.
func (e *engine) Authenticate() model.Status {
	e.enter()
	return e.refuse("a puppet has no certificates")
}

// WriteEarly implements [model.Engine]: it is refused.
func (e *engine) WriteEarly([]byte) (int, model.Status) {
	e.enter()
	return 0, e.refuse("a puppet has no early data")
}

// ReadEarly implements [model.Engine]: it is refused.
func (e *engine) ReadEarly([]byte) (int, model.Status) { return e.WriteEarly(nil) }

// EarlyData implements [model.Engine].
func (e *engine) EarlyData() model.EarlyStatus { return model.EarlyUnsent }

// ClearErrors implements [model.Engine]. It does nothing: a puppet has no error queue.
func (e *engine) ClearErrors() {}

// InitFinished implements [model.Engine].
func (e *engine) InitFinished() bool { return e.hand.at == settled && e.err == nil }

// Pending implements [model.Engine].
func (e *engine) Pending() int { return len(e.plain) }

// HasPending implements [model.Engine].
func (e *engine) HasPending() bool {
	return len(e.plain) > 0 || len(e.record) > wire.HeaderLen
}

// Deferred implements [model.Engine]: a KeyUpdate is answered at the read.
func (e *engine) Deferred() bool { return false }

// ShutState implements [model.Engine].
func (e *engine) ShutState() model.ShutState { return e.shut }

// Err implements [model.Engine].
func (e *engine) Err() error {
	if e.err == nil {
		return e.refused
	}
	return e.err
}

// alert sends an alert.
func (e *engine) alert(level byte, a wire.Alert) {
	e.flush()
	e.note(true, "alert "+a.String(), 2)
	e.seal(wire.TypeAlert, bytesOf(&message.Alert{Level: level, Description: a}))
}

// notifyClose sends close_notify, if it has not been sent.
func (e *engine) notifyClose() {
	if (forger{e}).Close() {
		e.alert(wire.LevelWarning, wire.AlertCloseNotify)
	}
}

// seal makes a record, which waits for room.
func (e *engine) seal(typ byte, content []byte) { e.sealPadded(typ, content, 0) }

// sealPadded is seal with that many bytes of padding, which only TLS 1.3 has.
func (e *engine) sealPadded(typ byte, content []byte, padding int) {
	if typ == wire.TypeApplicationData {
		e.note(true, "application data", len(content))
	}
	e.late = e.write.sealSo(e.late, typ, content, &records{Padding: padding})
}

// note tells the configuration's watcher of a message.
func (e *engine) note(sent bool, what string, n int) {
	if e.watch == nil {
		return
	}
	if what == "" {
		what = "unknown message"
	}
	e.watch(model.Note{Sent: sent, Message: what, Bytes: n})
}

// logKey writes a secret to the key log, for Wireshark.
func (e *engine) logKey(label string, secret []byte) {
	if e.log != nil {
		e.log(label + " " + hex.EncodeToString(e.hand.randoms[model.Client]) + " " +
			hex.EncodeToString(secret))
	}
}
