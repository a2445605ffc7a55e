package puppet_test

import (
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

// longer is the long figure with WANTWRITE_LONG=1, and the short one otherwise.
func longer(short, long uint64) uint64 {
	if require.Long() {
		return long
	}
	return short
}

// roles runs a test for both versions, with the puppet at either end.
func roles(t *testing.T, test func(t *testing.T, v model.Version, r model.Role)) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for _, r := range []model.Role{model.Client, model.Server} {
			t.Run(r.String(), func(t *testing.T) { test(t, v, r) })
		}
	})
}
