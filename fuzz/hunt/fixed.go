package hunt

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Rate is how often schedules broke a property.
type Rate struct {
	// Found is how many did, of Schedules.
	Found, Schedules uint64
}

// fewFailures are the lower 95 % confidence bounds of the mean when 1, 2, ... 9 failures
// were counted (Garwood 1936).
var fewFailures = [...]float64{0.051, 0.355, 0.818, 1.366, 1.970, 2.613, 3.285, 3.981, 4.695}

// Likely is the share of schedules that break the property. When few were counted it is
// the lower confidence bound.
func (r Rate) Likely() float64 {
	if r.Found == 0 || r.Schedules == 0 {
		return 0
	}
	failures := float64(r.Found)
	if r.Found <= uint64(len(fewFailures)) {
		failures = fewFailures[r.Found-1]
	}
	return min(1, failures/float64(r.Schedules))
}

// Sure is the probability, from 0 to 1, that n schedules find the failure.
func (r Rate) Sure(n uint64) float64 { return 1 - math.Pow(1-r.Likely(), float64(n)) }

// Enough is how many schedules without a failure make it 99 % sure that the bug is
// gone; 0 if the rate is not known.
func (r Rate) Enough() uint64 {
	switch p := r.Likely(); p {
	case 0:
		return 0
	case 1:
		return 1
	default:
		return uint64(math.Ceil(math.Log(0.01) / math.Log1p(-p)))
	}
}

// A Recheck asks whether the bug behind a script is fixed. It knows how often
// schedules found the bug before.
type Recheck struct {
	Script   *script.Script
	Property oracle.PropertyID
	// Rate comes from the hunt that found the script. If Measured, it was counted
	// with the script's own pump, which still fails.
	Rate     Rate
	Measured bool
	// Still is what the script still finds; nil if nothing.
	Still *sim.Violation
}

const (
	// A rate is measured with this many failures, in at most this many schedules.
	measuredFailures  = 50
	measuredSchedules = 100000
)

// Recheck prepares the hunt to look for a script's bug again. It replays the script
// with the hunt's pump. Then it finds out how often schedules found the bug before: by
// hunting in the script's own pump, if that is another one and still fails; otherwise
// from the script's "found" line, and then the hunt takes over that line's strategy and
// scenario. The hunt watches this property only. Without a number of schedules of its
// own it runs for as many as make the answer 99 % sure.
func (h *Hunt) Recheck(ctx context.Context, c *run.Catalog, s *script.Script) (*Recheck, error) {
	p, err := c.Property(s.Property, h.Pump)
	if err != nil {
		return nil, fmt.Errorf("hunt: got a script of property %q; want one that once failed: %w",
			s.Property, err)
	}
	r, err := run.NewRunner(c, run.Options{Pump: h.Pump})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	k := &Recheck{Script: s, Property: p.ID}
	out, err := run.Replay(r, s, run.ReplayOptions{Loose: true, Pump: h.Pump.Name})
	if err != nil {
		return nil, err
	}
	if out.Result.Found {
		k.Still = &out.Result.Violation
	}
	h.Watch = oracle.EveryProperty.Only(p.ID)
	if err := k.rate(ctx, h, c, r); err != nil {
		return nil, err
	}
	if h.Schedules == 0 {
		h.Schedules = k.Rate.Enough()
	}
	return k, nil
}

// rate finds out how often schedules broke the property.
func (k *Recheck) rate(ctx context.Context, h *Hunt, c *run.Catalog, r *run.Runner) error {
	if k.Script.Config.Pump != h.Pump.Name {
		before, err := run.Replay(r, k.Script, run.ReplayOptions{})
		if err == nil && before.Result.Found {
			k.Measured = true
			return k.measure(ctx, h, c)
		}
	}
	found := k.Script.Found
	if found.Schedules == 0 {
		return fmt.Errorf("hunt: got a script that does not say how often it was found, and its " +
			"pump does not fail any more; want one that a hunt saved, or the pump as it was under " +
			"another name: --pump")
	}
	k.Rate = Rate{1, found.Schedules}
	h.Strategy = cmp.Or(h.Strategy, found.Strategy)
	h.Scenario = cmp.Or(h.Scenario, found.Scenario)
	return nil
}

// measure hunts with the script's own pump and counts.
func (k *Recheck) measure(ctx context.Context, h *Hunt, c *run.Catalog) (err error) {
	before := *h
	if before.Pump, err = c.Pump(k.Script.Config.Pump); err != nil {
		return err
	}
	before.Schedules, before.First, before.counted = measuredSchedules, false, &k.Rate
	rep, err := before.Run(ctx, c)
	k.Rate.Schedules = rep.Schedules
	if err == nil && k.Rate.Found == 0 {
		err = fmt.Errorf("hunt: pump %q did not break %s in %d schedules; want other schedules, "+
			"such as --scenario %s", before.Pump.Name, k.Property, rep.Schedules,
			k.Script.Config.Scenario)
	}
	return err
}

// Verdict says in a sentence what n schedules without a failure prove.
func (k *Recheck) Verdict(n uint64) string {
	how := fmt.Sprintf("it was found %d times in %d schedules of %s", k.Rate.Found,
		k.Rate.Schedules, k.Script.Config.Pump)
	if !k.Measured {
		how = fmt.Sprintf("it was once found in schedule %d of a hunt", k.Rate.Schedules)
	}
	word := "enough"
	if n < k.Rate.Enough() {
		word = "too few"
	}
	return fmt.Sprintf("%s was not seen again in %d schedules, which are %s: %s, and %d make 99 %% "+
		"sure", k.Property, n, word, how, k.Rate.Enough())
}
