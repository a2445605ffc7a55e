package hunt_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// childSeeds makes a test process print the hashes of that many schedules and
// nothing else.
const childSeeds = "WANTWRITE_TEST_SEEDS"

// TestMain lets the test binary be its own child process.
func TestMain(m *testing.M) {
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
	mutants := fuzztest.Exemplars(t)
	if fuzztest.Long() {
		mutants = c.Mutants()
	}
	for _, m := range mutants {
		specs = append(specs, m.Spec)
	}
	for _, spec := range specs {
		used := fuzztest.Runner(t, spec)
		for n := range uint64(120) {
			want, err := fuzztest.Runner(t, spec).Schedule(9, n, oracle.EveryProperty)
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

// hashes runs n schedules, of the reference and of a kv pump in turn, and sums
// up their hashes.
func hashes(t testing.TB, n uint64) string {
	t.Helper()
	var runners []*run.Runner
	for _, spec := range []model.Spec{pumps.ReferenceSpec(), pumps.Named("kv-speculative")} {
		r, err := run.NewRunner(run.NewCatalog(), run.Options{Pump: &spec})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		runners = append(runners, r)
	}
	sum := uint64(0)
	for i := range n {
		res, err := runners[i%2].Schedule(3, i, oracle.EveryProperty)
		if err != nil {
			t.Fatal(err)
		}
		sum = sum*31 + res.Hash
	}
	return fmt.Sprintf("%016x", sum)
}
