package shrink

import (
	"bytes"
	"slices"
	"sync"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/sim/script"
)

// knownScripts are the scripts of the project's own corpus, by property.
var knownScripts = sync.OnceValue(func() map[string][]candidate {
	known := map[string][]candidate{}
	for _, name := range corpus.Names() {
		s, err := script.Parse(bytes.NewReader(corpus.Text(name)), name)
		if err != nil {
			panic("fuzz: an embedded script can't be parsed: " + err.Error())
		}
		known[s.Property] = append(known[s.Property], candidate{s.Config, s.Actions})
	}
	return known
})

// recall looks for the least script of the best one's cause among those that are known,
// in the worlds in which they have failed: a mistake that has been made before ends in
// the script that is known for it, whichever run it was found in. Only if the best
// script is none of them, it is looked for afresh.
func (k *shrinker) recall() error {
	before := k.best
	for _, old := range knownScripts()[k.cause.property.String()] {
		if !akin(&old, &before) {
			continue
		}
		c := k.inThisWorld(&old)
		if _, err := k.try(c); err != nil {
			return err
		}
		if compare(&c, &before) == 0 {
			return nil
		}
	}
	if less(&k.best, &before) {
		return nil // single steps first
	}
	return k.derive()
}

// akin says whether a known script is of a script's scenario, or does nothing that it
// does not do: what began with a renegotiation is not to end with a KeyUpdate.
func akin(old, c *candidate) bool {
	if old.cfg.Scenario == c.cfg.Scenario {
		return true
	}
	var does [script.NumVerbs]bool
	for _, a := range c.actions {
		does[a.Verb] = true
	}
	return !slices.ContainsFunc(old.actions, func(a script.Action) bool {
		return a.Verb != script.Deliver && a.Verb != script.Poll && !does[a.Verb]
	})
}

// inThisWorld is a known script with the best one's pump and engines.
func (k *shrinker) inThisWorld(old *candidate) candidate {
	c := candidate{k.best.cfg, old.actions}
	c.cfg.Seed = plainSeed
	for i := range settings {
		settings[i].set(&c.cfg, settings[i].get(&old.cfg))
	}
	if old.cfg.Peer == old.cfg.Pump { // the mistake is at both ends
		c.cfg.Peer = c.cfg.Pump
	}
	return c
}
