package run

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Compatible says in a sentence why pumps, libraries and what is asked of their schedules do
// not go together; empty if they do. With a cfg it answers for that one world, such as a
// script's, otherwise for the worlds that are drawn for the options.
func (c *Catalog) Compatible(o *Options, cfg *script.Config) (why string) {
	l := o.libraries()
	if o.Program != nil {
		if why = l.programFits(o.Program); why == "" && cfg == nil {
			_, why = c.menu(o)
		}
		return why
	}
	if why = l.talk(); why != "" {
		return why
	}
	if cfg != nil {
		return cmp.Or(l.traits(cfg, c), l.acquainted(cfg), pumpsFit(o, cfg))
	}
	if why = cmp.Or(l.profile(o.Profile), anyWorld(o.Peer)); why == "" {
		_, why = c.menu(o)
	}
	return why
}

// Can says what the libraries of both ends can do.
func (o *Options) Can() model.Capabilities { return o.libraries().both }

// libraries are the two ends' libraries: their names, what each can do, and what both can.
type libraries struct {
	engine, peerEngine string
	own, peer, both    model.Capabilities
}

// standard stands for a library that is not named. Only its name and abilities are used.
var standard model.Library = tls.NewModels()

// libraries of options that name none, or none for the peer, are those that NewRunner takes.
func (o *Options) libraries() (l libraries) {
	own, peer := o.Engine, o.PeerEngine
	if own == nil {
		own = standard
	}
	if peer == nil {
		peer = own
	}
	l.engine, l.peerEngine = own.Name(), peer.Name()
	l.own, l.peer = own.Can(), peer.Can()
	l.both = l.own.Both(l.peer)
	return l
}

// same says whether one library stands at both ends.
func (l *libraries) same() bool { return l.engine == l.peerEngine }

// certified says whether all links have certificates: one of the libraries has no PSK.
func (l *libraries) certified() bool { return !l.both.PSK && l.both.Certificates }

// shareSession says whether both can know a session that no link has made before.
func (l *libraries) shareSession() bool {
	return l.same() || l.both.NamedSessions || l.both.TicketSessions
}

// without names the end whose library lacks something, given whether the engine has it.
func (l *libraries) without(engineHas bool) string {
	if !engineHas {
		return "engine " + l.engine
	}
	return "peer-engine " + l.peerEngine
}

// talk says why two libraries can't talk to each other.
func (l *libraries) talk() string {
	switch {
	case !l.own.UnderTest:
		return fmt.Sprintf("got engine %q under the pump under test; want it at the other end, "+
			"as peer-engine: it keeps no promise", l.engine)
	case !l.same() && !l.both.RealTLS:
		return fmt.Sprintf("got engine %q against %q; want the model at both ends or at none",
			l.engine, l.peerEngine)
	}
	return ""
}

// traits says why the libraries can't do what a world asks of them.
func (l *libraries) traits(cfg *script.Config, c *Catalog) string {
	switch {
	case cfg.Hostile && !l.peer.Attacks:
		able := c.EnginesThat(func(can model.Capabilities) bool { return can.Attacks })
		return fmt.Sprintf("got trait hostile and peer-engine %q; want %s, which can attack",
			l.peerEngine, strings.Join(able, " or "))
	case cfg.EagerPeer && cfg.Transport == model.Attached && !l.own.Nested:
		return fmt.Sprintf("got trait eager-peer and transport attached for engine %q; want "+
			"transport pair: this engine can't be entered while it calls its socket", l.engine)
	}
	return ""
}

// acquainted says why the libraries can't know each other as a world wants it: by
// certificates, by a session, or by a PSK. One library at both ends can, in its own way.
func (l *libraries) acquainted(cfg *script.Config) string {
	certified := cfg.Sizes.Chain > 0
	switch {
	case l.same():
		return ""
	case certified && !l.both.Certificates:
		return fmt.Sprintf("got chain=%d for %s, which has no certificates; want chain=0, a PSK",
			cfg.Sizes.Chain, l.without(l.own.Certificates))
	case cfg.Resume && !l.shareSession():
		return fmt.Sprintf("got trait resume for engine %q against %q, which have no session in "+
			"common; want one engine at both ends", l.engine, l.peerEngine)
	case certified || cfg.Resume || l.both.PSK:
		return ""
	case l.both.Certificates:
		return fmt.Sprintf("got chain=0, a PSK, for engine %q against %q; want a chain, of "+
			"certificates", l.engine, l.peerEngine)
	}
	return fmt.Sprintf("got engine %s against %s without trait resume; want it: %s has no PSK",
		l.engine, l.peerEngine, l.without(l.own.PSK))
}

// profile says why the libraries don't have a profile.
func (l *libraries) profile(name string) string {
	switch name {
	case profileECDSA, profileMutual:
		if !l.both.Certificates {
			return fmt.Sprintf("got profile %s for %s, which has no certificates; want %s", name,
				l.without(l.own.Certificates), profilePSK)
		}
	case profilePSK:
		if l.certified() {
			return fmt.Sprintf("got profile %s for %s, which has no PSK; want %s or %s", name,
				l.without(l.own.PSK), profileECDSA, profileMutual)
		}
	case "":
	default:
		return oneOf("profile", name, Profiles())
	}
	return ""
}

// anyWorld says why a pump can't be the peer of hunts, which draw all kinds of worlds.
func anyWorld(peer *model.Spec) string {
	if peer == nil || !peer.Restrictions.Any(model.Restrictions{NoClient: true, NoPair: true,
		NoAttached: true, NoTLS13: true, FramesOnly: true}) {
		return ""
	}
	return fmt.Sprintf("got peer %q, which is not made for every world; want one that is, such as "+
		"reference", peer.Name)
}

