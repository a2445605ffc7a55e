// Package live shows a hunt while it runs: a page for people, and metrics for
// Prometheus. The hunt tells a [Board] how far it is, and never waits for those
// who look at it.
package live

import (
	"sync"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/sim/script"
)

// About says what is hunted, for whoever looks.
type About struct {
	Pump, Engine, TLS, Scenario, Strategy string
	Seed                                  uint64
	// Schedules and Time end the hunt; 0 is no bound.
	Schedules uint64
	Time      time.Duration
}

// A Board is what is known of a hunt. Its methods may be called at any time, by
// several goroutines.
type Board struct {
	// Picture makes the page of a script that was found: see fuzz.Page. It is
	// called when somebody wants to see it, one call at a time. Without it, and
	// if it fails, the page is text.
	Picture func(*script.Script) ([]byte, error)

	mu      sync.Mutex
	about   About
	now     hunt.Stats
	samples []sample
	every   time.Duration // between samples
	finds   []*find

	drawing sync.Mutex
}

// A sample is how far a hunt was at a time.
type sample struct {
	Seconds              float64
	Schedules, Steps     uint64
	Cells, Pairs, States int
}

// A find is one as the board shows it. The script is a text: the hunt keeps its
// own.
type find struct {
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
	// sampleEvery is the time between the first samples, maxSamples how many are
	// kept: when there are more, each second one is dropped, and they come half
	// as often.
	sampleEvery = 250 * time.Millisecond
	maxSamples  = 512
)

// NewBoard makes the board of a hunt.
func NewBoard(about About) *Board {
	return &Board{about: about, every: sampleEvery}
}

// Describe says anew what is hunted.
func (b *Board) Describe(about About) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.about = about
}

// Progress takes in how far the hunt is (fuzz.Hunt.Progress).
func (b *Board) Progress(s hunt.Stats) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = s
	if s.Shrinking != nil {
		far := *s.Shrinking // the hunt goes on with its own
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

// Found takes in a find (fuzz.Hunt.Found) and where its script is.
func (b *Board) Found(f *hunt.Failure, path string) {
	s, v := f.Script, &f.Result.Violation
	n := &find{Property: s.Property, End: script.End(v.End).String(), What: v.String(),
		Scenario: s.Config.Scenario, Schedule: f.Schedule, Seconds: f.Stats.Elapsed.Seconds(),
		Actions: len(s.Actions), Path: path, Story: append([]string(nil), f.Story...),
		script: s.Format()}
	b.mu.Lock()
	defer b.mu.Unlock()
	n.Number = len(b.finds) + 1
	b.finds = append(b.finds, n)
	b.now.Failures = len(b.finds)
}

// find gives a find by its number, from 1; nil if there is none.
func (b *Board) find(n int) *find {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n < 1 || n > len(b.finds) {
		return nil
	}
	return b.finds[n-1]
}

// A state is the board at a moment, as the page's script has it.
type state struct {
	Now sample
	// Shrinking is empty, or how far the shrink of a find is.
	Shrinking string
	// Left is in seconds; -1: nobody knows.
	Left    float64
	Samples []sample
	Finds   []*find
}

// state copies what is known now.
func (b *Board) state() state {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.now
	st := state{Now: sample{s.Elapsed.Seconds(), s.Schedules, s.Steps, s.Cells, s.Pairs, s.States},
		Left: -1, Samples: append([]sample{}, b.samples...), Finds: append([]*find{}, b.finds...)}
	if left, known := s.Left(b.about.Schedules, b.about.Time); known {
		st.Left = left.Seconds()
	}
	if s.Shrinking != nil {
		st.Shrinking = shrinkText(*s.Shrinking)
	}
	return st
}
