//go:build linux && amd64

package programs

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/program/canary"
)

// TestKeptMemory replays what a hunt has found in a server that frees no block that waits when a link is
// reset. Each new process shows it, and the server without the mistake does not.
func TestKeptMemory(t *testing.T) {
	text, err := os.ReadFile("testdata/select-queue-leaks.script")
	if err != nil {
		t.Fatal(err)
	}
	s := parsed(t, string(text))
	all := canary.Programs()
	c := build(t, all[slices.IndexFunc(all, func(p canary.Program) bool { return p.Name == "select" })])
	if !c.clean(t, s) {
		t.Error("the server without the mistake keeps memory, too")
	}
	catalog, p := c.catalog(t, "queue-leaks")
	r, err := run.NewRunner(catalog, run.Options{Program: p})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Mode = foreign.Fresh
	for range require.Times(2, 10) {
		out, err := run.Replay(r, s, run.ReplayOptions{Trace: true})
		if err != nil {
			t.Fatal(err)
		}
		v := &out.Result.Violation
		if !out.Result.Found || !v.Obligation.Kept() || v.Bytes != 16384 || out.Result.Hash != s.Hash {
			t.Errorf("got %v, hash %016x; want kept memory of 16384 bytes, hash %016x", v, out.Result.Hash, s.Hash)
		}
		const says = "memory of links that are gone is not given back, 16384 bytes; so much is left behind by each run"
		if told := strings.Join(story.Explain(s, &out), "\n"); !strings.Contains(told, says) {
			t.Errorf("got story\n%s\nwant %q in it", told, says)
		}
	}
}

// TestMemoryOfASchedule: a hunt reads how much memory a process has, which lives through many schedules.
func TestMemoryOfASchedule(t *testing.T) {
	c := catalog(t)
	r, err := run.NewRunner(c, run.Options{Program: here(t, c, "nginx", "nginx")})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := range 5 {
		if _, err := r.Schedule(1, uint64(n), oracle.EveryProperty); err != nil {
			t.Fatal(err)
		}
		const least, most = 1 << 20, 16 << 20
		if bytes, runs := r.Memory(); bytes < least || bytes > most || runs != n+1 {
			t.Errorf("got %d bytes after %d runs; want %d to %d after %d", bytes, runs, least, most, n+1)
		}
	}
	r.Renew()
	if bytes, runs := r.Memory(); bytes != 0 || runs != 0 {
		t.Errorf("got %d bytes after %d runs of no process", bytes, runs)
	}
}
