package run

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// profileOf is the profile of a world.
func profileOf(cfg *script.Config) string {
	switch {
	case cfg.Sizes.Chain == 0:
		return profilePSK
	case cfg.Auth:
		return profileMutual
	}
	return profileECDSA
}

// drawn counts the profiles of schedules, and those with client certificates
// outside of the scenario that is about them.
func drawn(t *testing.T, o Options, schedules uint64) (counts map[string]int, elsewhere int) {
	t.Helper()
	spec := pumps.ReferenceSpec()
	o.Pump = &spec
	r, err := NewRunner(NewCatalog(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	counts = map[string]int{}
	for n := range schedules {
		cfg := r.Draw(3, n)
		profile := profileOf(&cfg)
		counts[profile]++
		if profile == "mutual" && cfg.Scenario != "long-handshake" {
			elsewhere++
		}
	}
	return counts, elsewhere
}

// By default all profiles are drawn; with one that is asked for, no other.
func TestProfilesAreDrawn(t *testing.T) {
	counts, elsewhere := drawn(t, Options{}, 2000)
	for _, p := range Profiles() {
		if counts[p] < 40 {
			t.Errorf("got profiles %v; want each of %v", counts, Profiles())
		}
	}
	if elsewhere < 20 {
		t.Errorf("got client certificates in %d schedules that are not about them; want more",
			elsewhere)
	}
	for _, p := range Profiles() {
		if counts, _ := drawn(t, Options{Profile: p}, 200); counts[p] != 200 {
			t.Errorf("got %v with profile %s", counts, p)
		}
	}
}

// Where a library has no PSK there is none, and it can't be asked for.
func TestNoPSKWithoutALibraryThatHasIt(t *testing.T) {
	crypto, openSSL := gotls.New(), (*openssl.Library)(nil)
	if counts, _ := drawn(t, Options{Engine: crypto}, 200); counts["psk"] > 0 {
		t.Errorf("got profiles %v on crypto/tls, which has no PSK", counts)
	}
	for _, o := range []Options{
		{Engine: crypto, Profile: "psk"},
		{Engine: crypto, PeerEngine: openSSL, Profile: "psk"},
		{Engine: openSSL, PeerEngine: crypto, Profile: "psk"},
	} {
		spec := pumps.ReferenceSpec()
		o.Pump = &spec
		_, err := NewRunner(NewCatalog(), o)
		if err == nil || !strings.Contains(err.Error(), "want ecdsa or mutual") {
			t.Errorf("got %v; want an error about the PSK", err)
		}
	}
	spec := pumps.ReferenceSpec()
	_, err := NewRunner(NewCatalog(), Options{Pump: &spec, Profile: "rsa"})
	if err == nil || err.Error() != `fuzz: got profile "rsa"; want one of psk, ecdsa, mutual` {
		t.Errorf("got %v; want an error that lists the profiles", err)
	}
}
