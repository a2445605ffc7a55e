package openssl_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A call is one line of a sequence that both libraries go through.
type call struct {
	role model.Role
	verb string // "move" carries all ciphertext from the role's end
}

const (
	c = model.Client
	s = model.Server
)

// up is the calls of the shortest handshake.
func up() []call {
	var calls []call
	for range 3 {
		calls = append(calls, call{c, "handshake"}, call{c, "move"},
			call{s, "handshake"}, call{s, "move"})
	}
	return append(calls, call{c, "handshake"})
}

// sequences are named for what they try. Each begins with up.
var sequences = []struct {
	name    string
	version model.Version
	calls   []call
}{
	{"data", model.TLS12, []call{
		{c, "write"}, {s, "read"}, {c, "move"}, {s, "read"}, {s, "read"}}},
	{"data 1.3", model.TLS13, []call{
		{c, "write"}, {c, "move"}, {s, "read"}, {s, "read"}, {s, "write"}, {s, "move"},
		{c, "read"}}},
	{"client renegotiates", model.TLS12, []call{
		{c, "renegotiate"}, {c, "move"}, {s, "read"}, {s, "move"}, {c, "read"}, {c, "move"},
		{s, "read"}, {s, "move"}, {c, "read"}, {c, "handshake"}, {s, "handshake"}, {c, "write"},
		{c, "move"}, {s, "read"}}},
	{"server renegotiates", model.TLS12, []call{
		{s, "renegotiate"}, {s, "move"}, {c, "read"}, {c, "move"}, {s, "read"}, {s, "move"},
		{c, "read"}, {c, "move"}, {s, "read"}, {s, "move"}, {c, "read"}, {c, "handshake"},
		{s, "handshake"}, {s, "write"}, {s, "move"}, {c, "read"}}},
	{"data meets a renegotiation", model.TLS12, []call{
		{c, "renegotiate"}, {s, "write"}, {s, "move"}, {c, "read"}, {c, "move"}, {s, "read"},
		{s, "write"}, {s, "move"}, {c, "read"}, {c, "read"}, {c, "move"}, {s, "read"}}},
	{"key update", model.TLS13, []call{
		{c, "key update"}, {c, "move"}, {s, "read"}, {s, "move"}, {s, "write"}, {s, "move"},
		{c, "read"}, {c, "read"}}},
	{"key update not requested", model.TLS13, []call{
		{c, "own key update"}, {c, "move"}, {s, "read"}, {s, "empty write"}, {s, "move"},
		{c, "read"}}},
	{"key update, answered by an empty write", model.TLS13, []call{
		{c, "key update"}, {c, "move"}, {s, "read"}, {s, "empty write"}, {s, "move"}, {c, "read"}}},
	{"close", model.TLS12, []call{
		{c, "shutdown"}, {c, "write"}, {c, "clear"}, {c, "move"}, {s, "read"}, {s, "shutdown"},
		{s, "move"}, {c, "shutdown"}, {c, "read"}}},
	{"half-close 1.3", model.TLS13, []call{
		{c, "shutdown"}, {c, "move"}, {s, "read"}, {s, "write"}, {s, "move"}, {c, "read"},
		{s, "shutdown"}, {s, "move"}, {c, "read"}, {c, "shutdown"}}},
	{"close over data", model.TLS12, []call{
		{c, "write"}, {c, "shutdown"}, {c, "move"}, {s, "shutdown"}, {s, "read"}, {s, "clear"},
		{s, "read"}}},
	{"renegotiation on 1.3", model.TLS13, []call{
		{c, "renegotiate"}, {c, "read"}, {c, "clear"}, {c, "read"}, {c, "write"}}},
	{"key update on 1.2", model.TLS12, []call{
		{s, "key update"}, {s, "read"}, {s, "clear"}, {s, "read"}}},
}

// do makes one call, and gives status, count, and the answers of those queries that do not depend
// on the length of records.
func do(l *linktest.Link, k call) string {
	e := l.Ends[k.role]
	var n int
	var st model.Status
	switch k.verb {
	case "move":
		l.Move(k.role)
	case "handshake":
		st = e.Handshake()
	case "read":
		n, st = e.Read(make([]byte, 100))
	case "write":
		n, st = e.Write([]byte("sixteen bytes or"))
	case "empty write":
		n, st = e.Write(nil)
	case "shutdown":
		st = e.Shutdown()
	case "renegotiate":
		st = e.Renegotiate()
	case "key update", "own key update":
		st = e.KeyUpdate(k.verb == "key update")
	case "early":
		n, st = e.WriteEarly([]byte("sixteen bytes or"))
	case "read early":
		n, st = e.ReadEarly(make([]byte, 100))
	case "authenticate":
		st = e.Authenticate()
	case "clear":
		e.ClearErrors()
	default:
		panic("no verb " + k.verb)
	}
	return fmt.Sprintf("%v %s: %v %d, output %v, finished %v, deferred %v, shut %d, failed %v",
		k.role, k.verb, st, n, e.OutputPending() > 0, e.InitFinished(), e.Deferred(),
		e.ShutState(), e.Err() != nil)
}

