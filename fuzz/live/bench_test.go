//go:build unix

package live

import (
	"context"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
)

// A cost is what something took: time, and processors' time of the whole process,
// which tells more on a machine that is busy with other things.
type cost struct{ wall, cpu time.Duration }

// least is the smaller one of each.
func (c cost) least(d cost) cost {
	if c == (cost{}) {
		return d
	}
	return cost{min(c.wall, d.wall), min(c.cpu, d.cpu)}
}

// processors is the processors' time that this process has used.
func processors(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// measure goes through schedules and says what that took.
func measure(b *testing.B, progress func(hunt.Stats)) cost {
	b.Helper()
	c := run.NewCatalog()
	pump, err := c.Pump("reference")
	if err != nil {
		b.Fatal(err)
	}
	h := hunt.Hunt{Options: run.Options{Pump: pump}, Seed: 1, Schedules: 8000, Progress: progress}
	start, before := time.Now(), processors(b)
	if _, err := h.Run(context.Background(), c); err != nil {
		b.Fatal(err)
	}
	return cost{time.Since(start), processors(b) - before}
}

// look asks for what a page asks for, as often as the page does, until it is
// told to end.
func look(url string, end <-chan struct{}) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		for _, path := range []string{"state.json", "metrics"} {
			if r, err := http.Get(url + path); err == nil {
				io.Copy(io.Discard, r.Body)
				r.Body.Close()
			}
		}
		select {
		case <-end:
			return
		case <-every.C:
		}
	}
}

// BenchmarkServedHunt is what a hunt takes that is served, with a page and a
// Prometheus that look at it, over what the same hunt takes alone. They take turns,
// and of each the least counts.
func BenchmarkServedHunt(b *testing.B) {
	var alone, served cost
	for b.Loop() {
		alone = alone.least(measure(b, nil))
		board := NewBoard(About{Schedules: 8000})
		s, err := Serve("0", false, board)
		if err != nil {
			b.Fatal(err)
		}
		end, gone := make(chan struct{}), make(chan struct{})
		go func() { look(s.URL, end); close(gone) }()
		served = served.least(measure(b, board.Progress))
		close(end)
		<-gone
		s.Close()
	}
	b.ReportMetric(served.wall.Seconds()/alone.wall.Seconds(), "served/alone")
	b.ReportMetric(served.cpu.Seconds()/alone.cpu.Seconds(), "served/alone-cpu")
	b.ReportMetric(0, "ns/op")
}
