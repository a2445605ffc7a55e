package puppet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A trial is an attack of the repertoire, and what each library makes of it. A puppet at either
// end attacks after the handshake, or early, before it begins.
type trial struct {
	attack  attack.Attack
	n       int
	early   bool
	only    string // "1.2", "1.3 server": where else it comes to something else
	openssl string // see outcome; "": not tried
	gotls   string
}

const limit = wire.MaxRecordLen

var trials = []trial{
	{item("split"), 1, true, "", "absorbed", "absorbed"},
	{item("pack"), 0, true, "", "absorbed", "absorbed"},

	{item("interleave"), 10, true, "", "unexpected_message", "failed"},

	// OpenSSL takes any number of KeyUpdates, crypto/tls 16 in a row.
	{item("key-updates"), 16, false, "1.3", "absorbed", "absorbed"},
	{item("key-updates"), 17, false, "1.3", "absorbed", "unexpected_message"},
	{item("key-updates"), 1000, false, "1.3", "absorbed", "unexpected_message"},
	{item("key-updates"), 1, false, "1.2", "unexpected_message", "unexpected_message"},
	{item("key-updates"), 1, true, "", "unexpected_message", "unexpected_message"},

	// A client of OpenSSL answers one of many HelloRequests. In the new handshake crypto/tls is
	// offered nothing that it has, or it fails over the second request.
	{item("hello-requests"), 1000, false, "1.2 server", "absorbed", "failed"},
	{item("hello-requests"), 1000, true, "1.2 server", "absorbed", "unexpected_message"},
	{item("hello-requests"), 1, false, "1.2 client", "unexpected_message", "no_renegotiation"},
	{item("hello-requests"), 1, false, "1.3", "unexpected_message", "unexpected_message"},
	{item("hello-requests"), 1, true, "1.2 client", "unexpected_message", "unexpected_message"},
	{item("hello-requests"), 1000, true, "1.3 server", "absorbed", "unexpected_message"},

	// In a renegotiation OpenSSL delivers data: a client up to the ServerHello, a server up to
	// the ClientHello.
	{item("renegotiation"), 0, false, "1.2", "absorbed", ""},
	{item("renegotiation"), 100, false, "1.2 server", "absorbed, 300 bytes", "failed, 100 bytes"},
	{item("renegotiation"), 100, false, "1.2 client", "unexpected_message, 100 bytes",
		"unexpected_message, 100 bytes"},
	{item("renegotiation"), 100, false, "1.3", "unexpected_message, 100 bytes",
		"unexpected_message, 100 bytes"},
	{item("renegotiation"), 100, true, "", "unexpected_message", "failed"},

	{item("warnings"), 4, false, "", "absorbed", "absorbed"},
	{item("warnings"), 5, false, "", "unexpected_message", "absorbed"},
	{item("warnings"), 16, false, "", "unexpected_message", "absorbed"},
	{item("warnings"), 17, false, "", "unexpected_message", "unexpected_message"},
	{item("warnings"), 4, true, "1.2 server", "absorbed", "absorbed"},
	{item("warnings"), 1000, true, "", "unexpected_message", "unexpected_message"},

	{item("alert-pieces"), int(wire.AlertCloseNotify), false, "", "unexpected_message",
		"unexpected_message"},
	{item("alert-pieces"), int(wire.AlertInternalError), false, "", "unexpected_message",
		"unexpected_message"},
	{item("alert-pieces"), int(wire.AlertUserCanceled), true, "", "unexpected_message",
		"unexpected_message"},

	{item("empties"), 16, false, "", "absorbed", "absorbed"},
	{item("empties"), 17, false, "", "absorbed", "unexpected_message"},
	{item("empties"), 32, false, "", "absorbed", "unexpected_message"},
	{item("empties"), 33, false, "", "unexpected_message", "unexpected_message"},
	{item("empties"), 1000, false, "", "unexpected_message", "unexpected_message"},
	{item("empties"), 1, true, "", "unexpected_message", "failed"},

	{item("content"), limit, false, "", "absorbed, 16384 bytes", "absorbed, 16384 bytes"},
	{item("content"), limit + 1, false, "", "record_overflow", "record_overflow"},
	{item("content"), limit + 256, false, "", "record_overflow", "record_overflow"},
	{item("content"), limit + 257, false, "", "record_overflow", "record_overflow"},
	{item("content"), limit + 2049, false, "", "record_overflow", "record_overflow"},
	{item("content"), attack.Max, false, "", "record_overflow", "record_overflow"},
	{item("content"), limit, true, "", "unexpected_message", "failed"},
	{item("content"), limit + 1, true, "", "record_overflow", "failed"},

	// A sealed record of this length has as much content as is legal. In TLS 1.3 the rest of it
	// is padding. OpenSSL takes more padding than RFC 8446, section 5.4, allows, as long as the
	// record itself is not too long.
	{item("sealed"), limit, false, "1.2", "absorbed, 16360 bytes", "absorbed, 16360 bytes"},
	{item("sealed"), limit + 24, false, "1.2", "absorbed, 16384 bytes", "absorbed, 16384 bytes"},
	{item("sealed"), limit + 25, false, "1.2", "record_overflow", "record_overflow"},
	{item("sealed"), limit + 2048, false, "1.2", "record_overflow", "record_overflow"},
	{item("sealed"), limit + 2049, false, "1.2", "record_overflow", "record_overflow"},
	{item("sealed"), limit + 17, false, "1.3", "absorbed, 16384 bytes", "absorbed, 16384 bytes"},
	{item("sealed"), limit + 18, false, "1.3", "absorbed, 16384 bytes", "record_overflow"},
	{item("sealed"), limit + 256, false, "1.3", "absorbed, 16384 bytes", "record_overflow"},
	{item("sealed"), limit + 257, false, "1.3", "record_overflow", "record_overflow"},

	{item("close"), 0, false, "", "closed", "closed"},
	{item("close"), 0, true, "1.2 server", "closed", "closed"},
	{item("close"), 0, true, "1.2 client", "unexpected_message", "closed"},
	{item("close"), 0, true, "1.3 server", "closed", "closed"},
	{item("data-after-close"), 100, false, "", "closed", "closed"},
	{item("data-after-close"), 100, true, "1.2 server", "closed", "closed"},

	{item("sip"), 0, false, "", "absorbed", "absorbed"},
	{item("sip"), 0, true, "", "absorbed", "absorbed"},
}

