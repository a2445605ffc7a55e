package run

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestBlows: structured attacks are all of them, and each is a line of a script.
func TestBlows(t *testing.T) {
	var b structured[blow]
	seen := map[uint32]int{}
	for seed := range uint64(500) {
		for _, blow := range b.draw(seed) {
			a := blow.action()
			seen[a.Arg]++
			if got, err := script.ParseAction(a.String()); err != nil || got != a {
				t.Fatalf("%q reads as %v (%v); want %v", a, got, err, a)
			}
		}
	}
	for a := range attack.Count {
		if seen[uint32(a)] < 100 {
			t.Errorf("%s came %d times; want it often", a, seen[uint32(a)])
		}
	}
}

// drawnFor are the worlds that are drawn for two libraries. None is run.
func drawnFor(t *testing.T, engine, peer model.Library) (worlds []script.Config) {
	t.Helper()
	spec := pumps.ReferenceSpec()
	r, err := NewRunner(NewCatalog(), Options{Pump: &spec, Engine: engine, PeerEngine: peer})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := range uint64(2000) {
		worlds = append(worlds, r.Draw(1, n))
	}
	return worlds
}

// TestHostileWorlds: against a puppet most worlds are hostile, and all are such that it
// and the library know each other; against others none is hostile.
func TestHostileWorlds(t *testing.T) {
	c, spec := NewCatalog(), pumps.ReferenceSpec()
	openSSL, cryptoTLS := (*openssl.Library)(nil), gotls.New()
	for _, engine := range []model.Library{openSSL, cryptoTLS} {
		hostile := 0
		o := Options{Pump: &spec, Peer: &spec, Engine: engine, PeerEngine: puppet.New()}
		for _, cfg := range drawnFor(t, engine, o.PeerEngine) {
			if why := c.Compatible(&o, &cfg); why != "" {
				t.Fatal(why)
			}
			if cfg.Early > 0 || cfg.PostAuth || cfg.Auth {
				t.Fatalf("early %d, post-auth %t, auth %t; want none", cfg.Early, cfg.PostAuth, cfg.Auth)
			}
			if cfg.Hostile {
				hostile++
			}
		}
		if hostile < 800 || hostile > 1600 {
			t.Errorf("%s: %d of 2000 worlds are hostile; want about half of them, and more",
				engine.Name(), hostile)
		}
	}
	for _, cfg := range drawnFor(t, openSSL, cryptoTLS) {
		if cfg.Hostile {
			t.Fatalf("a hostile world without anybody who could attack: %s", cfg.Scenario)
		}
	}
}
