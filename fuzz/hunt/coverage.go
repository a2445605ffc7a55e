package hunt

import (
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
)

// A Coverage says what the schedules of a hunt have reached, and how fast new
// things still came: whether it is time to stop.
type Coverage struct {
	// Cells are decision point, phase and event: what the pump under test met.
	// Pairs are who wrote and who read. States are what the link looked like
	// after a turn, roughly.
	Cells, Pairs, States sim.Tally
	// Total is how many cells there are for this pump, and Never are those that
	// were not reached.
	Total int
	Never []sim.Situation
	// Untested are the watched properties that no schedule put to the test: no
	// obligation of their kind ever arose, and that they hold says nothing.
	Untested []oracle.PropertyID
}

// Covered sums up what a hunt has reached.
func (h *Hunt) Covered(a *sim.Atlas) *Coverage {
	c := &Coverage{Cells: a.Tally(sim.Situations), Pairs: a.Tally(sim.Pairs),
		States: a.Tally(sim.States)}
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

// watched is what the hunt looks for.
func (h *Hunt) watched() oracle.PropertySet {
	if h.Watch == 0 {
		return oracle.EveryProperty
	}
	return h.Watch
}