// play makes the calls on a link of the library, after a handshake, and gives a line for each.
func play(t *testing.T, lib model.Library, cfg model.EngineConfig, calls []call) (lines []string) {
	return playFrom(t, lib, cfg, append(up(), calls...))
}

// playFrom is play without the handshake.
func playFrom(t *testing.T, lib model.Library, cfg model.EngineConfig, calls []call) (
	lines []string) {

	t.Helper()
	with(t, linktest.Side{Library: lib, Config: cfg}, func(l *linktest.Link) {
		for _, k := range calls {
			lines = append(lines, do(l, k))
		}
	})
	return lines
}

// with runs test on a link of two such ends in a run of its own, and gives the link. One
// thread drives both ends, so that they share an error queue.
func with(t *testing.T, side linktest.Side, test func(l *linktest.Link)) *linktest.Link {
	t.Helper()
	side.Library.Begin(1)
	defer side.Library.End()
	side.Config.Errors = &model.ErrorQueue{}
	l := linktest.Pair(t, side, side)
	defer l.Free()
	test(l)
	return l
}

// The model claims OpenSSL's semantics: its answers to the same calls are the same.
func TestModelAnswersAsOpenSSLDoes(t *testing.T) {
	lib := need(t)
	for _, q := range sequences {
		t.Run(q.name, func(t *testing.T) {
			sameAnswers(t, lib, config(q.version), q.calls)
		})
	}
}

// sameAnswers fails the test if the model answers otherwise than OpenSSL.
func sameAnswers(t *testing.T, lib model.Library, cfg model.EngineConfig, calls []call) {
	t.Helper()
	theirs := play(t, lib, cfg, calls)
	ours := play(t, tls.NewModels(), cfg, calls)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("the answers differ (-openssl +model):\n%s", diff)
	}
}

// witness runs test on a link of the library, and gives the messages that each end sent, in
// order, without application data.
func witness(t *testing.T, lib model.Library, cfg model.EngineConfig,
	test func(l *linktest.Link)) (sent [2][]string) {

	t.Helper()
	for _, n := range with(t, linktest.Side{Library: lib, Config: cfg, Noted: true}, test).Notes {
		if n.Sent && n.Message != "application data" {
			sent[n.By] = append(sent[n.By], n.Message)
		}
	}
	return sent
}

// sameMessages fails the test if OpenSSL and the model send other messages, and gives those of
// OpenSSL. Neither tells of a ChangeCipherSpec.
func sameMessages(t *testing.T, cfg model.EngineConfig, test func(l *linktest.Link)) [2][]string {
	t.Helper()
	theirs := witness(t, need(t), cfg, test)
	ours := witness(t, tls.NewModels(), cfg, test)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("the messages differ (-openssl +model):\n%s", diff)
	}
	return theirs
}

// profiles are the ways to authenticate, as changes of a configuration.
var profiles = map[string]func(*model.EngineConfig){
	"psk":  func(*model.EngineConfig) {},
	"cert": func(c *model.EngineConfig) { c.ServerChain = 700 },
	"mutual": func(c *model.EngineConfig) {
		c.ServerChain, c.ClientChain, c.ClientAuth = 700, 600, true
	},
}

