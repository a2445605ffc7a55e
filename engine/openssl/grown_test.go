package openssl_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// witness runs test on a link of each end's library and gives the messages that
// each end sent, in order, without application data.
func witness(t *testing.T, lib model.Library, cfg model.EngineConfig, test func(l *link)) (
	sent [2][]string) {
	t.Helper()
	lib.Begin(1)
	defer lib.End()
	l := &link{t: t, wire: sha256.New()}
	var queue model.ErrorQueue
	for r := range sent {
		cfg := cfg
		cfg.Role, cfg.Errors = model.Role(r), &queue
		cfg.Watch = func(n model.Note) {
			if n.Sent && n.Message != "application data" {
				sent[r] = append(sent[r], n.Message)
			}
		}
		e, err := lib.New(&cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer lib.Free(e)
		l.ends[r] = e
	}
	test(l)
	return sent
}

// sameMessages fails the test if the two libraries send other messages. OpenSSL
// does not tell of a ChangeCipherSpec, nor does the model.
func sameMessages(t *testing.T, cfg model.EngineConfig, test func(l *link)) [2][]string {
	t.Helper()
	theirs := witness(t, need(t), cfg, test)
	ours := witness(t, tls.NewModels(), cfg, test)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("the messages differ (-openssl +model):\n%s", diff)
	}
	return theirs
}

// profiles are the ways to know each other, as changes of a configuration.
var profiles = map[string]func(*model.EngineConfig){
	"psk":  func(*model.EngineConfig) {},
	"cert": func(c *model.EngineConfig) { c.ServerChain = 700 },
	"mutual": func(c *model.EngineConfig) {
		c.ServerChain, c.ClientChain, c.ClientAuth = 700, 600, true
	},
}

// A server that does not take the first key share asks for another one, with a
// PSK too, and the answers to all calls are the model's.
func TestHelloRetryRequest(t *testing.T) {
	for name, set := range profiles {
		t.Run(name, func(t *testing.T) {
			cfg := base(model.TLS13)
			cfg.Retry, cfg.Tickets = true, 1
			set(&cfg)
			sameAnswers(t, need(t), cfg, []call{{c, "write"}, {c, "move"}, {s, "read"}, {s, "write"},
				{s, "move"}, {c, "read"}, {c, "read"}})
			sent := sameMessages(t, cfg, func(l *link) {
				l.handshake(1 << 16)
				l.say(model.Client, "behind it")
			})
			if hellos := sent[model.Client][:2]; !slices.Equal(hellos,
				[]string{"ClientHello", "ClientHello"}) {
				t.Errorf("the client sent %v; want two hellos", sent[model.Client])
			}
		})
	}
}

// TLS 1.2 has no HelloRetryRequest.
func TestNoRetryInTLS12(t *testing.T) {
	cfg := base(model.TLS12)
	cfg.Retry = true
	for name, set := range profiles {
		set(&cfg)
		sent := sameMessages(t, cfg, func(l *link) { l.handshake(1 << 16) })
		if n := len(sent[model.Client]); sent[model.Client][0] == sent[model.Client][min(1, n-1)] {
			t.Errorf("%s: the client sent %v", name, sent[model.Client])
		}
	}
}

// postAuths are what happens to a request for a certificate, and to what crosses
// it: data, KeyUpdates, closes. Each is named for what it tries.
var postAuths = map[string][]call{
	"request": {{s, "authenticate"}, {s, "authenticate"}, {s, "clear"}, {s, "move"}, {c, "read"},
		{c, "move"}, {s, "read"}, {s, "authenticate"}, {s, "move"}, {c, "read"}, {c, "move"},
		{s, "read"}, {s, "write"}, {s, "move"}, {c, "read"}, {c, "read"}},
	"request crosses data": {{s, "authenticate"}, {c, "write"}, {s, "write"}, {c, "move"}, {s, "read"},
		{s, "move"}, {c, "read"}, {c, "read"}, {c, "write"}, {c, "move"}, {s, "read"}, {s, "read"}},
	"request crosses a KeyUpdate": {{s, "authenticate"}, {s, "move"}, {c, "key update"}, {c, "read"},
		{c, "write"}, {c, "move"}, {s, "read"}, {s, "read"}, {s, "write"}, {s, "move"}, {c, "read"},
		{c, "read"}},
	"KeyUpdate behind it": {{s, "authenticate"}, {s, "key update"}, {s, "move"}, {c, "read"},
		{c, "move"}, {s, "read"}, {c, "write"}, {c, "move"}, {s, "read"}, {s, "read"}},
	"with an answer owed": {{c, "key update"}, {c, "move"}, {s, "read"}, {s, "authenticate"},
		{s, "clear"}, {s, "empty write"}, {s, "authenticate"}, {s, "move"}, {c, "read"},
		{c, "move"}, {s, "read"}},
	"the server closes": {{s, "authenticate"}, {s, "shutdown"}, {s, "authenticate"}, {s, "clear"},
		{s, "move"}, {c, "read"}, {c, "read"}, {c, "move"}, {s, "read"}, {s, "move"}, {c, "read"}},
	"the client has closed": {{s, "authenticate"}, {s, "move"}, {c, "shutdown"}, {c, "read"},
		{c, "move"}, {s, "read"}, {s, "authenticate"}, {s, "clear"}, {s, "read"}},
	"by a client": {{c, "authenticate"}, {c, "read"}, {c, "clear"}, {c, "read"}},
}

