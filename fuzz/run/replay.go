package run

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// ReplayOptions say how a script is run again.
type ReplayOptions struct {
	// Loose skips actions that are not enabled; Result.Skipped counts them.
	Loose bool
	// Trace keeps a trace of the run. With Inside it has what the TLS library of a program does.
	Trace, Inside bool
	// Engine and PeerEngine, if not empty, replace the script's.
	Engine, PeerEngine string
	// Pump, if not empty, replaces the script's.
	Pump string
	// Watch, if not 0, are the properties to look for, in place of the script's.
	Watch oracle.PropertySet
}

// An Outcome is the result of a replay.
type Outcome struct {
	Result sim.Result
	Trace  *sim.Trace
	// Config is the world that ran: the script's with the names of the options.
	Config script.Config
	// Accounts say of each end what the oracle has seen when the run was over.
	Accounts []oracle.Account
	// Own: the script's own pump and engines ran, so the hashes must agree.
	Own bool
	// Lost: the child process that ran it died (Guard.Replay). Result has a verdict and no hash.
	Lost bool
	// Places is where the pump under test or its peer panicked, or did not return, in its
	// source: its own frames, innermost first, such as "pump.go:31: mypump.(*pump).Ready".
	// It is empty if none did.
	Places []string
}

// Die notes where the pump was when the process that ran it died, from what that process has
// printed.
func (o *Outcome) Die(printed string) { o.Places = placesIn(printed) }

// Where is Places in one line.
func (o *Outcome) Where() string { return strings.Join(o.Places, ", called at ") }

// Confirms is nil if the outcome is what the script promises: its property is violated, and the
// hash is the script's if it has one and its own pump and engines ran.
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

// Replay runs a script again and looks for its property alone. The error is a
// *script.InputError with a line number if an action is not enabled.
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
	if o.Trace {
		out.Trace = &sim.Trace{}
	}
	watch, err := r.catalog.Watched(s, cfg.Pump)
	if err != nil {
		return out, err
	}
	if o.Watch != 0 {
		watch = o.Watch
	}
	r.World().Locate(r.catalog.placesOf(&cfg))
	defer r.World().Locate(nil)
	r.inside = o.Inside && o.Trace
	defer func() { r.inside = false }()
	res, stuck, err := r.actions(&cfg, s.Actions, o.Loose, watch, out.Trace)
	if err != nil {
		return out, err
	}
	out.Result, out.Places = res, r.World().Panicked()
	out.Accounts = append(out.Accounts, r.World().Ledger().Ends...)
	if stuck >= 0 {
		return out, notEnabled(s, stuck)
	}
	return out, nil
}

// notEnabled is the error of action i, which can't happen where it stands.
func notEnabled(s *script.Script, i int) error {
	line := 0
	if i < len(s.Lines) {
		line = s.Lines[i]
	}
	return &script.InputError{Line: line, Msg: fmt.Sprintf(
		"got %q, which is not enabled here; want an enabled action, or --loose", s.Actions[i])}
}
