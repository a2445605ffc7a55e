package hunt

import (
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
)

// A Coverage says what a hunt's schedules have reached and how fast new things still
// came. It helps to decide when to stop.
type Coverage struct {
	// Cells are decision point, phase and event: what the pump under test met.
	// Pairs are who wrote and who read. States are what the link looked like
	// after a turn, roughly.
	Cells, Pairs, States sim.Tally
	// Total is the number of cells that exist for this pump. Never lists those that
	// were not reached.
	Total int
	Never []sim.Situation
	// Untested are the watched properties that no schedule tested: no obligation of
	// their kind arose, so it says nothing that they held.
	Untested []oracle.PropertyID
}

// Covered sums up what a hunt's schedules have reached.
func (h *Hunt) Covered(a *sim.Atlas) *Coverage {
	c := &Coverage{}
	c.Cells, c.Pairs, c.States = a.Tally()
	sup := h.Pump.Restrictions
	c.Total, c.Never = a.Survey(sim.Terrain{Client: !sup.NoClient,
		Renegotiation: h.TLS != "1.3",
		HalfClose:     h.TLS != "1.2" && !sup.NoHalfClose && !sup.NoTLS13,
		Close:         !sup.NoLocalClose})
	watch := h.watched()
	for _, p := range oracle.Properties() {
		if watch.Has(p.ID) && !a.Tested().Has(p.ID) {
			c.Untested = append(c.Untested, p.ID)
		}
	}
	return c
}

// watched are the properties that the hunt looks for.
func (h *Hunt) watched() oracle.PropertySet {
	if h.Watch == 0 {
		return oracle.EveryProperty
	}
	return h.Watch
}
