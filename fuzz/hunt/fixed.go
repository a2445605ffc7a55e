package hunt

import (
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

// fewFinds says how many finds are expected, at the least, where 1, 2, ... 9
// were made: the lower bounds of 95 % for a mean that was counted once
// (Garwood 1936).
var fewFinds = [...]float64{0.051, 0.355, 0.818, 1.366, 1.970, 2.613, 3.285, 3.981, 4.695}

// Likely is the part of the schedules that breaks the property. A handful of
// finds says little of that: then it is the least that is likely.
func (r Rate) Likely() float64 {
	if r.Found == 0 || r.Schedules == 0 {
		return 0
	}
	finds := float64(r.Found)
	if r.Found <= uint64(len(fewFinds)) {
		finds = fewFinds[r.Found-1]
	}
	return min(1, finds/float64(r.Schedules))
}

// Sure is how sure it is, from 0 to 1, that n schedules would have found it.
func (r Rate) Sure(n uint64) float64 { return 1 - math.Pow(1-r.Likely(), float64(n)) }

// Enough is how many schedules without a find make 99 % sure that there is none
// to be found any more; 0 if the rate is not known.
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

// A Recheck is a script whose failure is believed to be mended, and how often
// it was found before.
type Recheck struct {
	Script   *script.Script
	Property oracle.PropertyID
	// Rate is that of the hunt that found it, or if Measured, of the script's
	// own pump, which still fails.
	Rate     Rate
	Measured bool
	// Still is what the script finds all the same; nil if it is mended.
	Still *sim.Violation
}

const (
	// measuredFinds is how many finds a rate is measured with, and
	// measuredSchedules how many schedules that may take.
	measuredFinds     = 50
	measuredSchedules = 100000
)

// Recheck prepares the hunt to find again what a script once showed. It replays
// the script with the hunt's pump, and finds out how often schedules found it
// before: with the script's own pump, if that is another one and still fails;
// otherwise the script's own word counts, and the hunt becomes one like that
// which found it. Then the hunt looks for that property, for as long as makes
// 99 % sure, if it has no Schedules of its own.
func (h *Hunt) Recheck(ctx context.Context, c *run.Catalog, s *script.Script) (*Recheck, error) {
	p, ok := oracle.PropertyNamed(s.Property)
	if !ok {
		return nil, fmt.Errorf("fuzz: got a script of property %q; want one that once failed",
			s.Property)
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

// rate finds out how often the property was found.
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
		return fmt.Errorf("fuzz: got a script that does not say how often it was found, and its " +
			"pump does not fail any more; want one that a hunt saved, or the pump as it was under " +
			"another name: --pump")
	}
	k.Rate = Rate{1, found.Schedules}
	if h.Strategy == "" {
		h.Strategy = found.Strategy
	}
	if h.Scenario == "" && found.Scenario != script.AnyScenario {
		h.Scenario = found.Scenario
	}
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
		err = fmt.Errorf("fuzz: pump %q did not break %s in %d schedules; want other schedules, "+
			"such as --scenario %s", before.Pump.Name, k.Property, rep.Schedules,
			k.Script.Config.Scenario)
	}
	return err
}

// Verdict says in a sentence what n schedules without a find are worth.
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
