package check_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// An errand is a search that is stopped and resumed.
type errand struct {
	pump, scenario string
	depth          int // of the search; 0 is without limit
	long           int // how often it is resumed with WANTWRITE_LONG=1

	whole  check.Report // of the search without a stop
	looked int          // how often it asked whether to stop
}

// short is how many of the errands the short form has.
const short = 3

// errands are searches of 10,000 to 5,000,000 states that a depth bounds, and a smaller one that
// ends with a counterexample.
var errands = []errand{
	{pump: "kv-original", scenario: "key-update", long: 20},
	{pump: "reference", scenario: "mutual-close", depth: 11, long: 20},
	{pump: "reference", scenario: "mutual-close", depth: 14, long: 30},
	{pump: "reference", scenario: "mutual-close", depth: 18, long: 18},
	{pump: "reference", scenario: "mutual-close", depth: 20, long: 7},
	{pump: "reference", scenario: "mutual-close", depth: 22, long: 3},
	{pump: "reference", scenario: "mutual-close", depth: 23, long: 2},
}

// search makes the search of an errand.
func (e *errand) search(t *testing.T) *check.Search {
	t.Helper()
	c := run.NewCatalog()
	pump, err := c.Pump(e.pump)
	if err != nil {
		t.Fatal(err)
	}
	w := check.DefaultWithin()
	w.Most, w.Depth = 1, e.depth
	w.Deliver = []uint32{script.OneByte, script.Record, script.All}
	s, err := w.Search(c, run.Options{Pump: pump, Scenario: e.scenario})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// do runs a leg of the errand; looked is called with how often the search has asked.
func (e *errand) do(t *testing.T, s *check.Search, looked func(n int, cancel func())) check.Report {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	s.Progress = func(check.Stats) {
		n++
		looked(n, cancel)
	}
	rep, err := s.Run(ctx)
	if err != nil {
		t.Fatalf("%s in %s, to depth %d: %v", e.pump, e.scenario, e.depth, err)
	}
	e.looked = max(e.looked, n)
	return rep
}

// stop runs a leg that is stopped somewhere: at a number of states, at a limit of memory, by an
// interrupt, or by the death of the process some time after the file was last saved. The workers
// are one to four. It returns 1, or 0 if the search was done before.
func (e *errand) stop(t *testing.T, r *sim.Rand, file string) int {
	t.Helper()
	s := e.search(t)
	s.Checkpoint, s.Workers = file, r.Between(1, 4)
	interrupt, died := 0, -1
	var saved []byte
	switch r.Below(4) {
	case 0:
		s.States = 1 + r.Below(e.whole.States)
	case 1:
		s.Memory = 1 + r.Below(2*e.whole.Memory)
	case 2:
		interrupt = r.Between(1, e.looked)
	case 3:
		interrupt = r.Between(1, e.looked)
		died = r.Between(1, interrupt)
		s.Every = time.Since(time.Time{}) // never, before:
	}
	rep := e.do(t, s, func(n int, cancel func()) {
		switch n {
		case died:
			s.Every = 1 // saves now
		case died + 1:
			s.Every = 0
			saved, _ = os.ReadFile(file)
		}
		if n == interrupt {
			cancel()
		}
	})
	if saved != nil {
		if err := os.WriteFile(file, saved, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if rep.Unfinished() == "" {
		return 0
	}
	return 1
}

// TestResumesAtRandom: searches are stopped one to four times at random places, each time in
// another way, and gone on with by other numbers of workers and in other limits. They come to the
// counts, and to the counterexample, of the search that was never stopped. With WANTWRITE_LONG=1
// a hundred of them, of up to 5,000,000 states.
func TestResumesAtRandom(t *testing.T) {
	long := os.Getenv("WANTWRITE_LONG") == "1"
	r := sim.Rand(7)
	resumes, stops, states := 0, 0, uint64(0)
	for i := range errands {
		e := &errands[i]
		times := e.long
		if !long {
			times = 2
		}
		if !long && i == short {
			break
		}
		e.whole = e.do(t, e.search(t), func(int, func()) {})
		t.Logf("%s in %s, to depth %d: %s", e.pump, e.scenario, e.depth, sum(&e.whole))
		for range times {
			resumes, states = resumes+1, states+e.whole.States
			stops += e.resume(t, &r)
		}
	}
	t.Logf("%d resumes after %d stops came to the same, over %d states", resumes, stops, states)
	if long && resumes < 100 || stops < resumes {
		t.Errorf("%d resumes after %d stops; want more", resumes, stops)
	}
}

// resume stops the errand some times, lets it come to its end, and returns how often it stopped.
func (e *errand) resume(t *testing.T, r *sim.Rand) (stops int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "check")
	for range r.Between(1, 4) {
		stops += e.stop(t, r, file)
	}
	last := e.search(t)
	last.Checkpoint, last.Workers = file, r.Between(1, 4)
	rep := e.do(t, last, func(int, func()) {})
	if got, want := sum(&rep), sum(&e.whole); got != want {
		t.Fatalf("%s in %s, to depth %d, stopped %d times: got %s; want %s", e.pump, e.scenario, e.depth,
			stops, got, want)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Fatalf("the checkpoint is still there: %v", err)
	}
	return stops
}

// sum is what a search must come to, however often it was stopped.
func sum(rep *check.Report) string {
	text := fmt.Sprintf("%s, %d states, %d transitions, quiesced %d times, depth %d", rep.Stop, rep.States,
		rep.Transitions, rep.Quiesced, rep.Depth)
	if c := rep.Counterexample; c != nil {
		text += fmt.Sprintf(", %v: %v", c.Actions, c.Finding)
	}
	return text
}
