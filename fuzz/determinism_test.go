package fuzz_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
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

// TestSameHashEverywhere: the same schedules have the same hashes again, and
// in other processes with one and with many threads.
func TestSameHashEverywhere(t *testing.T) {
	n := uint64(50000)
	if testing.Short() {
		n = 2000
	}
	want := hashes(t, n)
	if again := hashes(t, n); again != want {
		t.Errorf("the second time %d schedules have hash %s; want %s", 2*n, again, want)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, procs := range []string{"1", "7"} {
		child := exec.Command(self)
		child.Env = append(os.Environ(), "GOMAXPROCS="+procs,
			childSeeds+"="+strconv.FormatUint(n, 10))
		out, err := child.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("with GOMAXPROCS=%s another process has hash %s; want %s", procs, got, want)
		}
	}
}
