package gotls_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
)

// story runs a link of each version, a few bytes at a time, through all that it can do. It gives
// every status and length, and a hash of the wire.
func story(t testing.TB, lib *gotls.Library, seed uint64) string {
	lib.Begin(seed)
	defer lib.End()
	var lines []string
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		cfg := config(v)
		cfg.In, cfg.Out, cfg.ClientAuth = 70, 90, true
		cfg.ServerChain, cfg.ClientChain = 1000, 500
		l := pair(t, lib, cfg)
		for i := range 3000 {
			r := model.Role(i & 1)
			e, p := l.Ends[r], make([]byte, 50)
			n, st := e.Read(p)
			m, also := e.Write([]byte("what both ends write"))
			lines = append(lines, fmt.Sprint(r, n, st, m, also, e.OutputPending(), e.InputRoom(),
				e.Pending(), e.InitFinished(), l.Carry(r, 1+i%40)))
			if i > 2900 {
				lines = append(lines, fmt.Sprint(e.Shutdown(), e.ShutState()))
			}
		}
		lines = append(lines, l.Sum())
		l.Free()
	}
	return strings.Join(lines, "\n")
}

// TestSameInAnotherProcess: the same seed gives the same answers and the same bytes on the wire,
// in any process and at any GOMAXPROCS. Another seed gives others.
func TestSameInAnotherProcess(t *testing.T) {
	ours := story(t, gotls.New(), 5)
	for _, procs := range []string{"1", "4"} {
		theirs := require.Elsewhere(t, ours, "GOMAXPROCS="+procs, "GODEBUG=")
		if diff := cmp.Diff(ours, theirs); diff != "" {
			t.Errorf("GOMAXPROCS=%s differs (-here +there):\n%s", procs, diff)
		}
	}
	lib := gotls.New()
	story(t, lib, 4)
	if diff := cmp.Diff(ours, story(t, lib, 5)); diff != "" {
		t.Errorf("a second run in a used library differs:\n%s", diff)
	}
	if story(t, lib, 4) == ours {
		t.Error("two seeds have one wire")
	}
}

// TestNothingIsLeft: no goroutine outlives its engine, whatever state the engine was freed in.
func TestNothingIsLeft(t *testing.T) {
	lib := gotls.New()
	lib.Begin(1)
	defer lib.End()
	links := int(require.Fewer(10000))
	if testing.Short() || testing.CoverMode() != "" {
		links = 1000
	}
	before := runtime.NumGoroutine()
	for i := range links {
		cfg := config(model.Version(i & 1))
		cfg.Key = uint64(i)
		cfg.Out = []int{1, 100, 4096}[i%3]
		l := pair(t, lib, cfg)
		switch i % 4 {
		case 1:
			l.Client().Handshake() // parked in the middle of its ClientHello, or behind it
		case 2:
			l.Client().Handshake()
			l.Settle()
			l.Server().Handshake()
		case 3:
			if i%100 == 3 {
				l.Shake()
				l.Read(model.Client)
				l.Server().Write(make([]byte, 9000))
			}
		}
		l.Free()
		l.Free() // a second time does nothing
	}
	for range 1000 { // the last ones may still be on their way out
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}
