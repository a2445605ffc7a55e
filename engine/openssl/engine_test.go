package openssl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

var versions = []model.Version{model.TLS12, model.TLS13}

func TestHandshakeInPairsOfEverySize(t *testing.T) {
	for _, v := range versions {
		for _, size := range []int{1, 17, 4096} {
			for _, step := range []int{1, 1 << 16} {
				name := fmt.Sprintf("tls=%v/pair=%d/step=%d", v, size, step)
				t.Run(name, func(t *testing.T) {
					cfg := base(v)
					cfg.In, cfg.Out = size, size
					l := open(t, cfg)
					if l.client().InitFinished() {
						t.Fatal("the client is finished before it began")
					}
					l.handshake(step)
					if !l.client().InitFinished() || !l.server().InitFinished() {
						t.Fatal("both ends said OK, but are not finished")
					}
				})
			}
		}
	}
}

func TestPairKeepsToItsSizes(t *testing.T) {
	cfg := base(model.TLS12)
	cfg.In, cfg.Out = 33, 21
	l := open(t, cfg)
	if got := l.server().InputRoom(); got != 33 {
		t.Fatalf("a new engine has room for %d bytes, want 33", got)
	}
	if got := l.server().Feed(make([]byte, 50)); got != 33 {
		t.Fatalf("it took %d of 50 bytes, want 33", got)
	}
	if got := l.server().Feed([]byte{1}); got != 0 {
		t.Fatalf("a full one took %d bytes", got)
	}
	// A ClientHello is longer than 21 bytes: the rest waits inside, and only
	// another call moves it.
	want(t, "client's first handshake call", l.client().Handshake(), model.WantWrite)
	if got := l.client().OutputPending(); got != 21 {
		t.Fatalf("%d bytes are pending, want 21", got)
	}
	if got := l.client().Drain(make([]byte, 50)); got != 21 {
		t.Fatalf("drained %d bytes, want 21", got)
	}
	if got := l.client().OutputPending(); got != 0 {
		t.Fatalf("%d bytes are pending after the drain; the rest must wait for a call", got)
	}
	want(t, "client's second handshake call", l.client().Handshake(), model.WantWrite)
}

func TestDataBothWays(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			l := open(t, base(v))
			l.handshake(1 << 16)
			l.say(model.Client, "a request")
			l.say(model.Server, "its response")
			if got, s := l.read(model.Client); got != "" || s != model.WantRead {
				t.Errorf("nothing is left, but read got %q, %v", got, s)
			}
			l.free() // the cleanup frees once more, which does nothing
		})
	}
}

// Pending counts decrypted bytes only; HasPending also knows of a part of a
// record.
func TestPendingAndHasPending(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	l.client().Write([]byte("0123456789"))
	l.carry(model.Client, 9)
	got, s := l.read(model.Server)
	if got != "" || s != model.WantRead || !l.server().HasPending() || l.server().Pending() != 0 {
		t.Fatalf("with a part of a record: read %q %v, pending %d, has pending %v",
			got, s, l.server().Pending(), l.server().HasPending())
	}
	l.settle()
	var p [4]byte
	if n, s := l.server().Read(p[:]); n != 4 || s != model.OK || l.server().Pending() != 6 {
		t.Fatalf("read %d bytes, %v, pending %d; want 4, ok, 6", n, s, l.server().Pending())
	}
}

// The moment of MB-53428. The documentation of SSL_read promises a WANT_WRITE
// for a renegotiation that has something to send; what comes is WANT_READ,
// with the answer in the pair, where nobody looks.
func TestReadAbsorbsClientHelloAndSaysWantRead(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	l.say(model.Client, "before")
	want(t, "client's renegotiate", l.client().Renegotiate(), model.WantRead)
	if l.client().OutputPending() == 0 {
		t.Fatal("the client says that it waits, but wrote no ClientHello")
	}
	l.settle()
	_, s := l.read(model.Server)
	want(t, "server's read of the ClientHello", s, model.WantRead)
	if l.server().OutputPending() == 0 {
		t.Fatal("the server owes its ServerHello, but nothing is pending")
	}
	if l.server().InitFinished() {
		t.Fatal("the server is in a renegotiation, but says finished")
	}
	l.handshake(1 << 16)
	l.say(model.Server, "after")
}

