package hunt_test

import (
	"context"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// A halving makes every other write a short one: state of its own, that a pump
// which was used again would carry into the next run.
type halving struct{ writes int }

func (h *halving) cut(b []byte) []byte {
	h.writes++
	return b[:len(b)>>(h.writes&1)]
}

// These are three ways to wrap the reference pump.
type (
	embedsReference struct {
		*pumps.Reference
		halving
	}
	embedsPump struct {
		model.Pump
		halving
	}
	wrappedApp struct {
		model.App
		halving
	}
)

func (p *embedsReference) Write(b []byte) int { return p.Reference.Write(p.cut(b)) }
func (p *embedsPump) Write(b []byte) int      { return p.Pump.Write(p.cut(b)) }

func (a *wrappedApp) Data(p []byte) {
	half := len(a.cut(p))
	a.App.Data(p[:half])
	a.App.Data(p[half:])
}

// TestWrappersAreInEveryRun: a pump around the reference is made anew for each
// link. It does the same in a world that has been used as in a new one.
func TestWrappersAreInEveryRun(t *testing.T) {
	for name, wrap := range map[string]func(model.Env) model.Pump{
		"embeds the reference": func(env model.Env) model.Pump {
			return &embedsReference{Reference: pumps.NewReference(env)}
		},
		"embeds a pump": func(env model.Env) model.Pump {
			return &embedsPump{Pump: pumps.NewReference(env)}
		},
		"wraps the app": func(env model.Env) model.Pump {
			env.App = &wrappedApp{App: env.App}
			return pumps.NewReference(env)
		},
	} {
		t.Run(name, func(t *testing.T) {
			made := 0
			spec := pumps.ReferenceSpec()
			spec.Name = "wrapper"
			spec.New = func(env model.Env) model.Pump {
				made++
				return wrap(env)
			}
			sameAsNew(t, spec)
			made = 0
			h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 1, Schedules: 500}
			rep, err := h.Run(context.Background(), run.NewCatalog(spec))
			if err != nil || made < int(rep.Schedules) {
				t.Errorf("got %d wrappers in %d schedules, %v; want one for each end", made,
					rep.Schedules, err)
			}
		})
	}
}

// sameAsNew runs schedules in one world, and each in a world of its own.
func sameAsNew(t *testing.T, spec model.Spec) {
	t.Helper()
	used := fuzztest.Runner(t, spec)
	bare := fuzztest.Runner(t, pumps.ReferenceSpec())
	unlike := 0
	for i := range uint64(100) {
		got := hashOf(t, used, i)
		if want := hashOf(t, fuzztest.Runner(t, spec), i); got != want {
			t.Fatalf("schedule %d: got hash %x in a used world; want %x, as in a new one", i, got, want)
		}
		if got != hashOf(t, bare, i) {
			unlike++
		}
	}
	if unlike < 50 {
		t.Errorf("got %d schedules that the wrapper changes; want most of 100", unlike)
	}
}

func hashOf(t *testing.T, r *run.Runner, i uint64) uint64 {
	t.Helper()
	res, err := r.Schedule(1, i, oracle.EveryProperty)
	if err != nil {
		t.Fatal(err)
	}
	return res.Hash
}