// A server that does not take the first key share asks for another one, with a PSK too. The
// answers to all calls are the model's.
func TestHelloRetryRequest(t *testing.T) {
	for name, set := range profiles {
		t.Run(name, func(t *testing.T) {
			cfg := config(model.TLS13)
			cfg.Retry, cfg.Tickets = true, 1
			set(&cfg)
			sameAnswers(t, need(t), cfg, []call{{c, "write"}, {c, "move"}, {s, "read"}, {s, "write"},
				{s, "move"}, {c, "read"}, {c, "read"}})
			sent := sameMessages(t, cfg, func(l *linktest.Link) {
				l.Shake()
				l.Say(model.Client, "behind it")
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
	cfg := config(model.TLS12)
	cfg.Retry = true
	for name, set := range profiles {
		set(&cfg)
		sent := sameMessages(t, cfg, func(l *linktest.Link) { l.Shake() })
		if n := len(sent[model.Client]); sent[model.Client][0] == sent[model.Client][min(1, n-1)] {
			t.Errorf("%s: the client sent %v", name, sent[model.Client])
		}
	}
}

// postAuths are sequences of a request for a certificate and of what crosses it: data,
// KeyUpdates, closes. Each is named for what it tries.
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

// A server asks for a certificate after the handshake, and the client's Read writes the answer.
// The answers to all calls are the model's.
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
		cfg := config(model.TLS13)
		cfg.PostAuth, cfg.Tickets = true, 1
		set(&cfg)
		for what, calls := range postAuths {
			t.Run(name+"/"+what, func(t *testing.T) {
				sameAnswers(t, need(t), cfg, calls)
				sameMessages(t, cfg, func(l *linktest.Link) {
					for _, k := range append(up(), calls...) {
						do(l, k)
					}
				})
			})
		}
	}
}

// A client that does not offer it can't be asked, nor can one of TLS 1.2.
func TestPostHandshakeAuthThatIsNotOffered(t *testing.T) {
	for _, v := range versions {
		cfg := config(v)
		cfg.PostAuth = v == model.TLS12
		sameAnswers(t, need(t), cfg, []call{{s, "authenticate"}, {s, "read"}, {s, "clear"},
			{s, "write"}, {s, "move"}, {c, "read"}, {c, "read"}})
	}
}

// Story 27: a request is refused while a write waits for room, and the link goes on.
func TestAuthenticateOverAPendingWrite(t *testing.T) {
	cfg := config(model.TLS13)
	cfg.PostAuth, cfg.Out, cfg.In = true, 60, 60
	for _, lib := range []model.Library{need(t), tls.NewModels()} {
		witness(t, lib, cfg, func(l *linktest.Link) {
			l.Shake()
			data := make([]byte, 200)
			_, st := l.Server().Write(data)
			l.Want("write", st, model.WantWrite)
			l.Want("authenticate", l.Server().Authenticate(), model.Failed)
			l.Server().ClearErrors()
			for st == model.WantWrite {
				l.Settle()
				l.Read(model.Client)
				_, st = l.Server().Write(data)
			}
			l.Want("the write made again", st, model.OK)
			l.Settle()
			l.Read(model.Client)
			l.Want("authenticate", l.Server().Authenticate(), model.WantWrite)
			l.Settle()
			l.Read(model.Client)
			l.Want("the rest of it", l.Server().Handshake(), model.OK)
		})
	}
}

// A session is resumed in both versions, with an abbreviated handshake in TLS 1.2 and a PSK in
// TLS 1.3. No end shows a certificate, and the answers to all calls are the model's.
func TestResume(t *testing.T) {
	for name, set := range profiles {
		for _, v := range versions {
			for _, retry := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/tls=%v/retry=%v", name, v, retry), func(t *testing.T) {
					cfg := config(v)
					cfg.Resume, cfg.Tickets, cfg.Retry = true, 1, retry
					set(&cfg)
					sameAnswers(t, need(t), cfg, []call{{c, "write"}, {c, "move"}, {s, "read"},
						{s, "write"}, {s, "move"}, {c, "read"}, {c, "read"}})
					sent := sameMessages(t, cfg, func(l *linktest.Link) {
						l.Shake()
						l.Say(model.Client, "behind it")
					})
					if slices.Contains(sent[model.Server], "Certificate") {
						t.Errorf("the server sent %v; want no certificate", sent[model.Server])
					}
				})
			}
		}
	}
}

// After a resumed handshake a renegotiation is a full one, whichever end begins it. In TLS 1.3 a
// certificate can be asked for that was not shown.
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
				cfg := config(versions[i/2])
				set(&cfg)
				cfg.Resume, cfg.PostAuth = true, true
				sameAnswers(t, need(t), cfg, calls)
				sameMessages(t, cfg, func(l *linktest.Link) {
					for _, k := range append(up(), calls...) {
						do(l, k)
					}
				})
			})
		}
	}
}

// earlies are sequences of early data. Each is named for what it tries.
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

// Early data are accepted, rejected, or thrown away after a HelloRetryRequest. The answers to all
// calls and all messages are the model's.
func TestEarlyData(t *testing.T) {
	for what, calls := range earlies {
		for _, retry := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/retry=%v", what, retry), func(t *testing.T) {
				cfg := config(model.TLS13)
				cfg.Resume, cfg.EarlyData, cfg.Tickets, cfg.Retry = true, 100, 1, retry
				theirs := playFrom(t, need(t), cfg, calls)
				ours := playFrom(t, tls.NewModels(), cfg, calls)
				if diff := cmp.Diff(theirs, ours); diff != "" {
					t.Errorf("the answers differ (-openssl +model):\n%s", diff)
				}
				sameMessages(t, cfg, func(l *linktest.Link) {
					for _, k := range calls {
						do(l, k)
					}
				})
			})
		}
	}
}
