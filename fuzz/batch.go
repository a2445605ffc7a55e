package fuzz

import (
	"encoding/binary"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
)

const (
	// batchSize is how many schedules an input of a fuzz target can name: enough
	// for what Go's fuzzer does around each input not to count.
	batchSize = 64
	// maxBatchName is the longest name of a batch in bytes. Longer inputs are
	// the choices of a single schedule, for which so few would not do, and a batch.
	maxBatchName = 17
)

// A batch is a number of schedules with a short name: byte 0 is the method, then
// come the hunt's seed and the number of the batch, 8 bytes each, little-endian.
// What is missing is 0, so that every short input is one.
type batch struct {
	method      int
	seed, first uint64 // the first schedule
}

// batchOf reads the name of a batch. The methods are those of the portfolio
// that do not learn.
func batchOf(name []byte, methods int) batch {
	var full [maxBatchName]byte
	copy(full[:], name)
	return batch{int(full[0]) % methods, binary.LittleEndian.Uint64(full[1:]),
		batchSize * binary.LittleEndian.Uint64(full[9:])}
}

// nameOf is the name of the batch that goes with a longer input.
func nameOf(data []byte) []byte {
	h := fnv.New64a()
	h.Write(data) // never fails
	sum := h.Sum64()
	return binary.LittleEndian.AppendUint64([]byte{byte(sum >> 56)}, sum)
}

// batch runs the schedules of a batch until one breaks a property, or all are
// done: the result is that of the last.
func (g *target) batch(b batch) (res sim.Result, err error) {
	for n := b.first; n != b.first+batchSize && err == nil && !res.Found; n++ {
		t := run.NewTask(b.seed, n, b.method)
		res, err = g.Perform(&t, oracle.EveryProperty)
		g.ran++
	}
	return res, err
}

// seedBatches are the names of some batches, for a fuzz target to start from.
func seedBatches(methods int) (seeds [][]byte) {
	for n := range 4 * methods {
		name := make([]byte, maxBatchName)
		name[0] = byte(n)
		binary.LittleEndian.PutUint64(name[1:], uint64(n/methods))
		seeds = append(seeds, name)
	}
	return seeds
}

// fuzzCount, in the environment, is a folder in which each process of a fuzz
// target keeps how many schedules it has run, for benchmarks.
const fuzzCount = "WANTWRITE_FUZZ_COUNT"

// countFuzzed tells how many schedules this process has run, if anybody wants
// to know.
func (g *target) countFuzzed() {
	dir := os.Getenv(fuzzCount)
	if dir == "" || g.ran < g.told+batchSize {
		return
	}
	g.told = g.ran
	name := filepath.Join(dir, strconv.Itoa(os.Getpid()))
	_ = os.WriteFile(name, strconv.AppendUint(nil, g.ran, 10), 0o600) // a figure less, no harm
}
