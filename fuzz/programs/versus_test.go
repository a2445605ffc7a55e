//go:build linux && amd64

package programs

import (
	"context"
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/versus"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/program/canary"
)

// compared runs the same schedules on two versions of a server: those with these mistakes.
func compared(t *testing.T, old, now string, h hunt.Hunt) (rep versus.Report, found []*versus.Difference) {
	t.Helper()
	at := slices.IndexFunc(canary.Programs(), func(p canary.Program) bool { return p.Name == "poll" })
	server := build(t, canary.Programs()[at])
	c := versus.Comparison{Program: server.name, Hunt: h}
	c.Hunt.Seed, c.Hunt.Schedules = 1, 60
	for i, mistake := range []string{old, now} {
		c.Catalogs[i], _ = server.catalog(t, mistake)
	}
	c.Found = func(d *versus.Difference) error {
		found = append(found, d)
		return nil
	}
	rep, err := c.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return rep, found
}

// TestVersions: a mistake that came with the new version is new, one that went is gone, and a server
// beside itself shows nothing.
func TestVersions(t *testing.T) {
	rep, found := compared(t, "", "", hunt.Hunt{})
	if len(found) != 0 || rep.Compared < 50 {
		t.Errorf("a server beside itself: got %+v, %v; want nothing in 50 schedules and more", rep, found)
	}
	const mistake = "flight-fits"
	rep, found = compared(t, "", mistake, hunt.Hunt{Options: run.Options{Scenario: "small-buffers"}})
	if rep.New == 0 || rep.Gone+rep.Both > 0 {
		t.Errorf("a new mistake: got %+v; want something new", rep)
	}
	for _, d := range found {
		if d.Kind() == "new" && (d.Fails != [2]int{0, versus.Times} || d.Step == 0 || d.Apart == "" || len(d.Story) == 0) {
			t.Errorf("a new mistake: got %+v; want that all processes of the new version fail, and where they part", d)
		}
	}
	rep, _ = compared(t, mistake, "", hunt.Hunt{Options: run.Options{Scenario: "small-buffers"}})
	if rep.Gone == 0 || rep.New+rep.Both > 0 {
		t.Errorf("a mistake that is gone: got %+v; want something gone", rep)
	}
}

// TestClientsSeeSomethingElse: what is no violation, here since nobody looks for it, is told all the
// same if clients see it. The script is short.
func TestClientsSeeSomethingElse(t *testing.T) {
	h := hunt.Hunt{Watch: oracle.PropertySet(0).With(oracle.Crash), Options: run.Options{Scenario: "small-buffers"}}
	rep, found := compared(t, "", "flight-fits", h)
	if rep.Seen == 0 || len(found) == 0 {
		t.Fatalf("got %+v; want something that clients see", rep)
	}
	d := found[0]
	if d.Kind() != "seen" || d.Saw[0] == d.Saw[1] || d.Step == 0 || len(d.Script.Actions) > 10 {
		t.Errorf("got %s, %q and %q, step %d, %d actions; want two that differ, where they part, and a short script", d.Kind(),
			d.Saw[0], d.Saw[1], d.Step, len(d.Script.Actions))
	}
	t.Logf("old: %s; new: %s; step %d: %s; %d actions", d.Saw[0], d.Saw[1], d.Step, d.Apart, len(d.Script.Actions))
}