// Story 21: data that has come before is delivered, whoever began what.
func TestRenegotiateOverUnreadData(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	l.server().Write([]byte("unread"))
	l.settle()
	want(t, "client's renegotiate", l.client().Renegotiate(), model.WantRead)
	if got, s := l.read(model.Client); got != "unread" || s != model.OK {
		t.Fatalf("read %q, %v (%v); want the data", got, s, l.client().Err())
	}
	l.settle()
	l.read(model.Server)
	l.handshake(1 << 16)
	l.say(model.Server, "after")
}

// Story 22: a server asks once a handshake.
func TestHelloRequestIsNotRepeated(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	for range 2 {
		want(t, "server's renegotiate", l.server().Renegotiate(), model.OK)
		want(t, "server's next renegotiate", l.server().Renegotiate(), model.Failed)
		if err := l.server().Err(); !errors.Is(err, model.ErrRefused) {
			t.Fatalf("the error is %v, want a refusal", err)
		}
		l.settle()
		l.read(model.Client)
		l.settle()
		l.read(model.Server)
		l.handshake(1 << 16)
	}
	l.say(model.Client, "after")
}

// Story 20: what can't be begun well is refused, and the link goes on.
func TestRenegotiateOverHalfARecord(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	want(t, "server's renegotiate", l.server().Renegotiate(), model.OK)
	l.carry(model.Server, 17)
	l.read(model.Client)
	want(t, "client's renegotiate", l.client().Renegotiate(), model.Failed)
	if err := l.client().Err(); !errors.Is(err, model.ErrRefused) ||
		!strings.Contains(err.Error(), "a part of a record") {
		t.Fatalf("the error is %v, want a refusal over a part of a record", err)
	}
	l.server().Write([]byte("data behind the HelloRequest"))
	l.settle()
	got, s := l.read(model.Client)
	for s == model.WantRead {
		l.settle()
		got, s = l.read(model.Client)
	}
	if got != "data behind the HelloRequest" {
		t.Fatalf("read %q, %v (%v); want the data", got, s, l.client().Err())
	}
	l.settle()
	l.read(model.Server)
	l.handshake(1 << 16)
	l.say(model.Server, "after")
	if got, s := l.read(model.Client); got != "" || s != model.WantRead ||
		!l.client().InitFinished() {
		t.Fatalf("nothing is left to do, but read got %q, %v", got, s)
	}
}

// The same from the other side: a HelloRequest, and OK at once.
func TestServerBeginsRenegotiation(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	want(t, "server's renegotiate", l.server().Renegotiate(), model.OK)
	l.settle()
	_, s := l.read(model.Client)
	want(t, "client's read of the HelloRequest", s, model.WantRead)
	if l.client().OutputPending() == 0 {
		t.Fatal("the client owes a ClientHello, but nothing is pending")
	}
	l.settle()
	_, s = l.read(model.Server)
	want(t, "server's read of the ClientHello", s, model.WantRead)
	l.handshake(1 << 16)
	l.say(model.Client, "after")
}

// refusing makes a link of which only the server refuses renegotiation.
func refusing() [2]model.EngineConfig {
	cfgs := [2]model.EngineConfig{base(model.TLS12), base(model.TLS12)}
	cfgs[model.Server].Traits.Renegotiation = model.RenegRefuse
	return cfgs
}

