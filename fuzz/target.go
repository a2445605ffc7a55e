package fuzz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"os"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Fuzz is the fuzz target of a pump, in one line of a user's fuzz test. An input is a
// script, the choices of one schedule, or, if it is short, the name of a batch of 64
// schedules. Every longer input also runs one batch.
//
//	func FuzzPump(f *testing.F) { fuzz.Fuzz(f, mypump.Spec()) }
func Fuzz(f *testing.F, spec model.Spec) {
	FuzzScenario(f, spec, "")
}

// FuzzScenario is Fuzz bound to a scenario.
func FuzzScenario(f *testing.F, spec model.Spec, scenario string) {
	g, err := newTarget(spec, scenario)
	if err != nil {
		f.Fatal(err)
	}
	g.beTwin(f.Name())
	g.pair(f)
	for _, seeds := range [][][]byte{seedBytes(), seedScripts(f), seedBatches(g.methods)} {
		for _, seed := range seeds {
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		res, err := g.fuzzed(data)
		if err != nil {
			t.Skip(err)
		}
		if res.Found {
			t.Fatalf("%s", failure(t, g.Runner, tell(g.Runner, failing(g.Runner, res))))
		}
	})
}

// A target runs the inputs of a fuzz target.
type target struct {
	*run.Runner
	pump    string
	methods int    // of the portfolio, as far as they do not learn
	pal     *twin  // nil if it has none
	ran     uint64 // schedules so far, the twin\'s included
}

func newTarget(spec model.Spec, scenario string) (*target, error) {
	r, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec, Scenario: scenario})
	if err != nil {
		return nil, err
	}
	all, err := run.StrategyNamed(run.Portfolio)
	if err == nil {
		all, err = all.Unlearned() // a fuzz target does its own learning
	}
	if err != nil {
		return nil, err
	}
	r.Use(all)
	return &target{Runner: r, pump: spec.Name, methods: len(all.Methods())}, nil
}

// fuzzed runs an input and a batch. A short input names the batch; for a longer one the
// batch follows from its hash.
func (g *target) fuzzed(data []byte) (sim.Result, error) {
	name := data
	if len(data) > maxBatchName {
		if res, err := g.single(data); err != nil || res.Found {
			return res, err
		}
		name = nameOf(data)
	}
	if g.clean(name) {
		return sim.Result{}, nil
	}
	return g.batch(batchOf(name, g.methods))
}

// single runs one schedule. An input that is a script is run with the pump under test
// in place of the script's, and actions that are not enabled are skipped. Any other
// input is the choices of a schedule.
func (g *target) single(data []byte) (sim.Result, error) {
	g.ran++
	if !bytes.HasPrefix(data, []byte("wantwrite script ")) {
		return g.Drawn(choices(data), oracle.EveryProperty)
	}
	s, err := script.Parse(bytes.NewReader(data), "fuzz input")
	if err != nil {
		return sim.Result{}, err
	}
	s.Config.Peer, s.Property = "reference", "" // any property counts
	out, err := run.Replay(g.Runner, s, run.ReplayOptions{Loose: true, Pump: g.pump,
		Engine: run.DefaultEngine, PeerEngine: run.DefaultEngine})
	return out.Result, err
}

// seedScripts are the texts of the project's corpus and of the test's own scripts.
func seedScripts(f *testing.F) (seeds [][]byte) {
	for _, name := range corpus.Names() {
		seeds = append(seeds, corpus.Text(name))
	}
	own, err := corpus.Dir(testCorpus).All()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.Fatal(err)
	}
	for _, name := range own {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, text)
	}
	return seeds
}

// choices makes draws from bytes, two bytes each. When they are used up every draw is
// 0.
func choices(data []byte) func(n int, label string) int {
	return func(n int, _ string) int {
		if len(data) < 2 {
			data = nil
			return 0
		}
		word := int(data[0])<<8 | int(data[1])
		data = data[2:]
		return word % n
	}
}

// seedBytes are choices for a fuzz target to start from.
func seedBytes() [][]byte {
	var seeds [][]byte
	for n := range uint64(16) {
		r := sim.Rand(n)
		data := make([]byte, 0, 512)
		for range 256 {
			word := r.Uint64()
			data = append(data, byte(word>>8), byte(word))
		}
		seeds = append(seeds, data)
	}
	return seeds
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
		res, err = g.Perform(&t, oracle.EveryProperty)
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
