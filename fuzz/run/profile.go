package run

import (
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A profile is how the ends of a link know each other, and so what their
// handshake costs and how long its flights are. The words are those of
// --profile.
const (
	// profilePSK: a pre-shared key. Cheap, for exploring.
	profilePSK = "psk"
	// profileECDSA: the server has a certificate.
	profileECDSA = "ecdsa"
	// profileMutual: and the client too.
	profileMutual = "mutual"
)

// Profiles lists them.
func Profiles() []string { return []string{profilePSK, profileECDSA, profileMutual} }

// ProfileOf is the profile of a world. What crypto/tls makes of a PSK, which
// it has not, is a certificate, but no hunt asks it for one.
func ProfileOf(cfg *script.Config) string {
	switch {
	case cfg.Sizes.Chain == 0:
		return profilePSK
	case cfg.Auth:
		return profileMutual
	}
	return profileECDSA
}

// mostChain is the longest chain that is drawn where the scenario asks for nothing
// else, in bytes.
const mostChain = 1500

// identify brings the world into the profile that is asked for. If none is, a
// server that has a certificate now and then wants the client's. It draws from
// a stream of its own, so that the rest of a schedule is the same with any.
func (d *drawer) identify() {
	s, rand := &d.cfg.Sizes, sim.Rand(d.cfg.Seed)
	profile := d.opts.Profile
	if profile == profilePSK {
		s.Chain = 0
	}
	wanted := profile != profilePSK && (profile != "" || d.libs.certified())
	if chain := rand.Between(dim.chain.Least, mostChain); wanted && s.Chain == 0 {
		s.Chain = chain
	}
	if mutual := rand.OneIn(3); profile == "" && s.ClientChain == 0 {
		d.cfg.Auth = mutual
	}
	d.cfg.Auth = s.Chain > 0 && profile != profileECDSA && (d.cfg.Auth || profile == profileMutual)
	if chain := rand.Between(dim.chain.Least, mostChain); d.cfg.Auth && s.ClientChain == 0 {
		s.ClientChain = chain
	}
	if !d.libs.both.Certificates { // without a PSK, too, the ends only resume
		s.Chain, s.ClientChain, d.cfg.Auth = 0, 0, false
		d.cfg.Resume = d.cfg.Resume || !d.libs.both.PSK
	}
}
