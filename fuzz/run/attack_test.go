package run

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
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

// An alias is the model under another name. Only worlds are drawn for it.
type alias struct {
	*tls.Models
	name string
}

func (a alias) Name() string { return a.name }

// drawnFor are the worlds that are drawn for engines of these names.
func drawnFor(t *testing.T, engine, peer string) (worlds []script.Config) {
	t.Helper()
	spec := pumps.ReferenceSpec()
	lib := func(name string) model.Library { return alias{tls.NewModels(), name} }
	r, err := NewRunner(NewCatalog(), Options{Pump: &spec, Engine: lib(engine),
		PeerEngine: lib(peer)})
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
	for _, engine := range []string{"openssl", "gotls"} {
		hostile := 0
		for _, cfg := range drawnFor(t, engine, puppetName) {
			if err := acquainted(&cfg); err != nil {
				t.Fatal(err)
			}
			if cfg.Early > 0 || cfg.PostAuth || cfg.Auth {
				t.Fatalf("early %d, post-auth %t, auth %t; want none", cfg.Early, cfg.PostAuth, cfg.Auth)
			}
			if cfg.Hostile {
				hostile++
			}
		}
		if hostile < 800 || hostile > 1600 {
			t.Errorf("%s: %d of 2000 worlds are hostile; want about half of them, and more", engine,
				hostile)
		}
	}
	for _, cfg := range drawnFor(t, "openssl", "gotls") {
		if cfg.Hostile {
			t.Fatalf("a hostile world without anybody who could attack: %s", cfg.Scenario)
		}
	}
}
