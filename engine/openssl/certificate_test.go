package openssl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

func TestHandshakeWithCertificates(t *testing.T) {
	for _, v := range versions {
		for _, size := range []int{300, 1500, 20000} {
			for _, auth := range []bool{false, true} {
				t.Run(fmt.Sprintf("tls=%v/chain=%d/auth=%v", v, size, auth), func(t *testing.T) {
					l := opened(t, certified(v, size, auth))
					l.Say(model.Client, "a request")
					l.Say(model.Server, "its response")
				})
			}
		}
	}
}

// A flight that is longer than the buffers goes through them in pieces.
func TestCertificatesThroughSmallPairs(t *testing.T) {
	for _, v := range versions {
		for _, size := range []int{1, 100} {
			t.Run(fmt.Sprintf("tls=%v/pair=%d", v, size), func(t *testing.T) {
				cfg := certified(v, 3000, true)
				cfg.In, cfg.Out = size, size
				l := opened(t, cfg)
				if !l.Client().InitFinished() || !l.Server().InitFinished() {
					t.Fatal("both ends said OK, but are not finished")
				}
			})
		}
	}
}

// A Certificate message has the length that the configuration asks for. That makes a flight
// longer than a buffer.
func TestChainsHaveTheirLength(t *testing.T) {
	need(t)
	for _, size := range []int{300, 301, 333, 800, 4096, 4100, 9999, 20000} {
		cfg := certified(model.TLS12, size, true)
		l := noted(t, cfg, cfg)
		l.Free()
		sent := map[model.Role]int{}
		for _, n := range l.Notes {
			if n.Sent && n.Message == "Certificate" {
				sent[n.By] = n.Bytes
			}
		}
		for _, who := range []model.Role{model.Client, model.Server} {
			if d := sent[who] - size; d < -64 || d > 64 {
				t.Errorf("the %s's message for a chain of %d bytes has %d", who, size, sent[who])
			}
		}
	}
}

// A server that demands a certificate asks for it in every handshake of the link.
func TestRenegotiationWithCertificates(t *testing.T) {
	cfg := certified(model.TLS12, 1000, true)
	l := noted(t, cfg, cfg)
	l.Want("client's renegotiate", l.Client().Renegotiate(), model.WantRead)
	l.Settle()
	_, st := l.Read(model.Server)
	l.Want("server's read of the ClientHello", st, model.WantRead)
	l.Shake()
	l.Say(model.Client, "after")
	for _, note := range []model.Note{{Sent: true, Message: "Certificate"},
		{Sent: true, Message: "CertificateRequest"}, {Message: "Certificate"},
		{Message: "CertificateVerify"}} {
		if n := l.Count(model.Server, note.Sent, note.Message); n != 2 {
			t.Errorf("%d times a %s of the server, sent %t; want 2 in two handshakes:\n%v", n,
				note.Message, note.Sent, l.Notes)
		}
	}
}

// A client that has no certificate is turned away.
func TestClientWithoutCertificate(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			l := openEach(t, certified(v, 1000, false), certified(v, 1000, true))
			for range 4 {
				l.Client().Handshake()
				l.Settle()
				if l.Server().Handshake() == model.Failed {
					break
				}
				l.Settle()
			}
			err := l.Server().Err()
			if err == nil || !strings.Contains(err.Error(), "did not return a certificate") {
				t.Fatalf("the server's error is %v, want one about a missing certificate", err)
			}
		})
	}
}

// With certificates a TLS 1.3 server sends as many tickets as it is asked for.
func TestTicketsWithCertificates(t *testing.T) {
	for _, n := range []int{0, 1, 4} {
		cfg := certified(model.TLS13, 1000, false)
		cfg.Tickets = n
		l := noted(t, cfg, cfg)
		if sent := l.Count(model.Server, true, "NewSessionTicket"); sent != n {
			t.Errorf("%d tickets were asked for, %d sent", n, sent)
		}
		l.Free()
	}
}
