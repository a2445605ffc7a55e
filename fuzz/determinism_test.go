package fuzz_test

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// childSeeds makes a test process print the hashes of that many schedules and
// nothing else.
const childSeeds = "WANTWRITE_TEST_SEEDS"

// TestMain lets the test binary be its own child process.
func TestMain(m *testing.M) {
	if os.Getenv(asGuarded) != "" {
		beGuarded()
	}
	if n, err := strconv.ParseUint(os.Getenv(childSeeds), 10, 64); err == nil {
		os.Stdout.WriteString(hashes(&testing.B{}, n) + "\n")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestSameHashEverywhere: 100,000 schedules have the same hashes the second
// time, and in another process with another number of threads.
func TestSameHashEverywhere(t *testing.T) {
	t.Parallel()
	n := uint64(100000)
	if testing.Short() || require.Race {
		n = 4000
	}
	other := make(chan string)
	go func() { other <- inChild(n, strconv.Itoa(runtime.GOMAXPROCS(0)+5)) }()
	want := hashes(t, n)
	if again := hashes(t, n); again != want {
		t.Errorf("the second time %d schedules have hash %s; want %s", n, again, want)
	}
	if got := <-other; got != want {
		t.Errorf("in another process %d schedules have hash %s; want %s", n, got, want)
	}
}

// inChild is the sum of the hashes as another process has it, or its error.
func inChild(n uint64, procs string) string {
	self, err := os.Executable()
	if err != nil {
		return err.Error()
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), "GOMAXPROCS="+procs,
		childSeeds+"="+strconv.FormatUint(n, 10))
	out, err := child.Output()
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(out))
}

// TestSchedulesDoNotKnowOfEachOther: a schedule is the same in a world that has
// run others before as in a new one. The order in which workers take them must
// not matter.
func TestSchedulesDoNotKnowOfEachOther(t *testing.T) {
	t.Parallel()
	c := run.NewCatalog()
	specs := c.Pumps()
	mutants := exemplars(t)
	if longTests() {
		mutants = c.Mutants()
	}
	for _, m := range mutants {
		specs = append(specs, m.Spec)
	}
	for _, spec := range specs {
		used := newRunner(t, spec)
		for n := range uint64(120) {
			want, err := newRunner(t, spec).Schedule(9, n, oracle.EveryProperty)
			if err != nil {
				t.Fatal(err)
			}
			got, err := used.Schedule(9, n, oracle.EveryProperty)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s, schedule %d: got %+v after others; want %+v", spec.Name, n, got, want)
				break
			}
		}
	}
}

func newRunner(t *testing.T, spec model.Spec) *run.Runner {
	t.Helper()
	r, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}
