package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim/script"
)

// rebels are the model's engines, each of them an attacker: it writes down what
// it was told to do, and does a little of it.
type rebels struct {
	*tls.Models
	told []string
}

func (r *rebels) New(cfg *model.EngineConfig) (model.Engine, error) {
	e, err := r.Models.New(cfg)
	if err != nil {
		return nil, err
	}
	return &rebel{e.(*tls.TLS), r}, nil
}

func (r *rebels) Free(e model.Engine) { r.Models.Free(e.(*rebel).TLS) }

type rebel struct {
	*tls.TLS
	of *rebels
}

// Attack updates keys, or forges data, and leaves it in the engine.
func (r *rebel) Attack(a attack.Attack, n int) {
	r.of.told = append(r.of.told, fmt.Sprint(a, " ", n))
	switch {
	case !r.InitFinished() || r.Err() != nil:
	case a.String() == "key-updates":
		r.ClearErrors()
		r.KeyUpdate(true)
	case a.String() == "content":
		r.Write(make([]byte, n))
	}
}

// hostileWorld is a world whose client attacks a server with the reference.
func hostileWorld(t *testing.T, change func(*script.Config)) (*World, *rebels) {
	t.Helper()
	w, p := NewWorld(), parts()
	t.Cleanup(w.Close)
	lib := &rebels{Models: tls.NewModels()}
	p.PeerEngine = lib
	cfg := benchConfig()
	cfg.Version, cfg.Hostile = model.TLS13, true
	if change != nil {
		change(&cfg)
	}
	rebuild(t, w, cfg, p, oracle.EveryProperty)
	return w, lib
}

// shakeHands does what quiescing does, as actions of a script.
func shakeHands(w *World) {
	for w.sweep() {
	}
}

// TestAttack: the engine is told what and how much, its pump sends what it makes
// of that at once, and the link counts as broken by a fault.
func TestAttack(t *testing.T) {
	w, lib := hostileWorld(t, nil)
	shakeHands(w)
	before := w.ends[0].acct.Sent
	w.step(scripted(t, "attack client key-updates 7")[0])
	if want := []string{"key-updates 7"}; !slices.Equal(lib.told, want) {
		t.Errorf("the engine was told %q; want %q", lib.told, want)
	}
	if w.ends[0].acct.Sent == before {
		t.Error("nothing was sent; want the pump to look at its engine")
	}
	if !w.tainted[0] || !w.accounts[0].Hostile {
		t.Error("want the link tainted, and the end hostile")
	}
	w.quiesce()
	if w.found {
		t.Errorf("a mended link: %v", w.Violation())
	}
}

// TestAttackIsEnabled says when an end may attack.
func TestAttackIsEnabled(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*script.Config)
		before string
		want   bool
	}{
		{what: "a hostile peer", want: true},
		{what: "the end under test", change: func(c *script.Config) { c.Under = model.Client }},
		{what: "a peer that is not", change: func(c *script.Config) { c.Hostile = false }},
		{what: "a paused one", before: "pause client"},
	} {
		w, _ := hostileWorld(t, c.change)
		shakeHands(w)
		if c.before != "" {
			w.step(scripted(t, c.before)[0])
		}
		if got := w.Can(script.Action{Verb: script.Attack}); got != c.want {
			t.Errorf("%s can attack: %t; want %t", c.what, got, c.want)
		}
	}
}

// TestForgedData: what an attacker forges is no corruption, and nobody answers it.
func TestForgedData(t *testing.T) {
	for _, text := range []string{"attack client content 100", "write client 10 20"} {
		w, _ := hostileWorld(t, nil)
		shakeHands(w)
		w.step(scripted(t, text)[0])
		w.quiesce()
		given := w.accounts[1].Delivered
		answered := w.accounts[1].Accepted > 0
		if w.found || given == 0 || answered != strings.HasPrefix(text, "write") {
			t.Errorf("%s: found %v, %d bytes given, answered %t", text, w.found, given, answered)
		}
	}
}

// TestHostileEndOwesNothing: an attacker that spins and keeps what it has is not blamed,
// and nobody else is blamed for the harm that it does to itself.
func TestHostileEndOwesNothing(t *testing.T) {
	for _, hostile := range []bool{true, false} {
		w, _ := hostileWorld(t, nil)
		shakeHands(w)
		w.accounts[0].Hostile = hostile
		w.accounts[0].Idle = 1000
		w.judge(&w.ends[0], oracle.AtTurn)
		if w.found == hostile {
			t.Errorf("hostile %t: blamed %t for a busy loop", hostile, w.found)
		}
	}
}
