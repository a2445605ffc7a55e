package puppet_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// TestReferenceHolds: hunts find nothing in the reference pump, on OpenSSL and on
// crypto/tls, with a puppet at the other end: no stall, no busy loop, no buffer that
// grows.
func TestReferenceHolds(t *testing.T) {
	for _, lib := range libraries[1:] {
		for _, scenario := range []string{"", "hostile-peer"} {
			t.Run(lib.name+" "+scenario, func(t *testing.T) {
				spec := pumps.ReferenceSpec()
				hunted(t, run.Options{Pump: &spec, Engine: lib.load(t), PeerEngine: puppet.New(),
					Scenario: scenario}, longer(500, 50000))
			})
		}
	}
}

// TestHuntsFindInOthers: what the other end does is enough to find what kv pumps are
// known for.
func TestHuntsFindInOthers(t *testing.T) {
	c := run.NewCatalog()
	pump, err := c.Pump("kv-original")
	if err != nil {
		t.Fatal(err)
	}
	h := hunt.Hunt{Seed: 1, Schedules: 2000, First: true}
	h.Pump, h.Engine, h.PeerEngine, h.Scenario = pump, need(t), puppet.New(), "hostile-peer"
	c.AddEngine("openssl", func() (model.Library, error) { return h.Engine, nil })
	c.AddEngine(puppet.Name, func() (model.Library, error) { return h.PeerEngine, nil })
	rep, err := h.Run(t.Context(), c)
	if err != nil || len(rep.Failures) == 0 {
		t.Fatalf("got %d finds (%v); want some", len(rep.Failures), err)
	}
	text := string(rep.Failures[0].Script.Format())
	if !strings.Contains(text, "peer-engine: puppet") {
		t.Errorf("the script names no puppet:\n%s", text)
	}
}

// hunted fails the test with whatever a hunt finds.
func hunted(t *testing.T, o run.Options, schedules uint64) {
	t.Helper()
	c := run.NewCatalog(*o.Pump)
	for _, lib := range []model.Library{o.Engine, o.PeerEngine} {
		c.AddEngine(lib.Name(), func() (model.Library, error) { return lib, nil })
	}
	h := hunt.Hunt{Options: o, Seed: 11, Schedules: schedules}
	h.Found = func(f *hunt.Failure) error {
		t.Errorf("%s\n%s", strings.Join(f.Story, "\n"), f.Script.Format())
		return nil
	}
	if _, err := h.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}