// RFC 5746, section 4.5: the refusal is a warning. OpenSSL's server goes on
// with the old keys, and its client gives up.
func TestRefusedRenegotiation(t *testing.T) {
	l := openEach(t, refusing())
	l.handshake(1 << 16)
	want(t, "client's renegotiate", l.client().Renegotiate(), model.WantRead)
	l.settle()
	_, s := l.read(model.Server)
	want(t, "server's read of the ClientHello", s, model.WantRead)
	if l.server().OutputPending() == 0 {
		t.Fatal("the server owes a no_renegotiation alert, but nothing is pending")
	}
	if !l.server().InitFinished() || l.server().Err() != nil {
		t.Fatalf("the server refused, so it goes on as before; error: %v", l.server().Err())
	}
	l.settle()
	_, s = l.read(model.Client)
	want(t, "client's read of the refusal", s, model.Failed)
	if err := l.client().Err(); err == nil || !strings.Contains(err.Error(), "no renegotiation") {
		t.Fatalf("the client's error is %v, want one about no renegotiation", err)
	}
}

// Who refuses can't ask either.
func TestRefuserCannotAsk(t *testing.T) {
	l := openEach(t, refusing())
	l.handshake(1 << 16)
	want(t, "server's renegotiate", l.server().Renegotiate(), model.Failed)
	l.server().ClearErrors()
	l.say(model.Client, "the link is none the worse")
}

// A record that does not fit is sealed once. The engine keeps it, says
// WantWrite, and wants the same bytes again.
func TestWriteIntoFullPair(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			cfg := base(v)
			cfg.Out, cfg.In = 512, 512
			cfg.MaxRecord = 1000
			l := open(t, cfg)
			l.handshake(1 << 16)
			text := []byte(strings.Repeat("wantwrite ", 300))
			n, s := l.client().Write(text)
			if n != 0 || s != model.WantWrite || l.client().OutputPending() != 512 {
				t.Fatalf("wrote %d, %v, with %d pending; want 0, want-write, 512",
					n, s, l.client().OutputPending())
			}
			took, got := l.pass(text)
			if got != string(text) {
				t.Fatalf("the server got %d bytes that differ from the %d sent",
					len(got), len(text))
			}
			// The retry that gets rid of the first record seals the second, and
			// is blocked again: OpenSSL answers a count only at the end.
			if took != len(text) {
				t.Fatalf("the write that was blocked took %d bytes at last, want all %d",
					took, len(text))
			}
		})
	}
}

// pass writes text from the client while the server reads, and answers the
// longest count of one write, and what was read.
func (l *link) pass(text []byte) (took int, got string) {
	for range 1000 {
		if len(text) > 0 {
			n, _ := l.client().Write(text)
			took = max(took, n)
			text = text[n:]
		}
		moved := l.carry(model.Client, 1<<16)
		part, s := l.read(model.Server)
		got += part
		if s == model.WantRead && moved == 0 && len(text) == 0 {
			return took, got
		}
	}
	l.t.Fatal("the text does not get through")
	return 0, ""
}

// With room for it, a partial write takes one record.
func TestPartialWriteTakesOneRecord(t *testing.T) {
	cfg := base(model.TLS12)
	cfg.MaxRecord = 1000
	l := open(t, cfg)
	l.handshake(1 << 16)
	if n, s := l.client().Write(make([]byte, 3000)); n != 1000 || s != model.OK {
		t.Fatalf("wrote %d, %v; want 1000, ok", n, s)
	}
}

// Without partial writes OK means all of it, whatever the number of records.
func TestWholeWrite(t *testing.T) {
	cfg := base(model.TLS12)
	cfg.PartialWrite, cfg.MaxRecord = false, 512
	l := open(t, cfg)
	l.handshake(1 << 16)
	text := make([]byte, 3000)
	n, s := l.client().Write(text)
	if n != 3000 || s != model.OK {
		t.Fatalf("wrote %d, %v; want 3000, ok", n, s)
	}
}

