package linktest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A complaint is a failer whose Fatalf panics with the text.
type complaint struct{}

func (complaint) Helper()                           {}
func (complaint) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// pair makes a link of the model's engines whose failures are complaints.
func pair(cfg model.EngineConfig) *linktest.Link {
	side := linktest.Side{Library: tls.NewModels(), Config: cfg, Noted: true}
	return linktest.Pair(complaint{}, side, side)
}

// complains gives what a link has to say about a call.
func complains(call func()) (text string) {
	defer func() { text, _ = recover().(string) }()
	call()
	return ""
}

// A link with either transport says what a test asked for, and keeps a record of it.
func TestLinkCarries(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for _, transport := range []model.Transport{model.Pair, model.Attached} {
			cfg := linktest.Config(v, 100)
			cfg.Transport = transport
			l := pair(cfg)
			l.Step = 7
			l.Shake()
			l.Pass(model.Client, strings.Repeat("longer than the buffers ", 10))
			if got, want := len(l.Sent[model.Client])+len(l.Sent[model.Server]), l.Moved(); got == 0 ||
				got > want {
				t.Errorf("%s: %d bytes are recorded, and %d have moved", transport, got, want)
			}
			if n := l.Count(model.Server, false, "ClientHello"); n != 1 {
				t.Errorf("%s: the server notes %d hellos; want 1", transport, n)
			}
		}
	})
}

// What an engine should not have done is told in a sentence.
func TestLinkComplains(t *testing.T) {
	cfg := linktest.Config(model.TLS13, 4096)
	up := func() *linktest.Link { return pair(cfg).Shake() }
	for want, call := range map[string]func(){
		"no client: ": func() {
			bad := cfg
			bad.In = 0
			pair(bad)
		},
		"the handshake ends with failed at the client": func() {
			l := pair(cfg)
			l.Tamper = func(_ model.Role, p []byte) { clear(p) }
			l.Shake()
		},
		"a Write of the client says want-write; want ok": func() {
			up().Write(model.Client, strings.Repeat("x", 5000))
		},
		`the server read "one"; want "two"`: func() {
			l := up()
			l.Write(model.Client, "one")
			l.Settle()
			l.Hear(model.Server, "two")
		},
		"the server can't read: ": func() {
			l := up()
			l.Tamper = func(_ model.Role, p []byte) {
				if len(p) > 0 {
					p[len(p)-1] ^= 1
				}
			}
			l.Pass(model.Client, "damaged")
		},
	} {
		if got := complains(call); !strings.Contains(got, want) {
			t.Errorf("got %q; want %q", got, want)
		}
	}
}

// A socket says how its wires end, and panics if told to.
func TestWire(t *testing.T) {
	in, out := &linktest.Wire{Bytes: []byte("abc")}, &linktest.Wire{Room: 2}
	s := in.Socket(out)
	p := make([]byte, 2)
	for _, want := range []string{"2 ok", "1 ok", "0 would-block"} {
		if n, st := s.Recv(p); fmt.Sprint(n, " ", st) != want {
			t.Errorf("Recv gave %d, %s; want %s", n, st, want)
		}
	}
	for _, want := range []string{"2 ok", "0 would-block"} {
		if n, st := s.Send([]byte("xyz")); fmt.Sprint(n, " ", st) != want {
			t.Errorf("Send gave %d, %s; want %s", n, st, want)
		}
	}
	in.End, out.End = model.EOF, model.Reset
	if _, st := s.Recv(p); st != model.EOF {
		t.Errorf("Recv says %s; want eof", st)
	}
	if _, st := s.Send(p); st != model.Reset {
		t.Errorf("Send says %s; want reset", st)
	}
	in.Panic = "on fire"
	if got := complains(func() { s.Recv(p) }); got != "on fire" {
		t.Errorf("the panic is %q; want it to be on fire", got)
	}
	if in.Calls != 5 || out.Calls != 3 {
		t.Errorf("%d calls of Recv and %d of Send; want 5 and 3", in.Calls, out.Calls)
	}
}
