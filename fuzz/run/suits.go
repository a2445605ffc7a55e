package run

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// suits says whether the pumps are made for a script's world. A replay may put
// another pump in the place of the script's, and what that one does where it
// never was meant to run is no verdict on it.
func suits(p *sim.Parts, cfg *script.Config) error {
	if err := suit(p.Pump, cfg.Under, cfg, cfg.Trigger); err != nil {
		return err
	}
	return suit(p.Peer, cfg.Under.Peer(), cfg, model.Level)
}

func suit(s *model.Spec, role model.Role, cfg *script.Config, trigger model.Trigger) error {
	for _, lack := range []struct {
		lacks bool
		asked bool
		word  string
	}{
		{s.Restrictions.NoClient, role == model.Client, "the client's end"},
		{s.Restrictions.NoTLS13, cfg.Version == model.TLS13, "TLS 1.3"},
		{s.Restrictions.NoPair, cfg.Transport == model.Pair, "the pair transport"},
		{s.Restrictions.NoAttached, cfg.Transport == model.Attached, "the attached transport"},
		{s.Restrictions.NoEdge, trigger == model.Edge, "an edge-triggered loop"},
		{s.Restrictions.NoOneShot, trigger == model.OneShot, "a one-shot loop"},
	} {
		if lack.asked && lack.lacks {
			return fmt.Errorf("fuzz: got pump %q in a world with %s; want a pump that is made "+
				"for it", s.Name, lack.word)
		}
	}
	return nil
}

// speak says whether two libraries can talk to each other: the model seals
// with a checksum, which no real library opens.
func speak(a, b model.Library) error {
	if a.Name() == puppetName {
		return fmt.Errorf("fuzz: got engine %q under the pump under test; want it at the other end, "+
			"as peer-engine: it keeps no promise", a.Name())
	}
	if (a.Name() == "model") == (b.Name() == "model") {
		return nil
	}
	return fmt.Errorf("fuzz: got engine %q against %q; want the model at both ends or at none",
		a.Name(), b.Name())
}

// acquainted says whether the two libraries of a world know each other in the way
// that it wants.
func acquainted(cfg *script.Config) error {
	certified := cfg.Sizes.Chain > 0
	switch {
	case cfg.Hostile && cfg.PeerEngine != puppetName && cfg.PeerEngine != "model":
		return fmt.Errorf("fuzz: got trait hostile and peer-engine %q; want model or %s, which can "+
			"attack", cfg.PeerEngine, puppetName)
	case cfg.EagerPeer && cfg.Transport == model.Attached && cfg.Engine != "model":
		return fmt.Errorf("fuzz: got trait eager-peer and transport attached for engine %q; want "+
			"transport pair: no library is entered while it calls its socket", cfg.Engine)
	case cfg.Engine == cfg.PeerEngine:
		return nil
	case cfg.PeerEngine == puppetName && certified:
		return fmt.Errorf("fuzz: got chain=%d for peer-engine %s, which has no certificates; want "+
			"chain=0, a PSK", cfg.Sizes.Chain, puppetName)
	case cfg.PeerEngine == puppetName && cfg.Engine == "gotls" && !cfg.Resume:
		return fmt.Errorf("fuzz: got engine gotls against %s without trait resume; want it: "+
			"crypto/tls has no PSK of its own", puppetName)
	case cfg.PeerEngine == puppetName:
		return nil
	case cfg.Resume:
		return fmt.Errorf("fuzz: got trait resume for engine %q against %q, which have no "+
			"session in common; want one engine at both ends", cfg.Engine, cfg.PeerEngine)
	case !certified:
		return fmt.Errorf("fuzz: got chain=0, a PSK, for engine %q against %q; want a chain, "+
			"of certificates", cfg.Engine, cfg.PeerEngine)
	}
	return nil
}

// anywhere says whether a pump can be the peer of hunts, which draw all kinds
// of worlds.
func anywhere(peer *model.Spec) error {
	if !peer.Restrictions.Any(model.Restrictions{NoClient: true, NoPair: true, NoAttached: true,
		NoTLS13: true, FramesOnly: true}) {
		return nil
	}
	return fmt.Errorf("fuzz: got peer %q, which is not made for every world; want one that is, "+
		"such as reference", peer.Name)
}
