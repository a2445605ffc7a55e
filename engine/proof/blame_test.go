package proof

import (
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestLibraryKeepsHalfARecord: half a flight is in the peer's engine, which waits for the rest, and
// the rest is inside OpenSSL, where nothing can be counted. What its last call said, want-write,
// is known, and that its pump has dropped it. So the pump is to blame, and not its peer, which has
// input that it does not read.
func TestLibraryKeepsHalfARecord(t *testing.T) {
	library(t, catalog(), "openssl") // without it there is nothing to show
	moved := 0
	for _, name := range []string{"read-want-write-dropped", "yields-without-a-wake"} {
		t.Run(name, func(t *testing.T) {
			moved += mutantIsBlamed(t, "openssl", name, require.Times(40, 4000))
		})
	}
	if moved == 0 {
		t.Error("no failure was seen at the reference; want some, or this shows nothing")
	}
}

// TestWrongBytesCanStall: a pump sends other bytes than its engine has made, and crypto/tls takes
// them for the beginning of a record that never ends. The story blames who sent them, not the end
// that waits.
func TestWrongBytesCanStall(t *testing.T) {
	if mutantIsBlamed(t, "gotls", "request-shared-pool", require.Times(170, 4000)) == 0 {
		t.Error("no failure was seen at the reference; want some, or this shows nothing")
	}
}

// TestReferenceIsNotBlamed: whatever hunts find in the mutants on the real libraries, with the
// reference as their peer, the story does not blame the reference. It runs with WANTWRITE_LONG=1.
func TestReferenceIsNotBlamed(t *testing.T) {
	if !require.Long() {
		t.Skip("WANTWRITE_LONG is not 1: the short forms are the other tests")
	}
	for _, engine := range []string{"openssl", "gotls"} {
		for _, m := range pumps.Mutants() {
			t.Run(engine+"/"+m.Name, func(t *testing.T) { mutantIsBlamed(t, engine, m.Name, 200) })
		}
	}
}

// mutantIsBlamed runs schedules of a mutant against the reference, both on a library, and wants each
// story to blame the mutant. It counts the failures that were seen at the reference's end.
func mutantIsBlamed(t *testing.T, engine, name string, schedules uint64) (moved int) {
	t.Helper()
	c := catalog()
	o := pairing{engine, engine}.options(t, c)
	o.Peer = o.Pump
	var err error
	if o.Pump, err = c.Pump(name); err != nil {
		t.Fatal(err)
	}
	r, err := run.NewRunner(c, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := range schedules {
		res, err := r.Schedule(13, n, oracle.EveryProperty)
		if err != nil {
			t.Fatal(err)
		}
		if !res.Found {
			continue
		}
		s := &script.Script{Config: r.Config(), Actions: slices.Clone(r.World().Actions()),
			Property: res.Violation.Property.String(), Hash: res.Hash}
		out, err := run.Replay(r, s, run.ReplayOptions{Trace: true})
		if err == nil {
			err = out.Confirms(s)
		}
		if err != nil {
			t.Fatalf("schedule %d: %v", n, err)
		}
		v := story.Tell(s, &out).Verdict
		if v.Unsure || v.Pump != name {
			t.Errorf("schedule %d: the %s is blamed (nobody: %t):\n%s", n, v.End, v.Unsure,
				strings.Join(v.Paragraphs, "\n"))
		}
		if v.Seen != v.End {
			moved++
		}
	}
	return moved
}