// A server asks for a certificate after the handshake; the client's Read writes
// the answer, and all answers to all calls are the model's.
func TestPostHandshakeAuth(t *testing.T) {
	for name, set := range map[string]func(*model.EngineConfig){
		"psk":         func(*model.EngineConfig) {},
		"certificate": func(c *model.EngineConfig) { c.ServerChain, c.ClientChain = 700, 600 },
		"client without one": func(c *model.EngineConfig) {
			c.ServerChain = 700
		},
		"mutual": func(c *model.EngineConfig) {
			c.ServerChain, c.ClientChain, c.ClientAuth = 700, 600, true
		},
	} {
		cfg := base(model.TLS13)
		cfg.PostAuth, cfg.Tickets = true, 1
		set(&cfg)
		for what, calls := range postAuths {
			t.Run(name+"/"+what, func(t *testing.T) {
				sameAnswers(t, need(t), cfg, calls)
				sameMessages(t, cfg, func(l *link) {
					for _, k := range append(up(), calls...) {
						l.do(k)
					}
				})
			})
		}
	}
}

// A client that does not offer it can't be asked, nor can one of TLS 1.2.
func TestPostHandshakeAuthThatIsNotOffered(t *testing.T) {
	for _, v := range versions {
		cfg := base(v)
		cfg.PostAuth = v == model.TLS12
		sameAnswers(t, need(t), cfg, []call{{s, "authenticate"}, {s, "read"}, {s, "clear"},
			{s, "write"}, {s, "move"}, {c, "read"}, {c, "read"}})
	}
}

// Story 27: a request over a write that waits for room is refused, and the link
// goes on.
func TestAuthenticateOverAPendingWrite(t *testing.T) {
	cfg := base(model.TLS13)
	cfg.PostAuth, cfg.Out, cfg.In = true, 60, 60
	for _, lib := range []model.Library{need(t), tls.NewModels()} {
		witness(t, lib, cfg, func(l *link) {
			l.handshake(1 << 16)
			data := make([]byte, 200)
			_, st := l.server().Write(data)
			want(t, "write", st, model.WantWrite)
			want(t, "authenticate", l.server().Authenticate(), model.Failed)
			l.server().ClearErrors()
			for st == model.WantWrite {
				l.settle()
				l.read(model.Client)
				_, st = l.server().Write(data)
			}
			want(t, "the write made again", st, model.OK)
			l.settle()
			l.read(model.Client)
			want(t, "authenticate", l.server().Authenticate(), model.WantWrite)
			l.settle()
			l.read(model.Client)
			want(t, "the rest of it", l.server().Handshake(), model.OK)
		})
	}
}

// A session is resumed in both versions: TLS 1.2 abbreviates the handshake, TLS
// 1.3 has a PSK, neither shows a certificate, and all answers are the model's.
func TestResume(t *testing.T) {
	for name, set := range profiles {
		for _, v := range versions {
			for _, retry := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/tls=%v/retry=%v", name, v, retry), func(t *testing.T) {
					cfg := base(v)
					cfg.Resume, cfg.Tickets, cfg.Retry = true, 1, retry
					set(&cfg)
					sameAnswers(t, need(t), cfg, []call{{c, "write"}, {c, "move"}, {s, "read"},
						{s, "write"}, {s, "move"}, {c, "read"}, {c, "read"}})
					sent := sameMessages(t, cfg, func(l *link) {
						l.handshake(1 << 16)
						l.say(model.Client, "behind it")
					})
					if slices.Contains(sent[model.Server], "Certificate") {
						t.Errorf("the server sent %v; want no certificate", sent[model.Server])
					}
				})
			}
		}
	}
}

// What comes after a resumed handshake: a renegotiation is whole, whoever begins
// it, and in TLS 1.3 a certificate can be asked for that was not shown.
func TestAfterResume(t *testing.T) {
	for name, set := range profiles {
		for i, calls := range [][]call{
			{{c, "renegotiate"}, {c, "move"}, {s, "read"}, {s, "move"}, {c, "read"}, {c, "move"},
				{s, "read"}, {s, "move"}, {c, "read"}, {s, "read"}},
			{{s, "renegotiate"}, {s, "move"}, {c, "read"}, {c, "move"}, {s, "read"}, {s, "move"},
				{c, "read"}, {c, "move"}, {s, "read"}, {s, "move"}, {c, "read"}, {s, "read"}},
			postAuths["request"],
		} {
			t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) {
				cfg := base(versions[i/2])
				set(&cfg)
				cfg.Resume, cfg.PostAuth = true, true
				sameAnswers(t, need(t), cfg, calls)
				sameMessages(t, cfg, func(l *link) {
					for _, k := range append(up(), calls...) {
						l.do(k)
					}
				})
			})
		}
	}
}

