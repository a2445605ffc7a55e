package openssl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
)

func TestHandshakeInPairsOfEverySize(t *testing.T) {
	for _, v := range versions {
		for _, size := range []int{1, 17, 4096} {
			for _, step := range []int{1, 1 << 16} {
				name := fmt.Sprintf("tls=%v/pair=%d/step=%d", v, size, step)
				t.Run(name, func(t *testing.T) {
					cfg := config(v)
					cfg.In, cfg.Out = size, size
					l := open(t, cfg)
					if l.Client().InitFinished() {
						t.Fatal("the client is finished before it began")
					}
					l.Step = step
					l.Shake()
					if !l.Client().InitFinished() || !l.Server().InitFinished() {
						t.Fatal("both ends said OK, but are not finished")
					}
				})
			}
		}
	}
}

func TestPairKeepsToItsSizes(t *testing.T) {
	cfg := config(model.TLS12)
	cfg.In, cfg.Out = 33, 21
	l := open(t, cfg)
	if got := l.Server().InputRoom(); got != 33 {
		t.Fatalf("a new engine has room for %d bytes, want 33", got)
	}
	if got := l.Server().Feed(make([]byte, 50)); got != 33 {
		t.Fatalf("it took %d of 50 bytes, want 33", got)
	}
	if got := l.Server().Feed([]byte{1}); got != 0 {
		t.Fatalf("a full one took %d bytes", got)
	}
	// A ClientHello is longer than 21 bytes. The rest waits inside until the next call.
	l.Want("client's first handshake call", l.Client().Handshake(), model.WantWrite)
	if got := l.Client().OutputPending(); got != 21 {
		t.Fatalf("%d bytes are pending, want 21", got)
	}
	if got := l.Client().Drain(make([]byte, 50)); got != 21 {
		t.Fatalf("drained %d bytes, want 21", got)
	}
	if got := l.Client().OutputPending(); got != 0 {
		t.Fatalf("%d bytes are pending after the drain; the rest must wait for a call", got)
	}
	l.Want("client's second handshake call", l.Client().Handshake(), model.WantWrite)
}

func TestDataBothWays(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			l := opened(t, config(v))
			l.Say(model.Client, "a request")
			l.Say(model.Server, "its response")
			if got, s := l.Read(model.Client); got != "" || s != model.WantRead {
				t.Errorf("nothing is left, but read got %q, %v", got, s)
			}
			l.Free() // the cleanup frees once more, which does nothing
		})
	}
}

// Pending counts decrypted bytes only. HasPending also counts a part of a record.
func TestPendingAndHasPending(t *testing.T) {
	l := opened(t, config(model.TLS12))
	l.Client().Write([]byte("0123456789"))
	l.Carry(model.Client, 9)
	got, s := l.Read(model.Server)
	if got != "" || s != model.WantRead || !l.Server().HasPending() || l.Server().Pending() != 0 {
		t.Fatalf("with a part of a record: read %q %v, pending %d, has pending %v",
			got, s, l.Server().Pending(), l.Server().HasPending())
	}
	l.Settle()
	var p [4]byte
	if n, s := l.Server().Read(p[:]); n != 4 || s != model.OK || l.Server().Pending() != 6 {
		t.Fatalf("read %d bytes, %v, pending %d; want 4, ok, 6", n, s, l.Server().Pending())
	}
}

// A record that does not fit is sealed once. The engine keeps it, says WantWrite, and wants the
// same bytes again.
func TestWriteIntoFullPair(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			cfg := config(v)
			cfg.Out, cfg.In = 512, 512
			cfg.MaxRecord = 1000
			l := opened(t, cfg)
			text := strings.Repeat("wantwrite ", 300)
			n, s := l.Client().Write([]byte(text))
			if n != 0 || s != model.WantWrite || l.Client().OutputPending() != 512 {
				t.Fatalf("wrote %d, %v, with %d pending; want 0, want-write, 512",
					n, s, l.Client().OutputPending())
			}
			took := l.Pass(model.Client, text)
			// The retry that gets rid of the first record seals the second, and is blocked again.
			// OpenSSL gives a count only at the end.
			if took != len(text) {
				t.Fatalf("the write that was blocked took %d bytes at last, want all %d",
					took, len(text))
			}
		})
	}
}

// A partial write takes one record if that fits.
func TestPartialWriteTakesOneRecord(t *testing.T) {
	cfg := config(model.TLS12)
	cfg.MaxRecord = 1000
	l := opened(t, cfg)
	if n, s := l.Client().Write(make([]byte, 3000)); n != 1000 || s != model.OK {
		t.Fatalf("wrote %d, %v; want 1000, ok", n, s)
	}
}

// Without partial writes OK means all of the data, whatever the number of records.
func TestWholeWrite(t *testing.T) {
	cfg := config(model.TLS12)
	cfg.PartialWrite, cfg.MaxRecord = false, 512
	l := opened(t, cfg)
	text := make([]byte, 3000)
	n, s := l.Client().Write(text)
	if n != 3000 || s != model.OK {
		t.Fatalf("wrote %d, %v; want 3000, ok", n, s)
	}
}

