package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
)

// recheck prepares a hunt for what the script of --fixed once showed: the
// script itself first, and then as many schedules as make sure.
func (f *huntFlags) recheck(ctx context.Context, cmd *cobra.Command, t *terminal, h *hunt.Hunt,
	c *run.Catalog) error {

	if f.real(c) || f.property != "" || f.confirm != "" {
		return fmt.Errorf("got --fixed with --engine, --peer-engine, --confirm or --property; want " +
			"it on the model: the property is the script's")
	}
	var open replayFlags
	s, r, err := open.open(c, f.fixed)
	if err != nil {
		return err
	}
	r.Close()
	if foreign(c, s.Config.Engine, s.Config.PeerEngine) {
		return fmt.Errorf("%s: got a script of engine %s; want one of the model's: hunts on a "+
			"library of this machine don't say how often they would find it", f.fixed, s.Config.Engine)
	}
	if !cmd.Flags().Changed("pump") {
		f.pump = s.Config.Pump
		if h.Pump, err = c.Pump(f.pump); err != nil {
			return fmt.Errorf("%s: %w", f.fixed, err)
		}
	}
	if !cmd.Flags().Changed("strategy") {
		h.Strategy = ""
	}
	if !cmd.Flags().Changed("schedules") {
		h.Schedules = 0
	}
	if f.again, err = h.Recheck(ctx, c, s); err != nil {
		return fmt.Errorf("%s: %w", f.fixed, err)
	}
	if h.Strategy != "" {
		f.strategy = h.Strategy
	}
	f.scenario = h.Scenario
	if v := f.again.Still; v != nil {
		return f.still(t, v.String())
	}
	return nil
}

// still reports a script that is not mended.
func (f *huntFlags) still(t *terminal, violation string) error {
	if f.json {
		if err := t.object(fixedJSON{Result: "violation", Script: f.fixed, Pump: f.pump,
			Property: f.again.Property.String(), What: violation}); err != nil {
			return err
		}
	} else {
		t.printf("%s still fails with %s: %s\n  replay: %s replay --loose --pump %s %s\n",
			f.fixed, f.pump, violation, t.name, f.pump, f.fixed)
	}
	return errViolation
}

// A fixedJSON is the object of --fixed, on its own line if the script still
// fails and part of the hunt's end otherwise.
type fixedJSON struct {
	Result   string `json:"result,omitempty"`
	Script   string `json:"script"`
	Pump     string `json:"pump,omitempty"`
	Property string `json:"property"`
	What     string `json:"what,omitempty"`
	// FoundBefore in Schedules is how often it was found; Measured: now, with
	// the script's own pump.
	FoundBefore uint64 `json:"found_before,omitempty"`
	Schedules   uint64 `json:"schedules_before,omitempty"`
	Measured    bool   `json:"measured,omitempty"`
	// Enough is how many schedules make 99 % sure, and Sure, from 0 to 1, what
	// those of this hunt do.
	Enough uint64  `json:"enough,omitempty"`
	Sure   float64 `json:"sure,omitempty"`
}

// fixedObject is part of the end of a hunt with --fixed.
func fixedObject(f *huntFlags, rep *hunt.Report) *fixedJSON {
	k := f.again
	if k == nil {
		return nil
	}
	return &fixedJSON{Script: f.fixed, Property: k.Property.String(), FoundBefore: k.Rate.Found,
		Schedules: k.Rate.Schedules, Measured: k.Measured, Enough: k.Rate.Enough(),
		Sure: k.Rate.Sure(rep.Schedules)}
}