// The wire of a resumed session does not know what time it is.
func TestResumeAtAnotherTime(t *testing.T) {
	lib := need(t)
	wire := func(v model.Version) string {
		lib.Begin(1)
		defer lib.End()
		cfg := base(v)
		cfg.Resume, cfg.Tickets = true, 1
		l := pair(t, lib, cfg)
		defer l.free()
		l.handshake(1 << 16)
		return l.sum()
	}
	before := [2]string{wire(model.TLS12), wire(model.TLS13)}
	time.Sleep(1100 * time.Millisecond) // the clocks of sessions count seconds
	if after := [2]string{wire(model.TLS12), wire(model.TLS13)}; after != before {
		t.Errorf("a second later the wire is %v; want %v", after, before)
	}
}

// earlies are what happens to early data. Each is named for what it tries.
var earlies = map[string][]call{
	"accepted": {{c, "early"}, {c, "early"}, {c, "move"}, {s, "read early"}, {s, "read early"},
		{s, "read early"}, {s, "read"}, {s, "move"}, {c, "read"}, {c, "move"}, {s, "read early"},
		{c, "read"}, {c, "write"}, {c, "move"}, {s, "read"}, {s, "move"}, {c, "read"}},
	"accepted, and the handshake call ends it": {{c, "early"}, {c, "move"}, {s, "read early"},
		{s, "handshake"}, {s, "move"}, {c, "handshake"}, {c, "move"}, {s, "read early"},
		{s, "read early"}, {s, "clear"}, {s, "read"}, {s, "write"}, {s, "move"}, {c, "read"}},
	"read on by ReadEarly": {{c, "early"}, {c, "move"}, {s, "read early"}, {s, "move"},
		{c, "handshake"}, {c, "write"}, {c, "move"}, {s, "read early"}, {s, "read early"},
		{s, "read"}, {c, "write"}, {c, "move"}, {s, "read early"}},
	"rejected by a read": {{c, "early"}, {c, "early"}, {c, "move"}, {s, "read"}, {s, "read"},
		{s, "move"}, {c, "read"}, {c, "move"}, {s, "read"}, {c, "write"}, {c, "move"}, {s, "read"},
		{s, "read early"}, {s, "clear"}},
	"rejected by a handshake": {{c, "early"}, {c, "move"}, {s, "handshake"}, {s, "move"},
		{c, "handshake"}, {c, "move"}, {s, "handshake"}, {c, "early"}, {c, "clear"}},
	"none is sent": {{c, "handshake"}, {c, "move"}, {s, "read early"}, {s, "read early"},
		{s, "clear"}, {s, "move"}, {c, "read"}, {c, "move"}, {s, "read"}},
	"too much": {{c, "early"}, {c, "early"}, {c, "early"}, {c, "early"}, {c, "early"}, {c, "early"},
		{c, "early"}, {c, "clear"}, {c, "read"}},
	"after a read": {{c, "early"}, {c, "read"}, {c, "early"}, {c, "move"}, {s, "read early"},
		{s, "write"}, {s, "clear"}, {s, "move"}, {c, "read"}, {c, "write"}, {c, "move"}, {s, "read"}},
	"after a write": {{c, "early"}, {c, "write"}, {c, "early"}, {c, "shutdown"}, {c, "clear"},
		{c, "move"}, {s, "read early"}, {s, "move"}, {c, "write"}, {c, "move"}, {s, "read"}},
	"at the wrong ends": {{s, "early"}, {s, "clear"}, {c, "read early"}, {c, "clear"}, {c, "early"},
		{c, "move"}, {s, "read early"}, {s, "early"}, {s, "clear"}},
}

// Early data, accepted, rejected, and thrown away after a HelloRetryRequest: all
// answers to all calls and all messages are the model's.
func TestEarlyData(t *testing.T) {
	for what, calls := range earlies {
		for _, retry := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/retry=%v", what, retry), func(t *testing.T) {
				cfg := base(model.TLS13)
				cfg.Resume, cfg.EarlyData, cfg.Tickets, cfg.Retry = true, 100, 1, retry
				theirs := playFrom(t, need(t), cfg, calls)
				ours := playFrom(t, tls.NewModels(), cfg, calls)
				if diff := cmp.Diff(theirs, ours); diff != "" {
					t.Errorf("the answers differ (-openssl +model):\n%s", diff)
				}
				sameMessages(t, cfg, func(l *link) {
					for _, k := range calls {
						l.do(k)
					}
				})
			})
		}
	}
}
