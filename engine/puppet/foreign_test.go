package puppet_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// strange is the configuration of an end whose other end is foreign. A chain counts at a server.
func strange(v model.Version, chain int) model.EngineConfig {
	cfg := config(v)
	cfg.Foreign, cfg.ServerChain = true, chain
	return cfg
}

// strangers opens a link of two libraries that share nothing: not even a key.
func strangers(t testing.TB, client, server model.Library, ours, theirs model.EngineConfig) *link {
	t.Helper()
	theirs.Key = ours.Key + 1
	l := linktest.Open(t, linktest.Side{Library: client, Config: ours, Noted: true},
		linktest.Side{Library: server, Config: theirs, Noted: true})
	return &link{l, t, model.Client}
}

// TestForeignHandshakes: each library shakes hands with each, with a certificate alone. There are
// long chains, HelloRetryRequests, and servers that ask for a certificate and get none. Data go
// both ways, and both ends close.
func TestForeignHandshakes(t *testing.T) {
	for _, client := range libraries {
		for _, server := range libraries {
			t.Run(client.name+" to "+server.name, func(t *testing.T) {
				linktest.Versions(t, func(t *testing.T, v model.Version) {
					for n, change := range []func(*model.EngineConfig){
						func(*model.EngineConfig) {},
						func(c *model.EngineConfig) { c.Tickets = 2 },
						func(c *model.EngineConfig) { c.Retry, c.ClientAuth = true, true },
						func(c *model.EngineConfig) { c.ClientAuth, c.ServerChain = true, 64000 },
					} {
						cfg := strange(v, 500)
						change(&cfg)
						l := strangers(t, client.load(t), server.load(t), strange(v, 0), cfg)
						l.Link.Shake()
						if got := l.Count(model.Client, false, "CertificateRequest"); client.name != "gotls" &&
							got != n/2 {
							t.Errorf("case %d: the client was asked %d times for a certificate", n, got)
						}
						l.Say(model.Client, "request")
						l.Say(model.Server, "response")
						l.close(model.Client)
					}
				})
			})
		}
	}
}

// foreignLink opens a link of a puppet in that role and an end that is foreign to it.
func foreignLink(t testing.TB, lib model.Library, r model.Role, v model.Version) *link {
	t.Helper()
	cfg := strange(v, 500)
	ends := sides(lib, r, cfg)
	l := strangers(t, ends[model.Client].Library, ends[model.Server].Library, cfg, cfg)
	l.role = r
	return l
}

// better is where a foreign client of crypto/tls does otherwise: a renegotiation offers it a suite
// that it has, and it lives long enough to say what is wrong.
var better = map[string]string{
	"hello-requests 1000 late": "unexpected_message",
	"renegotiation 100 late":   "unexpected_message, 100 bytes",
}

// TestForeignRepertoire: a foreign end answers each attack as one does that shares a key or session.
func TestForeignRepertoire(t *testing.T) {
	for _, lib := range libraries[1:] {
		t.Run(lib.name, func(t *testing.T) {
			roles(t, func(t *testing.T, v model.Version, r model.Role) {
				for i := range trials {
					tr := &trials[i]
					want := tr.wants(lib.name, v, r)
					if lib.name == "gotls" && strings.HasPrefix(want, "failed") {
						want = cmp.Or(better[tr.String()], want)
					}
					if want != "" {
						tr.try(t, foreignLink(t, lib.load(t), r, v), want)
					}
				}
			})
		})
	}
}

// TestForeignAttacksAtAnyMoment: each attack on a foreign server of OpenSSL, at each step of the
// handshake, comes to an end, and the puppet bears all calls behind it. What is only another way to
// send and to take in does not harm the link.
func TestForeignAttacksAtAnyMoment(t *testing.T) {
	lib := need(t)
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for a := range attack.Count {
			for step := range 4 {
				l := foreignLink(t, lib, model.Client, v)
				for range step {
					l.puppet().Handshake()
					l.Settle()
					l.victim().Handshake()
					l.Settle()
				}
				l.puppet().Attack(a, a.Usual(attack.Draw{Count: 3, Bytes: 100, Limit: 2}))
				l.outcome(true)
				if slices.Contains([]string{"split", "pack", "sip"}, a.String()) {
					l.lives(a.String())
				}
				l.puppet().KeyUpdate(true)
				l.puppet().Renegotiate()
				l.puppet().Write([]byte("more"))
				l.drive(false)
				l.puppet().Shutdown()
				l.drive(false)
				l.Free()
			}
		}
	})
}

