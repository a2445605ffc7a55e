package check

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// tight is a search of two worlds that takes some hundred batches.
func tight() Search {
	b := Bounds{Deliver: []uint32{script.Part, script.Record, script.All}}
	b.Budget[0][script.Write], b.Budget[0][script.Renegotiate], b.Budget[1][script.Write] = 1, 1, 1
	b.Writes = [2][][2]uint32{{{10, 10}}, {{10, 0}}}
	return Search{Configs: []script.Config{small("reference", 1), small("reference", 2)},
		Parts: partsOf(pumps.ReferenceSpec()), Bounds: b, Workers: 2}
}

// counts is what an interrupted search and a whole one must have in common.
func counts(rep *Report) [5]uint64 {
	return [5]uint64{uint64(rep.Stop), rep.States, rep.Transitions, rep.Quiesced, uint64(rep.Depth)}
}

// TestAnInterruptedSearchGoesOn: stopped again and again, each time gone on
// with from the file by another number of workers, a search ends with the
// counts of one that was left alone, and leaves no file.
func TestAnInterruptedSearchGoesOn(t *testing.T) {
	whole := tight()
	want := explore(t, whole)
	file := filepath.Join(t.TempDir(), "check")
	var rep Report
	for stops := 1; ; stops++ {
		s := tight()
		s.Checkpoint, s.Workers = file, 1+stops%3
		ctx, cancel := context.WithCancel(context.Background())
		left := 12
		s.Progress = func(Stats) {
			if left--; left == 0 {
				cancel()
			}
		}
		var err error
		if rep, err = s.Run(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if rep.Stop == complete {
			if stops < 5 {
				t.Errorf("it was stopped %d times; want more, to compare", stops)
			}
			break
		}
		if rep.Stop != interrupted || rep.Partial == nil {
			t.Fatalf("got %s after %d states; want interrupted", rep.Stop, rep.States)
		}
	}
	if counts(&rep) != counts(&want) {
		t.Errorf("got %v; want %v", counts(&rep), counts(&want))
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the checkpoint is still there: %v", err)
	}
}

// TestLimitsEndInAReport: a search that comes to its limit says how far it
// came, and goes on when the limit is raised.
func TestLimitsEndInAReport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "check")
	s := tight()
	s.Checkpoint, s.States = file, 500
	rep := explore(t, s)
	if rep.Stop != stateLimit || rep.States < 500 || rep.Partial.Frontier == 0 ||
		rep.Partial.Level == 0 {
		t.Errorf("got %+v, %+v; want a stop at 500 states", rep, rep.Partial)
	}
	s.States, s.Memory = 0, 1
	if rep = explore(t, s); rep.Stop != memoryLimit {
		t.Errorf("got %s with a byte of memory; want memory-limit", rep.Stop)
	}
	s.Memory = 0
	rep = explore(t, s)
	if want := explore(t, tight()); counts(&rep) != counts(&want) {
		t.Errorf("got %v; want %v", counts(&rep), counts(&want))
	}
}

// TestBadCheckpoints: what is no checkpoint of this search is refused in a line
// that names the file.
func TestBadCheckpoints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "check")
	s := tight()
	s.Checkpoint, s.States = file, 500
	explore(t, s)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	deeper := s
	deeper.Bounds.Depth, deeper.Checkpoint = 99, filepath.Join(t.TempDir(), "other")
	explore(t, deeper)
	others, err := os.ReadFile(deeper.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)*2/3] ^= 4
	for name, tc := range map[string]struct {
		text []byte
		says string
	}{
		"a log":               {[]byte("hello\nworld\n"), "no checkpoint"},
		"nothing":             {nil, "no checkpoint"},
		"half of one":         {good[:len(good)/2], "damaged"},
		"less a byte":         {good[:len(good)-1], "damaged"},
		"with a bit less":     {flipped, "damaged"},
		"with a bit more":     {append(bytes.Clone(good), 0), "damaged"},
		"of another property": {bytes.Replace(good, []byte(`"Watch":4`), []byte(`"Watch":2`), 1), "damaged"},
		"another search's":    {others, "another search"},
	} {
		if err := os.WriteFile(file, tc.text, 0o666); err != nil {
			t.Fatal(err)
		}
		again := tight()
		again.Checkpoint = file
		_, err := again.Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), tc.says) ||
			!strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v; want an error that says %q", name, err, tc.says)
		}
	}
	s.Checkpoint = filepath.Join(file, "below", "a", "file")
	if _, err := s.Run(context.Background()); err == nil {
		t.Error("a checkpoint that can't be written is no error")
	}
}

// TestRestoredStatesAreFound: each state and each half that was read from a checkpoint has its
// number still, whichever number of workers the search had and has. Nothing makes the indexes
// anew behind the scenes.
func TestRestoredStatesAreFound(t *testing.T) {
	s := tight()
	s.Checkpoint, s.States, s.Workers = filepath.Join(t.TempDir(), "check"), 2000, 3
	explore(t, s)
	for _, workers := range []int{0, 1, 3} {
		s.Workers = workers
		r := &exploration{Search: &s, ctx: context.Background(), watch: oracle.EveryProperty}
		f, err := os.Open(s.Checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := r.restore(f); err != nil {
			t.Fatal(err)
		}
		w := r.workers[0]
		for id := range r.space.states.next.Load() {
			at := r.space.states.get(id)
			if at == 0 {
				continue
			}
			if found, fresh := w.states.intern(at, &w.statePool); fresh || found != id {
				t.Fatalf("%d workers: state %d of %d is not found, or as %d", workers, id,
					r.space.states.len(), found)
			}
			half := r.space.halves.get(at.client())
			if found, fresh := w.halves.intern(half, &w.halfPool); fresh || found != at.client() {
				t.Fatalf("%d workers: half %d of %d is not found, or as %d", workers, at.client(),
					r.space.halves.len(), found)
			}
		}
		r.discharge()
	}
}