// A retry from another address is an error unless that was allowed.
func TestMovedRetry(t *testing.T) {
	for _, moving := range []bool{false, true} {
		cfg := base(model.TLS12)
		cfg.MovingBuffer, cfg.Out = moving, 64
		t.Run(fmt.Sprintf("moving=%v", moving), func(t *testing.T) {
			l := open(t, cfg)
			l.handshake(1 << 16)
			_, s := l.client().Write(make([]byte, 100))
			want(t, "first write", s, model.WantWrite)
			_, s = l.client().Write(make([]byte, 100))
			if moving {
				want(t, "retry from elsewhere", s, model.WantWrite)
				return
			}
			want(t, "retry from elsewhere", s, model.Failed)
			if err := l.client().Err(); !strings.Contains(err.Error(), "bad write retry") {
				t.Fatalf("the error is %v, want one about a bad write retry", err)
			}
		})
	}
}

func TestCloseNotifyBothWays(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			l := open(t, base(v))
			l.handshake(1 << 16)
			want(t, "client's shutdown", l.client().Shutdown(), model.WantRead)
			if got := l.client().ShutState(); got != model.SentClose {
				t.Fatalf("client's shutdown state is %d, want sent", got)
			}
			l.settle()
			_, s := l.read(model.Server)
			want(t, "server's read of close_notify", s, model.Closed)
			if got := l.server().ShutState(); got != model.ReceivedClose {
				t.Fatalf("server's shutdown state is %d, want received", got)
			}
			want(t, "server's shutdown", l.server().Shutdown(), model.OK)
			l.settle()
			want(t, "client's second shutdown", l.client().Shutdown(), model.OK)
			if got := l.client().ShutState(); got != model.SentClose|model.ReceivedClose {
				t.Fatalf("client's shutdown state is %d, want both", got)
			}
		})
	}
}

// A close_notify that does not fit says WantWrite until it has left.
func TestShutdownIntoFullPair(t *testing.T) {
	cfg := base(model.TLS12)
	cfg.Out = 16
	l := open(t, cfg)
	l.handshake(1 << 16)
	want(t, "client's shutdown", l.client().Shutdown(), model.WantWrite)
	want(t, "again, with nothing moved", l.client().Shutdown(), model.WantWrite)
	for range 3 {
		l.carry(model.Client, 1<<16)
		l.client().Shutdown()
	}
	_, s := l.read(model.Server)
	want(t, "server's read", s, model.Closed)
}

// The trap of the shared queue: SSL_get_error looks at the thread's errors
// before it looks at the engine, so a stranger's failure makes a would-block
// fatal. Clearing the queue is the pump's duty.
func TestErrorQueueIsShared(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	_, s := l.read(model.Server)
	want(t, "server's read of nothing", s, model.WantRead)

	stranger := pair(t, l.lib, base(model.TLS12))
	defer stranger.free()
	stranger.server().Feed([]byte("GET / HTTP/1.1\r\n\r\n"))
	want(t, "stranger's handshake", stranger.server().Handshake(), model.Failed)
	if err := stranger.server().Err(); !strings.Contains(err.Error(), "http request") {
		t.Fatalf("the stranger's error is %v, want one about an http request", err)
	}

	_, s = l.read(model.Server)
	want(t, "server's read of nothing, with the stranger's error queued", s, model.Failed)
	l.server().ClearErrors()
	_, s = l.read(model.Server)
	want(t, "server's read of nothing, with the queue cleared", s, model.WantRead)
	l.say(model.Client, "the link was never broken")
}

// A full or an empty pair is not an error: it must not poison the queue.
func TestFeedAndDrainLeaveNoError(t *testing.T) {
	cfg := base(model.TLS12)
	cfg.In = 10
	l := open(t, cfg)
	if n := l.client().Drain(make([]byte, 10)); n != 0 {
		t.Fatalf("drained %d bytes of a new engine", n)
	}
	if n := l.client().Feed(make([]byte, 11)) + l.client().Feed([]byte{1}); n != 10 {
		t.Fatalf("fed %d bytes, want 10", n)
	}
	l.client().Feed(nil)
	l.client().Drain(nil)
	want(t, "server's handshake", l.server().Handshake(), model.WantRead)
}