// TestForeignKeyUpdates: both kinds of KeyUpdate go from a client to a foreign server and, where its
// library can begin one, back.
func TestForeignKeyUpdates(t *testing.T) {
	for _, client := range libraries[:2] {
		for _, server := range libraries {
			t.Run(client.name+" to "+server.name, func(t *testing.T) {
				l := strangers(t, client.load(t), server.load(t), strange(model.TLS13, 0),
					strange(model.TLS13, 500))
				l.shaken()
				for n, requested := range []bool{false, true, true} {
					l.Want("KeyUpdate", l.Client().KeyUpdate(requested), model.OK)
					l.drive(false)
					l.lives("a KeyUpdate of the client")
					if got := l.Count(model.Client, true, "KeyUpdate"); got != n+1 {
						t.Errorf("the client has sent %d KeyUpdates; want %d", got, n+1)
					}
				}
				if got := l.Count(model.Client, false, "KeyUpdate"); got != 2 {
					t.Errorf("the client got %d answers; want 2", got)
				}
				if server.name == "gotls" {
					return // begins none
				}
				for _, requested := range []bool{false, true} {
					l.Want("KeyUpdate", l.Server().KeyUpdate(requested), model.OK)
					l.Settle()
					l.lives("a KeyUpdate of the server")
				}
			})
		}
	}
}

// TestForeignRenegotiation: a foreign server that allows it renegotiates, whoever begins.
func TestForeignRenegotiation(t *testing.T) {
	for _, client := range libraries[:2] {
		for _, begins := range []model.Role{model.Client, model.Server} {
			t.Run(client.name+", begun by the "+begins.String(), func(t *testing.T) {
				l := strangers(t, client.load(t), need(t), strange(model.TLS12, 0), strange(model.TLS12, 500))
				l.shaken()
				for n := 2; n < 4; n++ {
					if st := l.Ends[begins].Renegotiate(); st == model.Failed {
						t.Fatalf("Renegotiate fails: %v", l.Ends[begins].Err())
					}
					l.drive(false)
					l.lives("a renegotiation")
					if got := l.Count(model.Client, true, "Finished"); got != n {
						t.Errorf("the client has sent %d Finished; want %d", got, n)
					}
				}
				l.close(model.Client)
			})
		}
	}
}

// TestForeignRefusal: a foreign server refuses to renegotiate, with a warning. A puppet goes on as
// before, at any number of refusals, with data from the server in between. A client of OpenSSL gives
// up, as it always does, and its error says that the library did it.
func TestForeignRefusal(t *testing.T) {
	refuses := strange(model.TLS12, 500)
	refuses.Traits.Renegotiation = model.RenegRefuse
	l := strangers(t, puppet.New(), need(t), strange(model.TLS12, 0), refuses).shaken()
	for n := range 3 {
		l.Want("Renegotiate", l.Client().Renegotiate(), model.WantRead)
		l.Write(model.Server, "in between")
		l.Settle()
		l.Hear(model.Client, "in between")
		l.drive(false)
		l.Client().ClearErrors()
		l.Want("Handshake", l.Client().Handshake(), model.OK)
		l.lives("a refusal")
		if got := l.Count(model.Client, false, "alert no_renegotiation"); got != n+1 {
			t.Errorf("the puppet got %d refusals; want %d", got, n+1)
		}
	}
	l.close(model.Client)

	l = strangers(t, need(t), need(t), strange(model.TLS12, 0), refuses).shaken()
	l.Client().Renegotiate()
	l.Settle()
	l.Read(model.Server)
	l.Settle()
	l.ReadSays(model.Client, model.Failed)
	if err := l.Client().Err(); !errors.Is(err, model.ErrLibrary) {
		t.Errorf("a client of OpenSSL says %v; want it to blame the library", err)
	}
}

