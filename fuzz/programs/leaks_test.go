//go:build linux && amd64

package programs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
)

// A holding is what processes have: descriptors, threads, and memory in kB.
type holding struct{ processes, descriptors, threads, resident, heap int }

func (h holding) String() string {
	return fmt.Sprintf("%d processes, %d descriptors, %d threads, %d kB, heap %d kB", h.processes, h.descriptors,
		h.threads, h.resident, h.heap)
}

// add counts a process.
func (h *holding) add(pid int) {
	at := "/proc/" + strconv.Itoa(pid)
	descriptors, _ := os.ReadDir(at + "/fd")
	threads, _ := os.ReadDir(at + "/task")
	h.processes++
	h.descriptors += len(descriptors)
	h.threads += len(threads)
	text, _ := os.ReadFile(at + "/status")
	if _, rest, found := strings.Cut(string(text), "VmRSS:"); found {
		kB, _ := strconv.Atoi(strings.Fields(rest)[0])
		h.resident += kB
	}
}

// ours is what this process has.
func ours() (h holding) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.add(os.Getpid())
	h.heap = int(m.HeapAlloc >> 10)
	return h
}

// theirs is what all processes have that a process has started.
func theirs(pid int) (h holding) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for _, word := range strings.Fields(string(text)) {
			child, _ := strconv.Atoi(word)
			h.add(child)
			below := theirs(child)
			h.processes += below.processes
			h.descriptors += below.descriptors
			h.threads += below.threads
			h.resident += below.resident
		}
	}
	return h
}

// TestLeaksNothing hunts in nginx for long. It keeps no descriptor, process or memory, and nginx
// neither. What is found is known.
//
// What there is when it has warmed up is compared with what there is in the end. A hunt has up to
// three programs, two of which start at the first suspicion and the first find: the bounds are above
// what those take, and far below one thing for each hundred schedules.
func TestLeaksNothing(t *testing.T) {
	schedules := require.Times(400, 500_000)
	catalog := catalog(t)
	before := ours()
	var warm, end, nginx, nginxEnd holding
	h := hunt.Hunt{Seed: 7, Schedules: schedules, Found: func(f *hunt.Failure) error {
		t.Logf("schedule %d: %s: %d of 10", f.Schedule, f.Result.Violation, f.Repeated)
		return judge(t, f, append(in(f.Script.Config.Scenario, rareInNginx), inNginx...))
	}}
	h.Program = here(t, catalog, "nginx", "nginx")
	h.Progress = func(s hunt.Stats) {
		switch {
		case s.Shrinking != nil:
		case s.Schedules >= schedules/10 && warm.processes == 0:
			warm, nginx = ours(), theirs(os.Getpid())
			t.Logf("after %d schedules: %v; below us: %v", s.Schedules, warm, nginx)
		case s.Schedules >= schedules/2: // and the last of these counts
			end, nginxEnd = ours(), theirs(os.Getpid())
		}
	}
	rep, err := h.Run(context.Background(), catalog)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("after %d schedules, %.0f a second: %v; below us: %v; %d found, %d not repeated", rep.Schedules,
		float64(rep.Schedules)/rep.Elapsed.Seconds(), end, nginxEnd, len(rep.Failures), rep.Unrepeated)
	for _, c := range []struct {
		what       string
		warm, end  int
		mostGrowth int
	}{
		{"processes", nginx.processes, nginxEnd.processes, 6},
		{"threads below us", nginx.threads, nginxEnd.threads, 80},
		{"descriptors below us", nginx.descriptors, nginxEnd.descriptors, 80},
		{"kB below us", nginx.resident, nginxEnd.resident, 160 << 10},
		{"descriptors", warm.descriptors, end.descriptors, 40},
		{"threads", warm.threads, end.threads, 20},
		{"kB of heap", warm.heap, end.heap, 8 << 10},
		{"kB of memory", warm.resident, end.resident, 64 << 10},
	} {
		if c.end > c.warm+c.mostGrowth {
			t.Errorf("got %d %s when warm, and %d in the end; want at most %d more", c.warm, c.what, c.end, c.mostGrowth)
		}
	}
	if left := theirs(os.Getpid()); left.processes != 0 {
		t.Errorf("processes are left: %v", left)
	}
	if after := ours(); after.descriptors > before.descriptors+4 {
		t.Errorf("got %d descriptors before the hunt and %d behind it", before.descriptors, after.descriptors)
	}
}
