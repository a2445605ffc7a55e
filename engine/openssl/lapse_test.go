package openssl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// waiting is a link whose server has a write of n bytes, text, that waits for room. moving says
// whether it may be retried from elsewhere.
func waiting(t *testing.T, v model.Version, n int, moving bool) (l *linktest.Link, text []byte) {
	t.Helper()
	cfg := config(v)
	cfg.Out, cfg.MovingBuffer = 300, moving
	l = openEach(t, config(v), cfg)
	l.Shake()
	text = make([]byte, n)
	for range 300 {
		if _, s := l.Server().Write(text); s == model.WantWrite {
			return l, text
		}
	}
	t.Fatal("there is always room")
	return nil, nil
}

// bySelf wants a call to have failed the server by a fault of the library's own. Only OpenSSL 3.0
// is known to have these faults: other versions may also answer as documented.
func bySelf(t *testing.T, l *linktest.Link, got, documented model.Status) {
	t.Helper()
	err, version := l.Server().Err(), l.Library(model.Server).Describe()
	t.Logf("%s: %v, %v", version, got, err)
	if got == documented && !strings.HasPrefix(version, "OpenSSL 3.0.") {
		return
	}
	if got != model.Failed || !errors.Is(err, model.ErrLibrary) {
		t.Fatalf("got %v (%v); want the library to fail by itself", got, err)
	}
	l.Server().ClearErrors()
	_, s := l.Read(model.Server)
	if err := l.Server().Err(); s != model.Failed || !errors.Is(err, model.ErrLibrary) {
		t.Fatalf("the next read: %v (%v); want the same failure", s, err)
	}
}

// A Read absorbs a ClientHello while a Write waits. OpenSSL takes its own ServerHello for a wrong
// retry of the Write. If the Write is long, it is the length that is wrong.
func TestClientHelloWhileAWriteWaits(t *testing.T) {
	for _, n := range []int{1, 40, 1000, 16000} {
		l, _ := waiting(t, model.TLS12, n, true)
		l.Want("client's renegotiate", l.Client().Renegotiate(), model.WantRead)
		l.Move(model.Client)
		_, s := l.Read(model.Server)
		bySelf(t, l, s, model.WantWrite)
		l.Free()
	}
}

// A Read absorbs two KeyUpdates while a Write waits. It has put the answer to the first off, and
// gives it when it sees the second.
func TestTwoKeyUpdatesWhileAWriteWaits(t *testing.T) {
	for _, n := range []int{1, 4, 5, 1000} {
		for _, requested := range []bool{false, true} {
			l, _ := waiting(t, model.TLS13, n, true)
			l.Client().KeyUpdate(true)
			l.Move(model.Client)
			_, s := l.Read(model.Server)
			l.Want("server's read of one KeyUpdate", s, model.WantRead)
			l.Client().KeyUpdate(requested)
			l.Move(model.Client)
			_, s = l.Read(model.Server)
			bySelf(t, l, s, model.WantRead)
			l.Free()
		}
	}
}

// A ClientHello is refused while a Write waits. The alert comes next, and if it does not fit
// either, the next retry of the Write is taken for a retry of the alert. So a correct Write
// fails.
func TestRefusalBehindAWriteThatWaits(t *testing.T) {
	for _, room := range []int{1, 29, 30} {
		client, server := refusing()
		server.Out, server.MaxRecord = 300, 512
		server.PartialWrite = false
		l := openEach(t, client, server)
		l.Shake()
		text := make([]byte, 1000)
		_, s := l.Server().Write(text)
		l.Want("server's write", s, model.WantWrite)
		l.Want("client's renegotiate", l.Client().Renegotiate(), model.WantRead)
		l.Move(model.Client)
		_, s = l.Read(model.Server)
		l.Want("server's read of the ClientHello", s, model.WantRead)
		for range 1000 {
			l.Server().Drain(make([]byte, room))
			if _, s = l.Server().Write(text); s != model.WantWrite {
				break
			}
		}
		bySelf(t, l, s, model.OK)
		l.Free()
	}
}

