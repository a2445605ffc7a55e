package run

import "github.com/wantwrite/wantwrite/sim"

// A profile is how the ends of a link know each other. It decides what a handshake costs and
// how long its flights are. The words are those of --profile.
const (
	// profilePSK: by a pre-shared key, which is cheap.
	profilePSK = "psk"
	// profileECDSA: the server has a certificate.
	profileECDSA = "ecdsa"
	// profileMutual: the client has one too.
	profileMutual = "mutual"
)

// Profiles lists the profiles.
func Profiles() []string { return []string{profilePSK, profileECDSA, profileMutual} }

// mostChain is the longest certificate chain that is drawn, in bytes, unless the scenario says
// otherwise.
const mostChain = 1500

// identify brings the world into the profile that is asked for. If none is, a server with a
// certificate wants the client's one time in three. The draws have a stream of their own, so
// that the rest of a schedule is the same with every profile.
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
