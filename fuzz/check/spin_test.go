package check_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// spinModel is the same scenario, as somebody would write it for spin.
const spinModel = "testdata/spin/idle-renegotiation.pml"

// needSpin is for tests that want spin and a C compiler.
func needSpin(t testing.TB) {
	t.Helper()
	for _, tool := range []string{"spin", "cc"} {
		if _, err := exec.LookPath(tool); err != nil {
			require.Missing(t, "spin", tool+" is not installed: apt-get install spin gcc")
		}
	}
}

// A spun is what spin says.
type spun struct {
	errors int
	states float64
	rate   float64 // states/s
}

// spin explores the model with those settings; cc is told how to optimize.
func spin(t testing.TB, optimize string, settings ...string) (r spun) {
	t.Helper()
	dir := t.TempDir()
	file, err := filepath.Abs(spinModel)
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	run("spin", append(append([]string{"-a"}, settings...), file)...)
	run("cc", optimize, "-DSAFETY", "-w", "-o", "pan", "pan.c")
	out := run(filepath.Join(dir, "pan"), "-m1000000", "-w24")
	number := func(pattern string) float64 {
		m := regexp.MustCompile(pattern).FindStringSubmatch(out)
		if m == nil {
			return -1
		}
		n, _ := strconv.ParseFloat(m[1], 64)
		return n
	}
	r.errors = int(number(`errors: (\d+)`))
	r.states, r.rate = number(`(\d+) states, stored`), number(`rate\s+([0-9.]+) states`)
	if r.errors < 0 || r.states < 1 {
		t.Fatalf("spin says something else:\n%s", out)
	}
	return r
}

// searched makes a search of the scenario of the model.
func searched(t testing.TB, pump string, link int) *check.Search {
	t.Helper()
	c := run.NewCatalog()
	spec, err := c.Pump(pump)
	if err != nil {
		t.Fatal(err)
	}
	w := check.DefaultWithin()
	w.Least, w.Most = 1, 8
	s, err := w.Search(c, run.Options{Pump: spec, Scenario: "idle-renegotiation"})
	if err != nil {
		t.Fatal(err)
	}
	s.Watch = oracle.EveryProperty.Only(oracle.Stall)
	record := s.Configs[0].Sizes.Flight
	for _, c := range s.Configs { // an engine that has room for all
		if c.Sizes.Bio == 8*record && c.Sizes.Flight == link*record {
			s.Configs = []script.Config{c}
		}
	}
	return s
}

// TestSpinAgrees: a model of the scenario in Promela and the code itself come
// to the same verdicts, in links that hold one record and eight.
func TestSpinAgrees(t *testing.T) {
	needSpin(t)
	for pump, define := range map[string]string{"kv-original": "ORIGINAL",
		"kv-speculative": "SPECULATIVE", "reference": "CORRECT"} {
		for _, link := range []int{1, 8} {
			theirs := spin(t, "-O0", "-DPUMP="+define, fmt.Sprint("-DLINK=", link))
			s := searched(t, pump, link)
			ours, err := s.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if stalls := ours.Unfinished() == "" && !ours.Holds(); stalls != (theirs.errors > 0) {
				t.Errorf("%s in a link of %d records: stall is %v here; spin has %d errors", pump, link,
					stalls, theirs.errors)
			}
		}
	}
}

// BenchmarkCheck is the exhaustive search of the reference: ten million states
// of a world whose buffers hold one record.
func BenchmarkCheck(b *testing.B) {
	benchmarkCheck(b)
}

// BenchmarkSpin is spin on one core on three million states of its model of the
// scenario, and check in the same run: ratio is check's rate over spin's.
func BenchmarkSpin(b *testing.B) {
	needSpin(b)
	rate := spin(b, "-O2", "-DPUMP=CORRECT", "-DLINK=4", "-DWRITES=20", "-DRENEGS=5").rate
	ours := benchmarkCheck(b)
	b.ReportMetric(rate, "spin-states/s")
	b.ReportMetric(ours/rate, "ratio")
}

// benchStates is how many states the benchmark goes through.
const benchStates = 10_000_000

func benchmarkCheck(b *testing.B) float64 {
	c := run.NewCatalog()
	spec, err := c.Pump("reference")
	if err != nil {
		b.Fatal(err)
	}
	w := check.DefaultWithin()
	w.Writes, w.Least, w.Most = 2, 1, 1
	w.Deliver = []uint32{script.OneByte, script.Part, script.Record, script.All}
	s, err := w.Search(c, run.Options{Pump: spec, Scenario: "renegotiation"})
	if err != nil {
		b.Fatal(err)
	}
	s.States = benchStates
	var rep check.Report
	for b.Loop() {
		if rep, err = s.Run(context.Background()); err != nil || rep.Counterexample != nil {
			b.Fatal(err, rep)
		}
	}
	rate := float64(rep.States) / rep.Elapsed.Seconds()
	b.ReportMetric(rate, "states/s")
	b.ReportMetric(rate/float64(runtime.GOMAXPROCS(0)), "states/s/core")
	b.ReportMetric(float64(rep.Memory)/float64(rep.Largest), "bytes/state")
	return rate
}
