package run

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// ReplayOptions say how a script is run again.
type ReplayOptions struct {
	// Loose skips actions that are not enabled, and counts them.
	Loose bool
	// Trace keeps what happened.
	Trace bool
	// Engine and PeerEngine, if not empty, stand for the script's own.
	Engine, PeerEngine string
	// Pump, if not empty, stands for the script's.
	Pump string
}

// An Outcome is what came of a replay.
type Outcome struct {
	Result sim.Result
	Trace  *sim.Trace
	// Config is what was run: the script's, with the options' names in it.
	Config script.Config
	// Rest is what was seen of each end at the end.
	Rest []oracle.Account
	// Own: the script's own pump and engines ran, so that its hash counts.
	Own bool
	// Lost: the child process that ran it died (Guard.Replay). There is a
	// verdict, and no hash.
	Lost bool
}

// Confirms says whether the outcome is what the script promises: its property
// is violated, and if it names a hash and its own engines ran, the hash too.
func (o *Outcome) Confirms(s *script.Script) error {
	switch {
	case !o.Result.Found:
		return fmt.Errorf("fuzz: got no violation; want %s", s.Property)
	case o.Own && s.Hash != 0 && s.Hash != o.Result.Hash:
		return fmt.Errorf("fuzz: got hash %016x; want %016x: the run is not the one that was "+
			"saved", o.Result.Hash, s.Hash)
	}
	return nil
}

// Replay runs a script again and looks for its property alone. An action that
// is not enabled is an *sim.InputError with its line.
func Replay(r *Runner, s *script.Script, o ReplayOptions) (out Outcome, err error) {
	cfg := s.Config
	for _, swap := range []struct {
		to   string
		from *string
	}{{o.Engine, &cfg.Engine}, {o.PeerEngine, &cfg.PeerEngine}, {o.Pump, &cfg.Pump}} {
		if swap.to != "" {
			*swap.from = swap.to
		}
	}
	out.Config = cfg
	out.Own = cfg == s.Config
	so := ScriptOptions{Watch: Watched(s), Loose: o.Loose}
	if o.Trace {
		out.Trace = &sim.Trace{}
		so.Trace = out.Trace
	}
	res, stuck, err := r.Actions(&cfg, s.Actions, so)
	if err != nil {
		return out, err
	}
	out.Result = res
	out.Rest = append(out.Rest, r.World().Ledger().Ends...)
	if stuck >= 0 {
		return out, notEnabled(s, stuck)
	}
	return out, nil
}

// Watched is what to look for in a script: its property, or any.
func Watched(s *script.Script) oracle.PropertySet {
	if p, ok := oracle.PropertyNamed(s.Property); ok {
		return oracle.EveryProperty.Only(p.ID)
	}
	return oracle.EveryProperty
}

// notEnabled is the error of an action that can't happen where it stands.
func notEnabled(s *script.Script, i int) error {
	line := 0
	if i < len(s.Lines) {
		line = s.Lines[i]
	}
	return &script.InputError{Line: line, Msg: fmt.Sprintf(
		"got %q, which is not enabled here; want an enabled action, or --loose", s.Actions[i])}
}