func (tr *trial) String() string {
	when := "late"
	if tr.early {
		when = "early"
	}
	return fmt.Sprintf("%s %d %s", tr.attack, tr.n, when)
}

// wants is what a library makes of the attack of a puppet in that role; "" if it is not tried.
func (tr *trial) wants(lib string, v model.Version, r model.Role) string {
	if !strings.HasPrefix(v.String()+" "+r.String(), tr.only) {
		return ""
	}
	return map[string]string{"openssl": tr.openssl, "gotls": tr.gotls}[lib]
}

// TestRepertoire: each library answers each attack as the table says. A victim that has absorbed
// one goes on with its link.
func TestRepertoire(t *testing.T) {
	for _, lib := range libraries[1:] {
		t.Run(lib.name, func(t *testing.T) {
			roles(t, func(t *testing.T, v model.Version, r model.Role) {
				for i := range trials {
					tr := &trials[i]
					want := tr.wants(lib.name, v, r)
					if want == "" {
						continue
					}
					cfg := config(v)
					cfg.Resume = lib.name == "gotls"
					tr.try(t, open(t, lib.load(t), r, cfg), want)
				}
			})
		})
	}
}

// try makes the attack.
func (tr *trial) try(t *testing.T, l *link, want string) {
	t.Helper()
	if !tr.early {
		l.shaken()
	}
	l.puppet().Attack(tr.attack, tr.n)
	got := l.outcome(tr.early)
	if got != want {
		t.Errorf("%s: %s; want %s (the victim says: %v)", tr, got, want, l.victim().Err())
	}
	if got == "absorbed" && want == got {
		l.lives(tr.String())
	}
}

// differs are the trials in which the model answers an attack in another way than OpenSSL.
var differs = map[string]string{
	"close 0 early": "a server of OpenSSL's TLS 1.2 fails over an alert that comes before " +
		"everything else; the model takes it for what it says, as its TLS 1.3 does",
}

// TestModelRepertoire: when the model's engines attack each other, the outcome is the same as
// when a puppet attacks OpenSSL.
func TestModelRepertoire(t *testing.T) {
	roles(t, func(t *testing.T, v model.Version, r model.Role) {
		for i := range trials {
			tr := &trials[i]
			if tr.wants("openssl", v, r) != "" && differs[tr.String()] == "" {
				tr.onModel(t, open(t, tls.NewModels(), r, config(v)))
			}
		}
	})
}

// onModel makes the attack. The victim says which alert it has sent, because the attacker may
// have failed before it could read that.
func (tr *trial) onModel(t *testing.T, l *link) {
	t.Helper()
	if !tr.early {
		l.shaken()
	}
	l.puppet().Attack(tr.attack, tr.n)
	got := l.outcome(tr.early)
	var failure interface{ Alert() (wire.Alert, bool) }
	if errors.As(l.victim().Err(), &failure) {
		if a, told := failure.Alert(); told {
			got = strings.Replace(got, "failed", a.String(), 1)
		}
	}
	if got != tr.openssl {
		t.Errorf("%s: %s; want %s as of OpenSSL (the victim says: %v)", tr, got, tr.openssl,
			l.victim().Err())
	}
	if got == "absorbed" {
		l.lives(tr.String())
	}
}

// TestEveryAttackIsTried: each attack is in the table above, or has a test of its own.
func TestEveryAttackIsTried(t *testing.T) {
	own := map[attack.Attack]string{item("end"): "TestEnd", item("deaf"): "TestDeaf"}
	tried := map[attack.Attack]bool{}
	for _, tr := range trials {
		tried[tr.attack] = true
	}
	for a := range attack.Count {
		if !tried[a] && own[a] == "" {
			t.Errorf("no trial of %s", a)
		}
	}
}
