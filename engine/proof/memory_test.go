package proof

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// runsToWeigh is a variable with a number. The test process makes that many runs on OpenSSL,
// and prints by how many bytes its resident memory has grown.
const runsToWeigh = "WANTWRITE_PROOF_RUNS"

// TestMemoryIsFlat: in 100,000 runs on OpenSSL the resident memory grows by less than 16 bytes
// a run. That is all memory of the process, Go's too, and takes many runs to see. A test of
// package openssl counts OpenSSL's own allocations exactly, over fewer runs.
func TestMemoryIsFlat(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("resident memory is read from /proc")
	}
	if !require.Long() {
		t.Skip("100,000 runs: it wants WANTWRITE_LONG=1")
	}
	t.Parallel()
	library(t, catalog(), "openssl")
	const runs, leak = 100000, 16
	grown, err := strconv.Atoi(require.Child(t, runsToWeigh+"="+strconv.Itoa(runs), "GOMAXPROCS=1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d runs: resident memory has grown by %d bytes", runs, grown)
	if grown >= runs*leak {
		t.Errorf("resident memory has grown by %d bytes in %d runs; want less than %d a run", grown,
			runs, leak)
	}
}

// weighRuns is what the child process does. It first makes a quarter of the runs, until every
// pool and every certificate is there.
func weighRuns(many string) (string, error) {
	runs, err := strconv.ParseUint(many, 10, 64)
	if err != nil {
		return "", err
	}
	c, spec := catalog(), pumps.ReferenceSpec()
	lib, err := c.Engine("openssl")
	if err != nil {
		return "", err
	}
	r, err := run.NewRunner(c, run.Options{Pump: &spec, Engine: lib})
	if err != nil {
		return "", err
	}
	defer r.Close()
	warm := runs / 4
	before := 0
	for n := range warm + runs {
		if n == warm {
			if before, err = resident(); err != nil {
				return "", err
			}
		}
		if _, err := r.Schedule(51, n, oracle.EveryProperty); err != nil {
			return "", err
		}
	}
	after, err := resident()
	return strconv.Itoa(after - before), err
}

// resident is VmRSS of this process in bytes, after Go has given back what it does not use.
func resident() (int, error) {
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		var kB int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kB); err == nil {
			return kB * 1024, nil
		}
	}
	return 0, fmt.Errorf("no VmRSS in /proc/self/status")
}
