package fuzz

import (
	"bytes"
	goflag "flag"
	"io"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestShortInputsAreBatches: an input of a few bytes runs a batch of schedules,
// of the method, seed and number that it names; a longer one runs one, and a batch; what is longer
// than a schedule reads runs nothing, so that the fuzzer does not keep it.
func TestShortInputsAreBatches(t *testing.T) {
	r := newTarget(t, pumps.ReferenceSpec(), "")
	for _, c := range []struct {
		data []byte
		want batch
	}{
		{nil, batch{0, 0, 0}},
		{[]byte{6, 7}, batch{1, 7, 0}},
		{append(make([]byte, 9), 2), batch{0, 0, 2 * batchSize}},
	} {
		if got := batchOf(c.data, r.methods); got != c.want {
			t.Errorf("%v: got %+v; want %+v", c.data, got, c.want)
		}
		before := r.ran
		if res, err := r.fuzzed(c.data); err != nil || res.Found || r.ran-before != batchSize {
			t.Errorf("%v: got %v, %v after %d schedules; want a clean batch", c.data, res.Found, err,
				r.ran-before)
		}
	}
	for size, want := range map[int]uint64{maxBatchName: batchSize, maxBatchName + 1: 1 + batchSize,
		maxInput: 1 + batchSize, maxInput + 1: 0} {
		before := r.ran
		if _, err := r.fuzzed(make([]byte, size)); err != nil || r.ran-before != want {
			t.Errorf("%d bytes: got %d schedules, %v; want %d", size, r.ran-before, err, want)
		}
	}
	for _, name := range seedBatches(r.methods) {
		if len(name) > maxBatchName {
			t.Errorf("%v is no name of a batch", name)
		}
	}
}

// TestBatchStopsAtTheViolation: the world is then that of the schedule that
// broke the property, for whoever tells of it, and the same name fails again.
func TestBatchStopsAtTheViolation(t *testing.T) {
	r := newTarget(t, pumps.Named("kv-original"), "")
	for method := range r.methods {
		name := []byte{byte(method), 1}
		first, err := r.fuzzed(name)
		if err != nil || !first.Found {
			t.Fatalf("method %d: got %+v, %v; want a violation in the first batch", method, first, err)
		}
		if again, _ := r.fuzzed(name); again != first {
			t.Errorf("method %d: got %+v, then %+v", method, first, again)
		}
		property := first.Violation.Property.String()
		if s := r.shrunk(lastScript(r.drawer, first), 0); len(s.Actions) > 40 || s.Property != property {
			t.Errorf("method %d: %s is shrunk to %d actions of %s", method, first.Violation,
				len(s.Actions), s.Property)
		}
	}
}

// TestTwins: a twin runs the batches in the place of the process that fuzzes; what it
// finds fails there too, in the same way; when it is gone batches run here.
func TestTwins(t *testing.T) {
	sound := newTarget(t, pumps.ReferenceSpec(), "")
	broken := newTarget(t, pumps.Named("kv-original"), "")
	for _, r := range []*target{sound, broken} {
		want, err := r.fuzzed([]byte{1, 2})
		if err != nil {
			t.Fatal(err)
		}
		names, toTwin := io.Pipe()
		fromTwin, answers := io.Pipe()
		other := newTarget(t, r.spec, "")
		served := make(chan error)
		go func() { served <- other.serve(names, answers) }()
		r.pal = &twin{toTwin, fromTwin}
		if got := r.clean([]byte{1, 2}); got == want.Found {
			t.Errorf("%s: the twin says %v; want %v", r.spec.Name, got, !want.Found)
		}
		if got, err := r.fuzzed([]byte{1, 2}); err != nil || got.Found != want.Found ||
			got.Violation != want.Violation {
			t.Errorf("%s: got %+v, %v; want %+v as without a twin", r.spec.Name, got, err, want)
		}
		toTwin.Close()
		if err := <-served; err != nil {
			t.Errorf("%s: got %v; want an end in good order", r.spec.Name, err)
		}
		if got, _ := r.fuzzed([]byte{1, 2}); got != want || r.pal != nil {
			t.Errorf("%s: got %+v; want %+v without the twin", r.spec.Name, got, want)
		}
	}
}

// TestOneScriptACause: processes of a fuzzer find one mistake in several ways: here as a script, and
// as the same with another seed, which is another run. One script of the cause is saved, and one of
// another cause.
func TestOneScriptACause(t *testing.T) {
	t.Chdir(t.TempDir())
	k := newTester(t, pumps.Named("kv-original"))
	save := func(name string, seed uint64) string {
		s, err := script.Parse(bytes.NewReader(corpus.Text(name)), name)
		if err != nil {
			t.Fatal(err)
		}
		s.Config.Seed, s.Hash = seed, 0
		out, err := run.Replay(k.runner, s, run.ReplayOptions{Trace: true})
		if err != nil || !out.Result.Found {
			t.Fatalf("%s: got %+v, %v; want a failure", name, out.Result, err)
		}
		f := &failure{script: s, out: &out}
		k.save(t, f)
		return f.path
	}
	const stall = "stall/kv-original-idle-renegotiation.script"
	first := save(stall, 1)
	if again := save(stall, 2); again != first {
		t.Errorf("got %s and %s; want one script", first, again)
	}
	for _, name := range corpus.Names() {
		if strings.HasPrefix(name, "truncation/kv-original-") || strings.HasPrefix(name, "data-loss/kv-original-") {
			if other := save(name, 1); other == first {
				t.Errorf("%s is taken for %s", name, stall)
			}
			return
		}
	}
	t.Error("the corpus has no other failure of kv-original")
}

// TestTheMinimizerIsOff: of Go's fuzzer, unless a flag asks for it (story 124).
func TestTheMinimizerIsOff(t *testing.T) {
	f := goflag.Lookup("test.fuzzminimizetime")
	before := f.Value.String()
	if err := unminimized(); err != nil {
		t.Fatal(err)
	}
	// The flag counts as set from now on, as if the user had set it.
	if got := f.Value.String(); got != "0s" {
		t.Errorf("got %s; want none of the %s of Go's default", got, before)
	}
	if err := goflag.Set(f.Name, "50x"); err != nil {
		t.Fatal(err)
	}
	if err := unminimized(); err != nil || f.Value.String() != "50x" {
		t.Errorf("got %s, %v; want what the flag asks for", f.Value, err)
	}
}
