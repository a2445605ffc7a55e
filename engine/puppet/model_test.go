package puppet_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/model/wire"
)

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
			here := strings.HasPrefix(v.String()+" "+r.String(), tr.only)
			if tr.openssl != "" && here && differs[tr.String()] == "" {
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