// A refusal does not fit, and no Write waits. OpenSSL writes the alert through a buffer of its
// own, and drops what does not leave at once. The refuser goes on without an error, but its peer
// can decrypt nothing any more. In OpenSSL a refusal kills the asker anyway, so that runs need
// not tell this apart.
func TestRefusalWithoutRoomIsLost(t *testing.T) {
	const alert = 5 + 8 + 2 + 16
	for _, room := range []int{0, 1, alert - 1, alert} {
		client, server := refusing()
		server.Out = 300
		l := openEach(t, client, server)
		l.Shake()
		fill := make([]byte, 300-room-(5+8+16))
		if n, s := l.Server().Write(fill); n != len(fill) || s != model.OK {
			t.Fatalf("server's write: %d, %v", n, s)
		}
		l.Client().Renegotiate()
		l.Move(model.Client)
		_, s := l.Read(model.Server)
		l.Want("server's read of the ClientHello", s, model.WantRead)
		if n := l.Server().(model.Inspector).Unsent(); n != 0 {
			t.Errorf("%d bytes are said to wait", n)
		}
		l.Settle()
		l.Read(model.Client)
		l.Server().Write([]byte("behind the alert"))
		l.Settle()
		_, s = l.Read(model.Client)
		err := l.Client().Err()
		t.Logf("%s, room for %d of %d bytes: %v", l.Library(model.Server).Describe(), room, alert, err)
		if s != model.Failed || errors.Is(err, model.ErrLibrary) {
			t.Fatalf("client's read: %v (%v); want it dead, of a refusal or of what is missing",
				s, err)
		}
		l.Free()
	}
}

// A full record of early data comes behind a HelloRetryRequest.
func TestFullRecordOfEarlyDataMeetsRetry(t *testing.T) {
	cfg := config(model.TLS13)
	cfg.Resume, cfg.Retry, cfg.EarlyData, cfg.Tickets = true, true, 40000, 1
	cfg.In, cfg.Out = 40000, 40000
	l := open(t, cfg)
	_, s := l.Client().WriteEarly(make([]byte, 16384))
	l.Want("client's early data", s, model.OK)
	l.Move(model.Client)
	_, s = l.Read(model.Server)
	bySelf(t, l, s, model.WantRead)
}

// A Write of no bytes needs no retry: what comes after it may be anything. Here it wants room for
// an answer that was put off.
func TestWriteOfNothingBindsNobody(t *testing.T) {
	cfg := config(model.TLS13)
	cfg.Out, cfg.MovingBuffer = 10, false
	l := openEach(t, config(model.TLS13), cfg)
	l.Shake()
	l.Client().KeyUpdate(true)
	l.Move(model.Client)
	l.Read(model.Server)
	_, s := l.Server().Write(nil)
	l.Want("server's write of nothing", s, model.WantWrite)
	for text := []byte("sixteen bytes or"); s == model.WantWrite && !l.Server().InitFinished(); {
		l.Move(model.Server)
		_, s = l.Server().Write(text)
	}
	l.Want("server's write", s, model.WantWrite)
	for range 2 {
		l.Client().KeyUpdate(true)
	}
	l.Move(model.Client)
	_, s = l.Read(model.Server)
	bySelf(t, l, s, model.WantRead)
}

// A pump's mistake with a write that waits fails with the same two errors, and is no fault of the
// library: a shorter retry (E1, E11), one from elsewhere where that is not allowed (E5), and a
// shutdown in between (E4).
func TestWrongRetriesAreThePumps(t *testing.T) {
	for _, c := range []struct {
		name, why string
		moving    bool
		wrong     func(e model.Engine, text []byte) model.Status
	}{
		{"shorter", "bad length", true, func(e model.Engine, text []byte) model.Status {
			_, s := e.Write(text[:len(text)-1])
			return s
		}},
		{"another one, shorter", "bad length", true, func(e model.Engine, _ []byte) model.Status {
			_, s := e.Write([]byte("the next message"))
			return s
		}},
		{"moved", "bad write retry", false, func(e model.Engine, text []byte) model.Status {
			_, s := e.Write(append([]byte(nil), text...))
			return s
		}},
		{"shut down", "bad write retry", true, func(e model.Engine, _ []byte) model.Status {
			e.Shutdown()
			return e.Shutdown()
		}},
	} {
		for _, v := range versions {
			t.Run(c.name+" "+v.String(), func(t *testing.T) {
				l, text := waiting(t, v, 1000, c.moving)
				s := c.wrong(l.Server(), text)
				err := l.Server().Err()
				if s != model.Failed || !strings.Contains(err.Error(), c.why) {
					t.Fatalf("got %v (%v); want a failure with %s", s, err, c.why)
				}
				if errors.Is(err, model.ErrLibrary) {
					t.Errorf("the pump's mistake is taken for the library's: %v", err)
				}
			})
		}
	}
}

