package fuzz

import (
	"bytes"
	"encoding/binary"
	goflag "flag"
	"hash/fnv"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Fuzz is the fuzz target of a pump, in one line of a user's fuzz test. An input is the first
// choices of a schedule or, if it is very short, the name of a batch of 64 schedules. Every
// longer input also runs one batch. The seeds are such inputs, and the scripts of the pump and
// of the project.
//
//	func FuzzPump(f *testing.F) { fuzz.Fuzz(f, mypump.Spec()) }
//
// Go's minimizer is off unless -fuzzminimizetime turns it on. Failures are shrunk as scripts,
// and no input is long.
func Fuzz(f *testing.F, spec model.Spec) {
	f.Helper()
	FuzzScenario(f, spec, "")
}

// FuzzScenario is Fuzz bound to a scenario.
func FuzzScenario(f *testing.F, spec model.Spec, scenario string) {
	f.Helper()
	g := newTarget(f, spec, scenario)
	g.beTwin(f.Name())
	if !g.fuzzing {
		g.await(f)
	}
	g.pair(f)
	for _, seeds := range [][][]byte{g.seedScripts(f), seedBytes(), seedBatches(g.methods)} {
		for _, seed := range seeds {
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { g.try(t, data) })
}

// maxInput is the longest input in bytes. What is longer runs nothing, so the fuzzer does not
// keep it.
//
// Story 124: the seeds were scripts of some thousand bytes. Go's minimizer takes 60 seconds for
// each input that reaches something new, a byte at a time: 8 inputs were run in 15 seconds. Of
// long inputs a schedule reads the beginning only.
const maxInput = 128

// A target runs the inputs of a fuzz target.
type target struct {
	*tester
	drawer  *run.Runner // of schedules
	methods int         // of the portfolio, as far as they do not learn
	scripts map[string]known
	fuzzing bool
	pal     *twin  // nil if it has none
	ran     uint64 // schedules so far, the twin's included
	told    []byte // the input whose failure was told; nil if there was none
	text    string // of that failure
}

// A known script is one that an input can name.
type known struct {
	text []byte
	path string // if it is the pump's own
}

func newTarget(t testing.TB, spec model.Spec, scenario string) *target {
	t.Helper()
	g := &target{tester: newTester(t, spec), fuzzing: fuzzing(t.Name()), scripts: map[string]known{}}
	all, err := run.StrategyNamed(run.Portfolio)
	if err == nil {
		all, err = all.Unlearned() // a fuzz target does its own learning
	}
	if err == nil {
		g.drawer, err = run.NewRunner(g.catalog, run.Options{Pump: &g.spec, Scenario: scenario})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.drawer.Close)
	g.drawer.Use(all)
	g.methods = len(all.Methods())
	return g
}

// try runs an input and fails the test if it breaks a property. The first failure is told in
// full. Behind it other inputs are skipped, except for the fuzzer, to whom each one counts.
func (g *target) try(t *testing.T, data []byte) {
	switch {
	case g.told == nil:
	case bytes.Equal(data, g.told):
		t.Fatal(g.text)
	case !g.fuzzing:
		t.Skipf("an input before has failed; to run this one alone: go test -run '%s'", pattern(t.Name()))
	}
	res, err := g.fuzzed(data)
	switch {
	case err != nil:
		t.Skip(err)
	case !res.Found:
	case g.told != nil:
		t.Fatalf("%s, as an input before: see %s", res.Violation, g.reported())
	default:
		g.tell(t, data, res)
	}
}

// fuzzRuns is how many runs a shrink may take inside a fuzzer. It kills who takes ten seconds
// for an input, and all is instrumented there.
const fuzzRuns = 20_000

// tell tells of the failure of the drawer's last run.
func (g *target) tell(t *testing.T, data []byte, res sim.Result) {
	s, runs := lastScript(g.drawer, res), 0
	g.told = bytes.Clone(data)
	defer func() { g.text = res.Violation.String() + ": see " + g.reported() }()
	if g.fuzzing {
		runs = fuzzRuns
	}
	if known, is := g.named(data); is && known.path != "" {
		g.replay(t, known.path)
		return
	}
	g.explain(t, g.shrunk(s, runs), "an input of the fuzzer:")
}

// named is the script that an input names.
func (g *target) named(data []byte) (s known, is bool) {
	name, is := strings.CutPrefix(string(data), scriptInput)
	if is {
		s, is = g.scripts[name]
	}
	return s, is
}

// fuzzed runs an input and a batch. A short input names the batch; for a longer one the
// batch follows from its hash. A script has none.
func (g *target) fuzzed(data []byte) (sim.Result, error) {
	if s, is := g.named(data); is {
		return g.script(s.text)
	}
	if bytes.HasPrefix(data, []byte(scriptText)) && !g.fuzzing {
		return g.script(data)
	}
	if len(data) > maxInput {
		return sim.Result{}, nil
	}
	name := data
	if len(data) > maxBatchName {
		g.ran++
		if res, err := g.drawer.Drawn(choices(data), oracle.EveryProperty); err != nil || res.Found {
			return res, err
		}
		name = nameOf(data)
	}
	if g.clean(name) {
		return sim.Result{}, nil
	}
	return g.batch(batchOf(name, g.methods))
}

const (
	// scriptInput begins an input that names a script, and scriptText one that is a script.
	scriptInput = "script "
	scriptText  = "wantwrite script "
)

// script runs a script with the pump under test in place of the script's. Actions that are not
// enabled are skipped.
func (g *target) script(text []byte) (sim.Result, error) {
	g.ran++
	s, err := script.Parse(bytes.NewReader(text), "fuzz input")
	if err != nil {
		return sim.Result{}, err
	}
	s.Config.Peer, s.Property = "reference", "" // any property counts
	out, err := run.Replay(g.drawer, s, run.ReplayOptions{Loose: true, Pump: g.spec.Name,
		Engine: run.DefaultEngine, PeerEngine: run.DefaultEngine})
	return out.Result, err
}

// seedScripts name the pump's own scripts, and then those of the project's corpus.
func (g *target) seedScripts(t testing.TB) (seeds [][]byte) {
	for _, s := range g.saved(t) {
		g.scripts[s.name] = known{g.read(t, s.path).Format(), filepath.ToSlash(s.path)}
		seeds = append(seeds, []byte(scriptInput+s.name))
	}
	for _, path := range corpus.Names() {
		name := strings.TrimSuffix(path, corpus.Ext)
		if _, own := g.scripts[name]; !own {
			g.scripts[name] = known{text: corpus.Text(path)}
			seeds = append(seeds, []byte(scriptInput+name))
		}
	}
	return seeds
}

// choices makes draws from bytes, one byte each, or two if there are more than 256 choices. When
// they are used up a random walk goes on, which the first draw decides: the world.
func choices(data []byte) func(n int, label string) int {
	var seed [8]byte
	copy(seed[:2], data)
	rand := sim.Rand(binary.LittleEndian.Uint64(seed[:]))
	return func(n int, label string) int {
		size := 1
		if n > 1<<8 {
			size = 2
		}
		switch {
		case label == "stop":
			return 0 // the plan ends the workload
		case len(data) < size:
			data = nil
			return int(rand.Below(uint64(n)))
		}
		word := 0
		for _, b := range data[:size] {
			word = word<<8 | int(b)
		}
		data = data[size:]
		return word % n
	}
}

// seedBytes are choices for a fuzz target to start from.
func seedBytes() [][]byte {
	var seeds [][]byte
	for n := range uint64(16) {
		r := sim.Rand(n)
		data := make([]byte, 48)
		for i := range data {
			data[i] = byte(r.Uint64())
		}
		seeds = append(seeds, data)
	}
	return seeds
}

// unminimized turns Go's minimizer off, unless a flag has turned it on.
func unminimized() error {
	const name = "test.fuzzminimizetime"
	set := false
	goflag.Visit(func(f *goflag.Flag) { set = set || f.Name == name })
	if set {
		return nil
	}
	return goflag.Set(name, "0s")
}

const (
	// batchSize is how many schedules one short input names. It is large enough that
	// the overhead of Go's fuzzer per input does not matter.
	batchSize = 64
	// maxBatchName is the longest name of a batch in bytes. So few bytes would be too
	// few choices for a schedule.
	maxBatchName = 17
)

// A batch is a group of schedules with a short name: byte 0 is the method, then come
// the hunt's seed and the number of the batch, 8 bytes each, little-endian. Missing
// bytes are 0, so every short input names a batch.
type batch struct {
	method      int
	seed, first uint64 // the first schedule
}

// batchOf reads the name of a batch. The methods are the portfolio's, without those
// that learn.
func batchOf(name []byte, methods int) batch {
	var full [maxBatchName]byte
	copy(full[:], name)
	return batch{int(full[0]) % methods, binary.LittleEndian.Uint64(full[1:]),
		batchSize * binary.LittleEndian.Uint64(full[9:])}
}

// nameOf is the name of the batch that a longer input runs.
func nameOf(data []byte) []byte {
	h := fnv.New64a()
	h.Write(data) // never fails
	sum := h.Sum64()
	return binary.LittleEndian.AppendUint64([]byte{byte(sum >> 56)}, sum)
}

// batch runs a batch's schedules until one breaks a property. The result is that of the
// last one it ran.
func (g *target) batch(b batch) (res sim.Result, err error) {
	for n := b.first; n != b.first+batchSize && err == nil && !res.Found; n++ {
		t := run.NewTask(b.seed, n, b.method)
		res, err = g.drawer.Perform(&t, oracle.EveryProperty)
		g.ran++
	}
	return res, err
}

// seedBatches are names of batches for a fuzz target to start from.
func seedBatches(methods int) (seeds [][]byte) {
	for n := range 4 * methods {
		name := make([]byte, maxBatchName)
		name[0] = byte(n)
		binary.LittleEndian.PutUint64(name[1:], uint64(n/methods))
		seeds = append(seeds, name)
	}
	return seeds
}