// OpenSSL answers a requested KeyUpdate at the next write, not at the read
// that absorbs it (pull 8773). An empty write is enough, and it sends no
// empty record.
func TestKeyUpdateIsAnsweredAtNextWrite(t *testing.T) {
	l := open(t, base(model.TLS13))
	l.handshake(1 << 16)
	want(t, "client's key update", l.client().KeyUpdate(true), model.OK)
	l.settle()
	_, s := l.read(model.Server)
	want(t, "server's read of the KeyUpdate", s, model.WantRead)
	if n := l.server().OutputPending(); n != 0 || !l.server().Deferred() {
		t.Fatalf("%d bytes are pending, deferred is %v; want 0, true", n, l.server().Deferred())
	}
	if n, s := l.server().Write(nil); n != 0 || s != model.OK {
		t.Fatalf("the empty write answers %d, %v", n, s)
	}
	if n := l.server().OutputPending(); n == 0 || l.server().Deferred() {
		t.Fatalf("%d bytes are pending, deferred is %v; want some, false",
			n, l.server().Deferred())
	}
	l.settle()
	_, s = l.read(model.Client)
	want(t, "client's read of the answer", s, model.WantRead)
	l.say(model.Server, "under new keys")
	l.say(model.Client, "and back")
	if n, s := l.client().Write(nil); n != 0 || s != model.OK || l.client().OutputPending() != 0 {
		t.Fatalf("an empty write with nothing owed: %d, %v, %d pending",
			n, s, l.client().OutputPending())
	}
}

func TestKeyUpdateWithoutRequest(t *testing.T) {
	l := open(t, base(model.TLS13))
	l.handshake(1 << 16)
	want(t, "client's key update", l.client().KeyUpdate(false), model.OK)
	l.say(model.Client, "under a new key")
	if l.server().Deferred() {
		t.Fatal("nothing was requested, but an answer is deferred")
	}
}

// What the version does not have fails, for the call only.
func TestWrongVersionOfUpdate(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	want(t, "key update on TLS 1.2", l.client().KeyUpdate(true), model.Failed)
	l.client().ClearErrors()
	l.say(model.Client, "still there")

	m := pair(t, l.lib, base(model.TLS13))
	defer m.free()
	m.handshake(1 << 16)
	want(t, "renegotiation on TLS 1.3", m.client().Renegotiate(), model.Failed)
	m.client().ClearErrors()
	m.say(model.Client, "still there")
}

// Both ends' secret follows from the key of the configuration.
func TestEndsNeedTheSameKey(t *testing.T) {
	cfgs := [2]model.EngineConfig{base(model.TLS12), base(model.TLS12)}
	cfgs[model.Server].Key++
	l := openEach(t, cfgs)
	for range 4 {
		l.client().Handshake()
		l.settle()
		l.server().Handshake()
		l.settle()
	}
	if l.server().Err() == nil || l.client().InitFinished() {
		t.Fatalf("with other keys the handshake goes through; server's error: %v",
			l.server().Err())
	}
}

func TestUseAfterFreePanics(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.free()
	defer func() {
		if recover() == nil {
			t.Fatal("a freed engine reads")
		}
	}()
	l.read(model.Client)
}

// A KeyUpdate that comes while a write is blocked: OpenSSL 1.1.1 failed with
// "bad length" here (issue 8677), and later ones put the answer off.
func TestKeyUpdateWhileWriteIsBlocked(t *testing.T) {
	l := blockedWriter(t)
	l.client().KeyUpdate(true)
	l.carry(model.Client, 1<<16)
	_, s := l.read(model.Server)
	want(t, "server's read of the KeyUpdate", s, model.WantRead)
	if !l.server().Deferred() {
		t.Fatal("the answer must wait for the write")
	}
}

// blockedWriter is a link whose server has a record that does not fit.
func blockedWriter(t *testing.T) *link {
	cfg := base(model.TLS13)
	cfg.Out = 300
	l := open(t, cfg)
	l.handshake(1 << 16)
	_, s := l.server().Write(make([]byte, 1000))
	want(t, "server's write", s, model.WantWrite)
	return l
}
