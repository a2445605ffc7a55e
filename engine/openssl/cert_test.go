package openssl_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// certified is base with certificates: of the server, or with auth of both.
func certified(v model.Version, size int, auth bool) model.EngineConfig {
	cfg := base(v)
	cfg.ServerChain, cfg.ClientChain, cfg.ClientAuth = size, size, auth
	return cfg
}

func TestHandshakeWithCertificates(t *testing.T) {
	for _, v := range versions {
		for _, size := range []int{300, 1500, 20000} {
			for _, auth := range []bool{false, true} {
				t.Run(fmt.Sprintf("tls=%v/chain=%d/auth=%v", v, size, auth), func(t *testing.T) {
					l := open(t, certified(v, size, auth))
					l.handshake(1 << 16)
					l.say(model.Client, "a request")
					l.say(model.Server, "its response")
				})
			}
		}
	}
}

// A flight that is longer than the pair goes through it piece by piece.
func TestCertificatesThroughSmallPairs(t *testing.T) {
	for _, v := range versions {
		for _, size := range []int{1, 100} {
			t.Run(fmt.Sprintf("tls=%v/pair=%d", v, size), func(t *testing.T) {
				cfg := certified(v, 3000, true)
				cfg.In, cfg.Out = size, size
				l := open(t, cfg)
				l.handshake(1 << 16)
				if !l.client().InitFinished() || !l.server().InitFinished() {
					t.Fatal("both ends said OK, but are not finished")
				}
			})
		}
	}
}

// The length of the Certificate message is what a scenario asks for: it is
// what makes a flight longer than a buffer.
func TestChainsHaveTheirLength(t *testing.T) {
	need(t)
	for _, size := range []int{300, 301, 333, 800, 4096, 4100, 9999, 20000} {
		sent := map[string]int{}
		var cfgs [2]model.EngineConfig
		for r := range cfgs {
			cfgs[r] = certified(model.TLS12, size, true)
			cfgs[r].Watch = func(n model.Note) {
				if n.Sent && n.Message == "Certificate" {
					sent[model.Role(r).String()] = n.Bytes
				}
			}
		}
		l := openEach(t, cfgs)
		l.handshake(1 << 16)
		l.free()
		for _, who := range []string{"client", "server"} {
			if d := sent[who] - size; d < -64 || d > 64 {
				t.Errorf("the %s's message for a chain of %d bytes has %d", who, size, sent[who])
			}
		}
	}
}

// A server that demands a certificate asks in every handshake of the link.
func TestRenegotiationWithCertificates(t *testing.T) {
	var notes []string
	cfg := certified(model.TLS12, 1000, true)
	l := openEach(t, [2]model.EngineConfig{cfg, watched("server", cfg, &notes)})
	l.handshake(1 << 16)
	want(t, "client's renegotiate", l.client().Renegotiate(), model.WantRead)
	l.settle()
	_, st := l.read(model.Server)
	want(t, "server's read of the ClientHello", st, model.WantRead)
	l.handshake(1 << 16)
	l.say(model.Client, "after")
	all := strings.Join(notes, "\n")
	for _, part := range []string{"server sent Certificate\n", "server sent CertificateRequest\n",
		"server got Certificate\n", "server got CertificateVerify\n"} {
		if n := strings.Count(all, part); n != 2 {
			t.Errorf("%d times %q; want 2 in two handshakes:\n%s", n, part, all)
		}
	}
}

// A client whose end has no certificates to show is turned away.
func TestClientWithoutCertificate(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			l := openEach(t, [2]model.EngineConfig{certified(v, 1000, false),
				certified(v, 1000, true)})
			for range 4 {
				l.client().Handshake()
				l.settle()
				if l.server().Handshake() == model.Failed {
					break
				}
				l.settle()
			}
			err := l.server().Err()
			if err == nil || !strings.Contains(err.Error(), "did not return a certificate") {
				t.Fatalf("the server's error is %v, want one about a missing certificate", err)
			}
		})
	}
}

// With certificates a TLS 1.3 server sends all the tickets it is asked for.
func TestTicketsWithCertificates(t *testing.T) {
	for _, n := range []int{0, 1, 4} {
		var notes []string
		cfg := certified(model.TLS13, 1000, false)
		cfg.Tickets = n
		l := openEach(t, [2]model.EngineConfig{cfg, watched("server", cfg, &notes)})
		l.handshake(1 << 16)
		if sent := strings.Count(strings.Join(notes, "\n"), "NewSessionTicket"); sent != n {
			t.Errorf("%d tickets were asked for, %d sent", n, sent)
		}
		l.free()
	}
}

// certifiedStory is a run with certificates of both ends, tickets and data.
// Without a ticket's clock and with seeded signatures its wire is the same
// whenever and wherever it runs.
func certifiedStory(t testing.TB) (sums string) {
	lib := need(t)
	for _, v := range versions {
		lib.Begin(5)
		cfg := certified(v, 2000, true)
		cfg.Tickets = 2
		l := pair(t, lib, cfg)
		l.handshake(100)
		l.say(model.Server, "the same bytes every time")
		sums += l.sum() + " "
		l.free()
		lib.End()
	}
	return sums
}

const certifiedVariable = "WANTWRITE_CERTIFIED_STORY"

func TestCertificatesAreTheSameEverywhere(t *testing.T) {
	want := certifiedStory(t)
	if os.Getenv(certifiedVariable) != "" {
		fmt.Println("wire", want)
		return
	}
	if got := certifiedStory(t); got != want {
		t.Errorf("the second run's wire is %s; want %s as in the first", got, want)
	}
	for _, procs := range []string{"1", "2"} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestCertificatesAreTheSameEverywhere$")
		cmd.Env = append(os.Environ(), certifiedVariable+"=1", "GOMAXPROCS="+procs)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "wire "+want) {
			t.Errorf("another process says %q (%v); want wire %s", out, err, want)
		}
	}
}

// BenchmarkProfile is a link with each way to know each other.
func BenchmarkProfile(b *testing.B) {
	lib := need(b)
	for name, cfg := range map[string]model.EngineConfig{
		"psk":    base(model.TLS12),
		"ecdsa":  certified(model.TLS12, 1000, false),
		"mutual": certified(model.TLS12, 8000, true),
	} {
		b.Run(name, func(b *testing.B) {
			lib.Begin(1)
			defer lib.End()
			for b.Loop() {
				l := pair(b, lib, cfg)
				l.handshake(1 << 16)
				l.free()
			}
		})
	}
}
