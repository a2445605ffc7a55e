package puppet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A link is a puppet at one end and its victim, an engine of some library, at the other.
type link struct {
	*linktest.Link
	t    testing.TB
	role model.Role // the puppet's
}

// config leaves engines room for everything.
func config(v model.Version) model.EngineConfig { return linktest.Config(v, 1<<16) }

// open makes both ends in a run that ends with the test.
func open(t testing.TB, victim model.Library, role model.Role, cfg model.EngineConfig) *link {
	t.Helper()
	sides := sides(victim, role, cfg)
	return &link{linktest.Open(t, sides[model.Client], sides[model.Server]), t, role}
}

// sides gives what the ends of a link are made from. The model's victim gets an attacker of the
// model, because nobody else can open its records.
func sides(victim model.Library, role model.Role, cfg model.EngineConfig) (s [2]linktest.Side) {
	for r := range s {
		s[r] = linktest.Side{Library: victim, Config: cfg, Noted: true}
	}
	s[role].Library = puppet.New()
	if victim.Name() == "model" {
		s[role].Library = tls.NewModels()
	}
	return s
}

// shaken shakes hands, which has to succeed.
func (l *link) shaken() *link {
	l.t.Helper()
	l.Shake()
	return l
}

func (l *link) puppet() attack.Attacker { return l.Ends[l.role].(attack.Attacker) }
func (l *link) victim() model.Engine    { return l.Ends[l.role.Peer()] }

// Read clears the error queue and makes one Read. It gives what it got and what it was told.
func (l *link) Read(r model.Role) (string, model.Status) {
	l.Ends[r].ClearErrors()
	return l.Link.Read(r)
}

// drive reads at both ends until nothing moves any more. It gives how many bytes the victim read,
// and what it was told last. With shaking it shakes hands first.
func (l *link) drive(shaking bool) (data int, last model.Status) {
	for range 1 << 16 {
		before := l.Moved()
		if shaking && !l.victim().InitFinished() {
			l.victim().ClearErrors()
			last = l.victim().Handshake()
		} else {
			var text string
			text, last = l.Read(l.role.Peer())
			data += len(text)
		}
		l.Read(l.role)
		l.Settle()
		done := last == model.Failed || last == model.Closed
		if l.Moved() == before && (done || last != model.OK) {
			return data, last
		}
	}
	l.t.Fatal("no end in sight")
	return
}

// outcome drives the link, and says what became of the victim. It "absorbed" what came, with so
// many bytes of data; or it is "closed"; or it failed, with which alert.
func (l *link) outcome(shaking bool) string {
	data, last := l.drive(shaking)
	what := "absorbed"
	switch last {
	case model.Closed:
		what = "closed"
	case model.Failed:
		what = l.alert()
	}
	if data > 0 {
		what += fmt.Sprintf(", %d bytes", data)
	}
	return what
}

// alert is the alert with which the victim failed.
func (l *link) alert() string {
	for range 4 { // the puppet may have failed over it already, or not read it yet
		l.Settle()
		l.Read(l.role)
	}
	what := "failed"
	for _, n := range l.Notes {
		if a, ok := strings.CutPrefix(n.Message, "alert "); ok && n.By == l.role && !n.Sent {
			what = a
		}
	}
	return what
}

// lives fails the test unless a text passes both ways.
func (l *link) lives(after string) {
	l.t.Helper()
	for _, from := range []model.Role{l.role.Peer(), l.role} {
		text := fmt.Sprint("after ", after)
		l.Ends[from].ClearErrors()
		if _, st := l.Ends[from].Write([]byte(text)); st != model.OK {
			l.t.Errorf("%s: the %v's Write says %v (%v)", after, from, st, l.Ends[from].Err())
			return
		}
		var heard string
		for before := -1; before != l.Moved(); {
			before = l.Moved()
			l.Settle()
			got, _ := l.Read(from.Peer())
			heard += got
		}
		if heard != text {
			l.t.Errorf("%s: the %v reads %q; want %q", after, from.Peer(), heard, text)
		}
	}
}

// need gives the machine's OpenSSL.
func need(t testing.TB) model.Library {
	t.Helper()
	lib, err := openssl.Load("")
	if err != nil {
		require.Missing(t, "openssl", err)
	}
	return lib
}

// goTLS gives crypto/tls.
func goTLS(testing.TB) model.Library { return gotls.New() }

// roles runs a test for both versions, with the puppet at either end.
func roles(t *testing.T, test func(t *testing.T, v model.Version, r model.Role)) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for _, r := range []model.Role{model.Client, model.Server} {
			t.Run(r.String(), func(t *testing.T) { test(t, v, r) })
		}
	})
}
