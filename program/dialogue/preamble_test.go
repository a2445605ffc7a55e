package dialogue

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// clear speaks a preamble to its end, in pieces of that many bytes, and returns what each side said.
func clear(t *testing.T, name string, piece int) (client, server Preamble, up, down string) {
	t.Helper()
	client, err := NewPreamble(name, own.Place{})
	if err != nil {
		t.Fatal(err)
	}
	server, err = NewPreamble(name, own.Place{Server: true})
	if err != nil {
		t.Fatal(err)
	}
	toServer, toClient := []byte(nil), server.Begin(nil, 0, 0)
	for len(toServer)+len(toClient) > 0 {
		n, m := min(piece, len(toClient)), min(piece, len(toServer))
		a, b := toClient[:n], toServer[:m]
		up, down = up+string(b), down+string(a)
		toClient, toServer = toClient[n:], toServer[m:]
		if !client.Done() && n > 0 {
			toServer = client.Hear(toServer, a)
		}
		if !server.Done() && m > 0 {
			toClient = server.Hear(toClient, b)
		}
	}
	return client, server, up, down
}

// TestStartTLS: greeting, EHLO, STARTTLS, and both sides are done when it is time for TLS.
func TestStartTLS(t *testing.T) {
	for _, piece := range []int{1, 2, 7, 1000} {
		c, s, up, down := clear(t, "starttls", piece)
		if up != "EHLO wantwrite\r\nSTARTTLS\r\n" || !strings.HasSuffix(down, "250 8BITMIME\r\n220 2.0.0 Ready to start TLS\r\n") {
			t.Errorf("pieces of %d: said %q and %q", piece, up, down)
		}
		for _, p := range []Preamble{c, s} {
			if !p.Done() || p.Wrong() != "" || p.Owed() != "" || p.Begins() || p.Over() || p.Ends() {
				t.Errorf("pieces of %d: done %v, %s", piece, p.Done(), verdict(p))
			}
		}
	}
}

// TestPreamblesAreRestored: each state of a preamble can be saved, and a new speaker goes on.
func TestPreamblesAreRestored(t *testing.T) {
	fresh := func(server bool) Preamble {
		p, err := NewPreamble("starttls", own.Place{Server: server})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	_, _, up, down := clear(t, "starttls", 1)
	for _, server := range []bool{false, true} {
		says := down
		if server {
			says = up
		}
		whole, pieces := fresh(server), fresh(server)
		want := append(whole.Begin(nil, 0, 0), whole.Hear(nil, []byte(says))...)
		got := pieces.Begin(nil, 0, 0)
		for i := range len(says) {
			var shot model.Snapshot
			shot.Write(nil)
			pieces.(model.Snapshotter).Snapshot(&shot)
			data := append([]byte(nil), shot.Data()...)
			pieces = fresh(server)
			shot.Read(data)
			pieces.(model.Snapshotter).Snapshot(&shot)
			got = pieces.Hear(got, []byte(says[i:i+1]))
		}
		if string(got) != string(want) || verdict(pieces) != verdict(whole) || !pieces.Done() {
			t.Errorf("server %v: restored %q, %s; want %q, %s", server, got, verdict(pieces), want, verdict(whole))
		}
	}
}

// TestInjected: what comes behind STARTTLS in the clear is not obeyed, and told (CVE-2011-0411). A
// server that obeys it is told by the client of what follows.
func TestInjected(t *testing.T) {
	_, s, up, down := clear(t, "starttls-injected", 1000)
	if !strings.HasSuffix(up, "STARTTLS\r\nNOOP\r\n") || strings.Count(down, "220 ") != 2 || !strings.HasSuffix(down, "TLS\r\n") {
		t.Errorf("said %q and %q", up, down)
	}
	if !s.Done() || s.Wrong() != "bytes behind STARTTLS, in the clear" {
		t.Errorf("done %v, %s", s.Done(), verdict(s))
	}
	bad, good := smtp.New(own.Place{}).(own.Judge), newTalk(&smtp)
	noop := []byte("250 2.0.0 Ok\r\n") // to the injected command, inside TLS
	for range 2 {
		good.begin(ask{9, 0})
		good.settle()
		good.fine(t)
	}
	for i, e := range good.events {
		if e.begins {
			bad.Begin(nil, e.ask.body, e.ask.answer)
			continue
		}
		if i == 1 {
			bad.Hear(nil, noop)
		}
		bad.Hear(nil, e.heard)
	}
	if bad.Wrong() == "" {
		t.Error("one answer too many was not noticed")
	}
}

// TestStartTLSRefused: what a server may say instead.
func TestStartTLSRefused(t *testing.T) {
	for said, want := range map[string]string{
		"554 no\r\n":                        "the greeting is 554; want 220",
		"22\r\n":                            "the greeting has a line that is none",
		"220 a\r\n250 nothing on offer\r\n": "the reply to EHLO offers no STARTTLS",
		"220 a\r\n250-x\r\n250 StartTLS\r\n454 n\r\n": "the reply to STARTTLS is 454; want 220",
		"220 a\r\n250 STARTTLS\r\n220 go\r\n250 x":    "bytes behind the reply to STARTTLS, in the clear",
	} {
		c, err := NewPreamble("starttls", own.Place{})
		if err != nil {
			t.Fatal(err)
		}
		if c.Hear(nil, []byte(said)); !strings.Contains(c.Wrong(), want) {
			t.Errorf("%q: %s; want %s", said, c.Wrong(), want)
		}
	}
	s, err := NewPreamble("starttls", own.Place{Server: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Begin(nil, 0, 0)
	if got := string(s.Hear(nil, []byte("EHLO a\r\nMAIL FROM:<a>\r\nQUIT\r\n"))); !strings.Contains(got, "530 ") ||
		!strings.HasSuffix(got, "221 2.0.0 Bye\r\n") || !s.Over() || s.Done() {
		t.Errorf("mail in the clear: %q, %s", got, verdict(s))
	}
}