// pumpsFit says why the pumps are not made for a world. A replay may put another pump in the
// place of the script's. What that pump does where it was never meant to run is no verdict on
// it.
func pumpsFit(o *Options, cfg *script.Config) string {
	return cmp.Or(pumpFits(o.Pump, cfg.Under, cfg, cfg.Trigger),
		pumpFits(o.Peer, cfg.Under.Peer(), cfg, model.Level))
}

func pumpFits(s *model.Spec, role model.Role, cfg *script.Config, trigger model.Trigger) string {
	r := &s.Restrictions
	for _, lack := range [...]struct {
		lacks, asked bool
		word         string
	}{
		{r.NoClient, role == model.Client, "the client's end"},
		{r.NoTLS13, cfg.Version == model.TLS13, "TLS 1.3"},
		{r.NoPair, cfg.Transport == model.Pair, "the pair transport"},
		{r.NoAttached, cfg.Transport == model.Attached, "the attached transport"},
		{r.NoEdge, trigger == model.Edge, "an edge-triggered loop"},
		{r.NoOneShot, trigger == model.OneShot, "a one-shot loop"},
	} {
		if lack.lacks && lack.asked {
			return fmt.Sprintf("got pump %q in a world with %s; want a pump that is made for it",
				s.Name, lack.word)
		}
	}
	return ""
}

// menu lists the scenarios that fit the options. If none does, it says why the first of those
// that were asked for does not.
func (c *Catalog) menu(o *Options) (menu []Scenario, why string) {
	asked := o.scenarios()
	if o.Scenario != "" && named(asked, o.Scenario) == nil {
		return nil, oneOf("scenario", o.Scenario, namesOf(asked))
	}
	l := o.libraries()
	menu, misfits := fitting(o, &l)
	if len(menu) == 0 && len(misfits) > 0 {
		why = misfits[0]
	}
	return menu, why
}

// scenarios are those of the options' pump or program.
func (o *Options) scenarios() []Scenario {
	if o.Program != nil {
		return programScenarios()
	}
	return scenariosOf(o.Pump)
}

// misfit says why options do not fit a scenario, or one of which it is composed.
func (s *Scenario) misfit(o *Options, l *libraries) string {
	why := cmp.Or(s.pumpFits(o), s.librariesFit(l))
	for i := range s.like {
		why = cmp.Or(why, s.like[i].misfit(o, l))
	}
	return why
}

// Fitting lists the scenarios that schedules of the options are drawn from, with the libraries of
// these names, and says of each other scenario in a sentence why it does not fit. Those that were
// not asked for are in neither list. No library is loaded.
func (c *Catalog) Fitting(o *Options, engine, peerEngine string) (fit []Scenario, misfits []string,
	err error) {

	l := libraries{engine: engine, peerEngine: peerEngine}
	if l.own, err = c.Can(engine); err != nil {
		return nil, nil, err
	}
	if l.peer, err = c.Can(peerEngine); err != nil {
		return nil, nil, err
	}
	l.both = l.own.Both(l.peer)
	fit, misfits = fitting(o, &l)
	return fit, misfits, nil
}

func fitting(o *Options, l *libraries) (fit []Scenario, misfits []string) {
	for _, sc := range o.scenarios() {
		if o.Scenario != "" && sc.Name != o.Scenario {
			continue
		}
		if why := sc.misfit(o, l); why != "" {
			misfits = append(misfits, why)
			continue
		}
		fit = append(fit, sc)
	}
	return fit, misfits
}

// pumpFits says why a pump, or the TLS version that is asked for, does not fit a scenario.
//
// Story 58: a pump without TLS 1.3 that was hunted with --tls 1.3 ran in 1.2, and came out
// clean of what it had never met.
func (s *Scenario) pumpFits(o *Options) string {
	switch {
	case o.Pump.Restrictions.Any(s.Barred):
		return "pump " + o.Pump.Name + " is not made for scenario " + s.Name
	case o.Pump.Restrictions.NoTLS13 && (s.Only13 || o.TLS == "1.3"):
		return "pump " + o.Pump.Name + " is not made for TLS 1.3"
	case s.Only13 && o.TLS == "1.2":
		return "scenario " + s.Name + " is about TLS 1.3 only"
	case s.Only12 && o.TLS == "1.3":
		return "scenario " + s.Name + " is about TLS 1.2 only"
	}
	return ""
}

// librariesFit says why the libraries can't do what a scenario is about.
func (s *Scenario) librariesFit(l *libraries) string {
	for _, need := range [...]struct {
		needed, own, peer bool
		word              string
	}{
		{s.Needs.Attacks, true, l.peer.Attacks, "attacks"},
		{s.Needs.Renegotiation, l.same() || l.own.Renegotiation, l.same() || l.peer.Renegotiation,
			"renegotiation with another engine"},
		{s.Needs.PostAuth, l.own.PostAuth, l.peer.PostAuth, "post-handshake authentication"},
		{s.Needs.EarlyData, l.own.EarlyData, l.peer.EarlyData, "early data"},
		{s.Needs.AllTraits, l.own.AllTraits, l.peer.AllTraits, "a trait of other libraries"},
	} {
		if need.needed && !(need.own && need.peer) {
			return fmt.Sprintf("scenario %s needs %s, which %s does not have", s.Name, need.word,
				l.without(need.own))
		}
	}
	return ""
}