// TestForeignRefusalForbidden: a client of OpenSSL that is told not to renegotiate does not try, and
// its link lives.
func TestForeignRefusalForbidden(t *testing.T) {
	cfg := strange(model.TLS12, 0)
	cfg.Traits.Renegotiation = model.RenegRefuse
	l := strangers(t, need(t), need(t), cfg, strange(model.TLS12, 500)).shaken()
	if l.Client().Renegotiate(); !errors.Is(l.Client().Err(), model.ErrRefused) {
		t.Errorf("Renegotiate says %v; want it refused", l.Client().Err())
	}
	l.lives("a refused call")
}

// TestForeignTampered: whichever byte of a server's flight is changed, the handshake fails and no
// puppet panics. Only the version in a record's header says nothing, and in TLS 1.3 a
// ChangeCipherSpec (RFC 8446, sections 5 and 5.1).
func TestForeignTampered(t *testing.T) {
	lib := need(t)
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		flight := foreignLink(t, lib, model.Client, v).shaken().Sent[model.Server]
		for header, at := 0, 0; at < min(len(flight), 800); at++ {
			if at == header+wire.RecordSize(flight[header:]) {
				header = at
			}
			version := at == header+1 || at == header+2
			empty := v == model.TLS13 && flight[header] == wire.TypeChangeCipherSpec
			if version || empty || at >= 200 && at%5 > 0 {
				continue
			}
			l, passed := foreignLink(t, lib, model.Client, v), 0
			l.Tamper = func(from model.Role, p []byte) {
				if i := at - passed; from == model.Server && i >= 0 && i < len(p) {
					p[i] ^= 0x10
				}
				if from == model.Server {
					passed += len(p)
				}
			}
			if l.Try(); l.Client().InitFinished() && l.Server().InitFinished() {
				t.Fatalf("byte %d of %d was changed, and nobody noticed", at, len(flight))
			}
			l.Free()
		}
	})
}

// TestForeignUsual: whatever message a puppet says once more, at each of its turns, no puppet panics,
// and a foreign end answers or fails.
func TestForeignUsual(t *testing.T) {
	lib := need(t)
	roles(t, func(t *testing.T, v model.Version, r model.Role) {
		for kind := range 25 {
			for turn := range 4 {
				n, cfg, puppets := 0, strange(v, 500), puppet.New()
				puppets.Meddle = func(now *puppet.Turn) {
					if n == turn {
						now.Send(&message.Draft{Message: now.Usual(message.Kind(kind))}, now.Records)
					}
					n++
				}
				ends := [2]model.Library{lib, lib}
				ends[r] = puppets
				l := strangers(t, ends[model.Client], ends[model.Server], cfg, cfg)
				l.role = r
				l.drive(true)
				l.puppet().(interface{ Speak() }).Speak()
				l.drive(false)
				if n == 0 {
					t.Fatalf("message %d: the puppet has had no turn", kind)
				}
				l.Free()
			}
		}
	})
}

// foreignWire is the wire of links of each library with each, data, KeyUpdates and closes included.
func foreignWire(t *testing.T, seed uint64) string {
	var sums []string
	for i := range 2 * len(libraries) * len(libraries) {
		v, client, server := model.Version(i%2), libraries[i/2%3], libraries[i/6]
		ours, theirs := client.load(t), server.load(t)
		ours.Begin(seed)
		theirs.Begin(seed)
		l := &link{linktest.Pair(t, linktest.Side{Library: ours, Config: strange(v, 0)},
			linktest.Side{Library: theirs, Config: strange(v, 500)}), t, model.Client}
		l.shaken()
		if v == model.TLS13 && client.name != "gotls" {
			l.Want("KeyUpdate", l.Client().KeyUpdate(true), model.OK)
		}
		l.lives("the handshake")
		l.close(model.Client)
		l.Free()
		ours.End()
		theirs.End()
		sums = append(sums, client.name+" to "+server.name+" "+v.String()+" "+l.Sum())
	}
	return strings.Join(sums, "\n")
}

// TestForeignWireRepeats: the wire of foreign ends follows from the seed.
func TestForeignWireRepeats(t *testing.T) { repeats(t, foreignWire) }
