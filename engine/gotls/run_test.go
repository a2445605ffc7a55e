package gotls_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
)

// story runs a link of each version through all that it can do, byte by byte,
// and gives every status and length, and the hashes of the wire.
func story(t testing.TB, lib *gotls.Library, seed uint64) string {
	lib.Begin(seed)
	defer lib.End()
	var lines []string
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		cfg := base(v)
		cfg.In, cfg.Out, cfg.ClientAuth = 70, 90, true
		cfg.ServerChain, cfg.ClientChain = 1000, 500
		l := pair(t, lib, cfg)
		for i := range 3000 {
			r := model.Role(i & 1)
			e, p := l.ends[r], make([]byte, 50)
			n, st := e.Read(p)
			m, also := e.Write([]byte("what both ends write"))
			lines = append(lines, fmt.Sprint(r, n, st, m, also, e.OutputPending(), e.InputRoom(),
				e.Pending(), e.InitFinished(), l.carry(r, 1+i%40)))
			if i > 2900 {
				lines = append(lines, fmt.Sprint(e.Shutdown(), e.ShutState()))
			}
		}
		lines = append(lines, l.sum())
		l.free()
	}
	return strings.Join(lines, "\n")
}

// childVariable makes TestSameInAnotherProcess print its story.
const childVariable = "WANTWRITE_GOTLS_CHILD"

// TestSameInAnotherProcess: the same seed gives the same calls and the same
// bytes on the wire, at any GOMAXPROCS, and another seed does not.
func TestSameInAnotherProcess(t *testing.T) {
	ours := story(t, gotls.New(), 5)
	if os.Getenv(childVariable) != "" {
		fmt.Printf("<<<%s>>>", ours)
		return
	}
	lib := gotls.New()
	story(t, lib, 4)
	if diff := cmp.Diff(ours, story(t, lib, 5)); diff != "" {
		t.Errorf("a second run in a used library differs:\n%s", diff)
	}
	if story(t, lib, 4) == ours {
		t.Error("two seeds have one wire")
	}
	for _, procs := range []string{"1", "4"} {
		child := exec.Command(os.Args[0], "-test.run=^TestSameInAnotherProcess$")
		child.Env = append(os.Environ(), childVariable+"=1", "GOMAXPROCS="+procs, "GODEBUG=")
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_, rest, _ := strings.Cut(string(out), "<<<")
		theirs, _, _ := strings.Cut(rest, ">>>")
		if diff := cmp.Diff(ours, theirs); diff != "" {
			t.Errorf("GOMAXPROCS=%s differs (-here +there):\n%s", procs, diff)
		}
	}
}

// TestNothingIsLeft: engines that are given back in any state take their
// goroutines with them.
func TestNothingIsLeft(t *testing.T) {
	lib := gotls.New()
	lib.Begin(1)
	defer lib.End()
	links := 10000
	if testing.Short() || testing.CoverMode() != "" {
		links = 1000
	}
	before := runtime.NumGoroutine()
	for i := range links {
		cfg := base(model.Version(i & 1))
		cfg.Key = uint64(i)
		cfg.Out = []int{1, 100, 4096}[i%3]
		l := pair(t, lib, cfg)
		switch i % 4 {
		case 1:
			l.client().Handshake() // parked in the middle of its ClientHello, or behind it
		case 2:
			l.client().Handshake()
			l.settle()
			l.server().Handshake()
		case 3:
			if i%100 == 3 {
				l.handshake(1 << 16)
				l.read(model.Client)
				l.server().Write(make([]byte, 9000))
			}
		}
		l.free()
		l.free() // a second time does nothing
	}
	for range 1000 { // the last ones may still be on their way out
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// TestReferenceHolds: hunts find nothing in the reference pump on crypto/tls, at
// both ends, in all scenarios.
func TestReferenceHolds(t *testing.T) {
	schedules := uint64(2000)
	if testing.Short() {
		schedules = 200
	}
	huntReference(t, run.Options{Engine: gotls.New()}, schedules)
}

// huntReference fails the test with whatever a hunt finds.
func huntReference(t *testing.T, o run.Options, schedules uint64) {
	c := run.NewCatalog()
	var err error
	if o.Pump, err = c.Pump("reference"); err != nil {
		t.Fatal(err)
	}
	h := hunt.Hunt{Options: o, Seed: 11, Schedules: schedules}
	h.Found = func(f *hunt.Failure) error {
		t.Errorf("%s\n%s", strings.Join(f.Story, "\n"), f.Script.Format())
		return nil
	}
	if _, err := h.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLink is a link from its engines to its end, with a full handshake.
func BenchmarkLink(b *testing.B) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		b.Run(v.String(), func(b *testing.B) {
			lib := gotls.New()
			lib.Begin(1)
			for b.Loop() {
				l := pair(b, lib, base(v))
				l.handshake(1 << 16)
				l.free()
			}
		})
	}
}

// BenchmarkRecord is a record sealed, moved and opened.
func BenchmarkRecord(b *testing.B) {
	lib := gotls.New()
	lib.Begin(1)
	l := pair(b, lib, base(model.TLS13))
	defer l.free()
	l.handshake(1 << 16)
	text, p := make([]byte, 100), make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		l.client().Write(text)
		n := l.client().Drain(p)
		l.server().Feed(p[:n])
		if n, _ := l.server().Read(p); n != len(text) {
			b.Fatal("a record is lost")
		}
	}
}
