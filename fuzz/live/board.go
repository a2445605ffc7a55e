// Package live shows a hunt while it runs: a page for people, and metrics for Prometheus.
//
// The hunt tells a [Board] how far it is and what it finds; [Serve] serves the board over
// HTTP. The hunt never waits for a client.
package live

import (
	"sync"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/sim/script"
)

// About says what is hunted.
type About struct {
	// The names that hunt's flags of the same names have.
	Pump, Engine, TLS, Scenario, Strategy string
	Seed                                  uint64
	// Schedules and Time are where the hunt ends; 0 is no bound.
	Schedules uint64
	Time      time.Duration
}

// A Board is what is known of a hunt. Several goroutines may call its methods at once.
type Board struct {
	// Picture makes the page of a failing script: see story.Page. It is called when a client
	// first asks for the page, one call at a time. If it is nil or fails, the page is text.
	Picture func(*script.Script) ([]byte, error)

	mu       sync.Mutex
	about    About
	now      hunt.Stats
	samples  []sample
	every    time.Duration // between samples
	failures []*failure

	drawing sync.Mutex
}

// A sample is how far a hunt was at a time.
type sample struct {
	Seconds              float64
	Schedules, Steps     uint64
	Cells, Pairs, States int
}

// A failure is what the hunt found, in the form in which the board shows it. The script is
// text, because the hunt goes on with its own.
type failure struct {
	Number   int
	Property string
	End      string
	What     string
	Scenario string
	Schedule uint64
	Seconds  float64
	Actions  int
	Path     string
	Story    []string

	script  []byte
	picture []byte
}

const (
	// sampleEvery is the time between the first samples, and maxSamples the most that are
	// kept. When there are more, each second one is dropped, and from then on samples are
	// taken half as often.
	sampleEvery = 250 * time.Millisecond
	maxSamples  = 512
)

// NewBoard makes the board of a hunt.
func NewBoard(about About) *Board {
	return &Board{about: about, every: sampleEvery}
}

// Describe replaces what is said of the hunt.
func (b *Board) Describe(about About) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.about = about
}

// Progress is told how far the hunt is: see hunt.Hunt.Progress.
func (b *Board) Progress(s hunt.Stats) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = s
	if s.Shrinking != nil {
		far := *s.Shrinking // the hunt changes its own
		b.now.Shrinking = &far
	}
	if n := len(b.samples); n > 0 && s.Elapsed.Seconds()-b.samples[n-1].Seconds < b.every.Seconds() {
		return
	}
	b.samples = append(b.samples, sample{s.Elapsed.Seconds(), s.Schedules, s.Steps, s.Cells, s.Pairs,
		s.States})
	if len(b.samples) > maxSamples {
		b.thin()
	}
}

// thin drops each second sample.
func (b *Board) thin() {
	kept := b.samples[:0]
	for i := 0; i < len(b.samples); i += 2 {
		kept = append(kept, b.samples[i])
	}
	b.samples, b.every = kept, 2*b.every
}

// Found is told of a failure and where its script is saved: see hunt.Hunt.Found.
func (b *Board) Found(f *hunt.Failure, path string) {
	s, v := f.Script, &f.Result.Violation
	n := &failure{Property: s.Property, End: script.End(v.End).String(), What: v.String(),
		Scenario: s.Config.Scenario, Schedule: f.Schedule, Seconds: f.Stats.Elapsed.Seconds(),
		Actions: len(s.Actions), Path: path, Story: append([]string(nil), f.Story...),
		script: s.Format()}
	b.mu.Lock()
	defer b.mu.Unlock()
	n.Number = len(b.failures) + 1
	b.failures = append(b.failures, n)
	b.now.Failures = len(b.failures)
}

// failure returns a failure by its number, from 1; nil if there is none.
func (b *Board) failure(n int) *failure {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n < 1 || n > len(b.failures) {
		return nil
	}
	return b.failures[n-1]
}

// A state is the board at one moment, as the page's script gets it in JSON.
type state struct {
	Now sample
	// Shrinking says how far the shrink of a failure is; empty if none is shrunk.
	Shrinking string
	// Left is an estimate of the seconds until the hunt ends; -1 if there is none.
	Left     float64
	Samples  []sample
	Failures []*failure `json:"Finds"`
}

// state copies what is known.
func (b *Board) state() state {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.now
	st := state{Now: sample{s.Elapsed.Seconds(), s.Schedules, s.Steps, s.Cells, s.Pairs, s.States},
		Left: -1, Samples: append([]sample{}, b.samples...), Failures: append([]*failure{}, b.failures...)}
	if left, known := s.Left(b.about.Schedules, b.about.Time); known {
		st.Left = left.Seconds()
	}
	if s.Shrinking != nil {
		st.Shrinking = shrinkText(*s.Shrinking)
	}
	return st
}
