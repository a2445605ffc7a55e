package openssl

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// countedRuns is a variable with a number. The test process makes that many runs again and again,
// counts OpenSSL's allocations, and prints a line for each round.
const countedRuns = "WANTWRITE_OPENSSL_COUNTED"

// TestMain lets the test binary be that process. OpenSSL takes other memory functions only before
// it has allocated anything.
func TestMain(m *testing.M) {
	runs, err := strconv.Atoi(os.Getenv(countedRuns))
	if err != nil {
		os.Exit(m.Run())
	}
	if err := countRuns(runs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// An allocator is C's, and counts the blocks that are not freed.
type allocator struct {
	malloc, realloc, free uintptr
	blocks, calls         int
	args                  [2]uintptr
}

// count makes OpenSSL allocate through the allocator.
func (a *allocator) count(handles []uintptr) error {
	for name, to := range map[string]*uintptr{"malloc": &a.malloc, "realloc": &a.realloc,
		"free": &a.free} {
		if *to = lookupC(handles, name); *to == 0 {
			return fmt.Errorf("no %s in the C library", name)
		}
	}
	set := lookupC(handles, "CRYPTO_set_mem_functions")
	args := []uintptr{callbackC(a.onMalloc), callbackC(a.onRealloc), callbackC(a.onFree)}
	if set == 0 || callC(set, args) != 1 {
		return fmt.Errorf("OpenSSL takes no other memory functions")
	}
	return nil
}

func (a *allocator) call(fn uintptr, args ...uintptr) uintptr {
	n := copy(a.args[:], args)
	return callC(fn, a.args[:n])
}

// The last two arguments of all three are a file name and a line number. They are not used as
// pointers, because a caller may leave them out, and then they are anything.
func (a *allocator) onMalloc(size, _, _ uintptr) uintptr {
	a.blocks, a.calls = a.blocks+1, a.calls+1
	return a.call(a.malloc, size)
}

func (a *allocator) onRealloc(p, size, _, _ uintptr) uintptr {
	if p == 0 {
		a.blocks++
	}
	a.calls++
	return a.call(a.realloc, p, size)
}

func (a *allocator) onFree(p, _, _ uintptr) uintptr {
	if p != 0 {
		a.blocks--
		a.call(a.free, p)
	}
	return 0
}

// rounds is how often the runs are repeated. The first round also makes what a Library keeps:
// contexts and certificates.
const rounds = 4

// countRuns makes the same runs in each round: drawn schedules of all scenarios and profiles.
func countRuns(runs int) error {
	// A run on another thread would make another error queue: four blocks that stay as long as
	// the thread.
	runtime.LockOSThread()
	_, handles, err := openFirst(defaultNames())
	if err != nil {
		return err
	}
	var a allocator
	if err := a.count(handles); err != nil {
		return err
	}
	lib, err := Load("")
	if err != nil {
		return err
	}
	spec := pumps.ReferenceSpec()
	r, err := run.NewRunner(run.NewCatalog(), run.Options{Pump: &spec, Engine: lib})
	if err != nil {
		return err
	}
	for range rounds {
		for n := range runs {
			if _, err := r.Schedule(61, uint64(n), oracle.EveryProperty); err != nil {
				return err
			}
		}
		r.Close()
		fmt.Println(a.blocks, a.calls)
	}
	return nil
}

// TestEveryBlockIsFreed: after the first round, each round frees all blocks that it allocates.
// The count is exact: one block that is lost in one run fails the test.
func TestEveryBlockIsFreed(t *testing.T) {
	if _, err := Load(""); err != nil {
		require.Missing(t, "openssl", err)
	}
	if runtime.GOOS == "windows" {
		t.Skip("malloc is in another library there")
	}
	const runs = 100
	out := require.Child(t, countedRuns+"="+strconv.Itoa(runs))
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != rounds {
		t.Fatalf("got %q; want %d rounds", lines, rounds)
	}
	var first, calls int
	for i, line := range lines {
		var blocks int
		if _, err := fmt.Sscan(line, &blocks, &calls); err != nil {
			t.Fatal(err)
		}
		t.Logf("round %d: %d blocks are out after %d allocations", i, blocks, calls)
		switch {
		case i == 1:
			first = blocks
		case i > 1 && blocks != first:
			t.Errorf("%d blocks are out after round %d; want %d as after the one before", blocks, i,
				first)
		}
	}
	if calls < rounds*runs*100 {
		t.Errorf("OpenSSL made %d allocations; want thousands a run: it was not listened to", calls)
	}
}
