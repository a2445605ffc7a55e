package proof

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// scriptFolder is a variable that names a folder. The test process replays its scripts, and
// prints what came of each and nothing else.
const scriptFolder = "WANTWRITE_PROOF_SCRIPTS"

// TestSameWireEverywhere: a script puts the same bytes on the wire and has the same hash in
// this process and in three others: with one thread, with two, and with two a minute later.
// The wait is left out by default.
func TestSameWireEverywhere(t *testing.T) {
	t.Parallel()
	pairings(t, map[pairing]uint64{
		{"openssl", "openssl"}: require.Times(100, 1000),
		{"gotls", "gotls"}:     require.Times(20, 200),
		{"openssl", "gotls"}:   require.Times(20, 200),
		{"gotls", "openssl"}:   require.Times(20, 200),
	}, func(t *testing.T, p pairing, scripts uint64) {
		later := time.Duration(0)
		if require.Long() {
			later = time.Minute
		}
		dir := t.TempDir()
		drawScripts(t, dir, p, scripts)
		want, err := replayFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(want, "\n"); n != int(scripts) {
			t.Fatalf("%d of %d scripts were replayed", n, scripts)
		}
		for _, child := range []struct {
			procs string
			wait  time.Duration
		}{{"1", 0}, {"2", 0}, {"2", later}} {
			time.Sleep(child.wait)
			got := require.Child(t, scriptFolder+"="+dir, "GOMAXPROCS="+child.procs)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("with GOMAXPROCS=%s, %s later, a process has other bytes "+
					"(script, wire, hash):\n%s", child.procs, child.wait, diff)
			}
		}
	})
}

// drawScripts draws schedules over all scenarios and saves each as a script.
func drawScripts(t *testing.T, dir string, p pairing, many uint64) {
	t.Helper()
	c := catalog()
	r, err := run.NewRunner(c, p.options(t, c))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	scenarios := map[string]bool{}
	for n := range many {
		if _, err := r.Schedule(41, n, oracle.EveryProperty); err != nil {
			t.Fatal(err)
		}
		s := script.Script{Config: r.Config(), Actions: r.World().Actions()}
		scenarios[s.Config.Scenario] = true
		name := filepath.Join(dir, fmt.Sprintf("%04d.script", n))
		if err := os.WriteFile(name, s.Format(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(scenarios) < min(10, int(many/3)) {
		t.Errorf("only %d scenarios in %d scripts", len(scenarios), many)
	}
}

// replayFolder replays all scripts of a folder, in order. It gives a line for each: its name,
// the hash of its wire, and the hash of its run.
func replayFolder(dir string) (string, error) {
	spec := pumps.ReferenceSpec()
	r, err := run.NewRunner(catalog(), run.Options{Pump: &spec})
	if err != nil {
		return "", err
	}
	defer r.Close()
	names, err := filepath.Glob(filepath.Join(dir, "*.script"))
	if err != nil {
		return "", err
	}
	var lines bytes.Buffer
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		s, err := script.Parse(bytes.NewReader(text), name)
		if err != nil {
			return "", err
		}
		out, err := run.Replay(r, s, run.ReplayOptions{})
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(&lines, "%s %016x %016x\n", filepath.Base(name), out.Result.Wire,
			out.Result.Hash)
	}
	return lines.String(), nil
}