// Another link's error in the queue fails a call and breaks nothing. That the queue was not
// cleared is the pump's mistake.
func TestStrangersErrorIsNotTheLibrarys(t *testing.T) {
	l, _ := waiting(t, model.TLS12, 1000, true)
	stranger := pair(t, need(t), config(model.TLS12))
	defer stranger.Free()
	cfg := config(model.TLS12)
	cfg.Out = 300
	m := pair(t, need(t), cfg)
	defer m.Free()
	m.Shake()
	m.Server().Write(make([]byte, 1000))
	_, s := m.Server().Write(nil)
	l.Want("the stranger's wrong retry", s, model.Failed)
	_, s = l.Read(model.Server)
	err := l.Server().Err()
	if s != model.Failed || !strings.Contains(err.Error(), "bad length") {
		t.Fatalf("the read with the stranger's error queued: %v (%v)", s, err)
	}
	if errors.Is(err, model.ErrLibrary) {
		t.Errorf("the stranger's error is taken for the library's: %v", err)
	}
	l.Server().ClearErrors()
	_, s = l.Read(model.Server)
	l.Want("the read with the queue cleared", s, model.WantRead)
}

// A mistake makes something wrong of a write that has to be repeated: a wrong call, or the wrong
// bytes.
type mistake func(e model.Engine, p []byte) []byte

// A mistaken engine makes the mistake whenever a write has to be repeated.
type mistaken struct {
	model.Engine
	wrong   mistake
	blocked bool
}

func (e *mistaken) Write(p []byte) (int, model.Status) {
	if e.blocked && len(p) > 0 {
		p = e.wrong(e.Engine, p)
	}
	n, s := e.Engine.Write(p)
	e.blocked = s == model.WantWrite && len(p) > 0
	return n, s
}

// TestClumsyPumpsAreFound: faults of the library are no pump's, but pumps' mistakes that look
// like them are still found, in any scenario.
func TestClumsyPumpsAreFound(t *testing.T) {
	lib := need(t)
	for name, wrong := range map[string]mistake{
		"shorter": func(_ model.Engine, p []byte) []byte { return p[:len(p)/2] },
		"moved":   func(_ model.Engine, p []byte) []byte { return append([]byte(nil), p...) },
		"shut": func(e model.Engine, p []byte) []byte {
			e.Shutdown()
			e.Shutdown()
			e.ClearErrors()
			return p
		},
	} {
		for _, scenario := range []string{"bulk-both-ways", "renegotiation", "key-update"} {
			t.Run(name+" "+scenario, func(t *testing.T) {
				spec := model.Spec{Name: "clumsy", New: func(env model.Env) model.Pump {
					env.Engine = &mistaken{Engine: env.Engine, wrong: wrong}
					return pumps.NewReference(env)
				}}
				got := firstBroken(t, run.Options{Pump: &spec, Engine: lib, Scenario: scenario})
				if got != oracle.SpuriousFailure {
					t.Errorf("got %s; want spurious-failure", got)
				}
			})
		}
	}
}

// firstBroken is the property that is broken first in 500 schedules.
func firstBroken(t *testing.T, o run.Options) oracle.PropertyID {
	t.Helper()
	r, err := run.NewRunner(run.NewCatalog(*o.Pump), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := range uint64(500) {
		res, err := r.Schedule(1, n, oracle.EveryProperty)
		if err != nil {
			t.Fatal(err)
		}
		if res.Found {
			return res.Violation.Property
		}
	}
	return oracle.NoProperty
}
