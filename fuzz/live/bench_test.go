package live

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/fuzz"
)

// hunt goes through schedules and says how long that took.
func hunt(b *testing.B, progress func(fuzz.Stats)) time.Duration {
	b.Helper()
	c := fuzz.NewCatalog()
	pump, err := c.Pump("reference")
	if err != nil {
		b.Fatal(err)
	}
	h := fuzz.Hunt{Options: fuzz.Options{Pump: pump}, Seed: 1, Schedules: 8000, Progress: progress}
	start := time.Now()
	if _, err := h.Run(context.Background(), c); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
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

// BenchmarkServedHunt is the time of a hunt that is served, with a page and a
// Prometheus that look at it, over that of the same hunt alone. They take turns,
// and of each the fastest counts.
func BenchmarkServedHunt(b *testing.B) {
	var alone, served time.Duration
	for b.Loop() {
		t := hunt(b, nil)
		if alone == 0 || t < alone {
			alone = t
		}
		board := NewBoard(About{Schedules: 8000})
		s, err := Serve("127.0.0.1:0", board)
		if err != nil {
			b.Fatal(err)
		}
		end, gone := make(chan struct{}), make(chan struct{})
		go func() { look(s.URL, end); close(gone) }()
		if t = hunt(b, board.Progress); served == 0 || t < served {
			served = t
		}
		close(end)
		<-gone
		s.Close()
	}
	b.ReportMetric(served.Seconds()/alone.Seconds(), "served/alone")
	b.ReportMetric(0, "ns/op")
}
