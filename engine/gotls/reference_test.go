package gotls_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
)

// TestReferenceHolds: hunts find nothing in the reference pump on crypto/tls, at
// both ends, in all scenarios.
func TestReferenceHolds(t *testing.T) {
	schedules := uint64(2000)
	if testing.Short() {
		schedules = 200
	}
	huntReference(t, run.Options{Engine: gotls.New()}, schedules)
}

// huntReference fails the test with whatever a hunt finds.
func huntReference(t *testing.T, o run.Options, schedules uint64) {
	c := run.NewCatalog()
	var err error
	if o.Pump, err = c.Pump("reference"); err != nil {
		t.Fatal(err)
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

// TestReferenceHoldsAgainstOpenSSL: hunts find nothing in the reference pump with
// crypto/tls at one end and OpenSSL at the other.
func TestReferenceHoldsAgainstOpenSSL(t *testing.T) {
	other, schedules := need(t), uint64(300)
	if testing.Short() {
		schedules = 50
	}
	for _, o := range []run.Options{
		{Engine: gotls.New(), PeerEngine: other},
		{Engine: other, PeerEngine: gotls.New()},
	} {
		t.Run(o.Engine.Name(), func(t *testing.T) {
			huntReference(t, o, schedules)
		})
	}
}