// A retry from another address fails unless the configuration allows it.
func TestMovedRetry(t *testing.T) {
	for _, moving := range []bool{false, true} {
		cfg := config(model.TLS12)
		cfg.MovingBuffer, cfg.Out = moving, 64
		t.Run(fmt.Sprintf("moving=%v", moving), func(t *testing.T) {
			l := opened(t, cfg)
			_, s := l.Client().Write(make([]byte, 100))
			l.Want("first write", s, model.WantWrite)
			_, s = l.Client().Write(make([]byte, 100))
			if moving {
				l.Want("retry from elsewhere", s, model.WantWrite)
				return
			}
			l.Want("retry from elsewhere", s, model.Failed)
			if err := l.Client().Err(); !strings.Contains(err.Error(), "bad write retry") {
				t.Fatalf("the error is %v, want one about a bad write retry", err)
			}
		})
	}
}

func TestCloseNotifyBothWays(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			l := opened(t, config(v))
			l.Want("client's shutdown", l.Client().Shutdown(), model.WantRead)
			if got := l.Client().ShutState(); got != model.SentClose {
				t.Fatalf("client's shutdown state is %d, want sent", got)
			}
			l.Settle()
			_, s := l.Read(model.Server)
			l.Want("server's read of close_notify", s, model.Closed)
			if got := l.Server().ShutState(); got != model.ReceivedClose {
				t.Fatalf("server's shutdown state is %d, want received", got)
			}
			l.Want("server's shutdown", l.Server().Shutdown(), model.OK)
			l.Settle()
			l.Want("client's second shutdown", l.Client().Shutdown(), model.OK)
			if got := l.Client().ShutState(); got != model.SentClose|model.ReceivedClose {
				t.Fatalf("client's shutdown state is %d, want both", got)
			}
		})
	}
}

// A close_notify that does not fit makes Shutdown say WantWrite until it has left.
func TestShutdownIntoFullPair(t *testing.T) {
	cfg := config(model.TLS12)
	cfg.Out = 16
	l := opened(t, cfg)
	l.Want("client's shutdown", l.Client().Shutdown(), model.WantWrite)
	l.Want("again, with nothing moved", l.Client().Shutdown(), model.WantWrite)
	for range 3 {
		l.Move(model.Client)
		l.Client().Shutdown()
	}
	_, s := l.Read(model.Server)
	l.Want("server's read", s, model.Closed)
}

// SSL_get_error looks at the thread's error queue before it looks at the engine, so that an error
// of another link makes a would-block fatal. A pump has to clear the queue.
func TestErrorQueueIsShared(t *testing.T) {
	l := opened(t, config(model.TLS12))
	_, s := l.Read(model.Server)
	l.Want("server's read of nothing", s, model.WantRead)

	stranger := pair(t, need(t), config(model.TLS12))
	defer stranger.Free()
	stranger.Server().Feed([]byte("GET / HTTP/1.1\r\n\r\n"))
	l.Want("stranger's handshake", stranger.Server().Handshake(), model.Failed)
	if err := stranger.Server().Err(); !strings.Contains(err.Error(), "http request") {
		t.Fatalf("the stranger's error is %v, want one about an http request", err)
	}

	_, s = l.Read(model.Server)
	l.Want("server's read of nothing, with the stranger's error queued", s, model.Failed)
	l.Server().ClearErrors()
	_, s = l.Read(model.Server)
	l.Want("server's read of nothing, with the queue cleared", s, model.WantRead)
	l.Say(model.Client, "the link was never broken")
}

// A full buffer or an empty one is no error, and leaves none in the queue.
func TestFeedAndDrainLeaveNoError(t *testing.T) {
	cfg := config(model.TLS12)
	cfg.In = 10
	l := open(t, cfg)
	if n := l.Client().Drain(make([]byte, 10)); n != 0 {
		t.Fatalf("drained %d bytes of a new engine", n)
	}
	if n := l.Client().Feed(make([]byte, 11)) + l.Client().Feed([]byte{1}); n != 10 {
		t.Fatalf("fed %d bytes, want 10", n)
	}
	l.Client().Feed(nil)
	l.Client().Drain(nil)
	l.Want("server's handshake", l.Server().Handshake(), model.WantRead)
}

// Ends with other keys do not come through the handshake.
func TestEndsNeedTheSameKey(t *testing.T) {
	client, server := config(model.TLS12), config(model.TLS12)
	server.Key++
	l := openEach(t, client, server)
	for range 4 {
		l.Client().Handshake()
		l.Settle()
		l.Server().Handshake()
		l.Settle()
	}
	if l.Server().Err() == nil || l.Client().InitFinished() {
		t.Fatalf("with other keys the handshake goes through; server's error: %v",
			l.Server().Err())
	}
}

func TestUseAfterFreePanics(t *testing.T) {
	l := open(t, config(model.TLS12))
	l.Free()
	defer func() {
		if recover() == nil {
			t.Fatal("a freed engine reads")
		}
	}()
	l.Read(model.Client)
}

func TestCallsDoNotAllocate(t *testing.T) {
	if require.Race {
		t.Skip("allocations are not counted under the race detector")
	}
	l := opened(t, config(model.TLS12))
	var text, got [100]byte
	carried := make([]byte, 1000)
	n := testing.AllocsPerRun(100, func() {
		l.Client().Write(text[:])
		l.Server().Feed(carried[:l.Client().Drain(carried)])
		l.Server().Read(got[:])
		l.Server().Read(got[:])
		l.Server().ClearErrors()
		l.Server().OutputPending()
		l.Server().InitFinished()
	})
	if n != 0 {
		t.Errorf("a record written and read costs %v allocations", n)
	}
}
