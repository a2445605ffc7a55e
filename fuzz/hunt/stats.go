package hunt

import (
	"time"

	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/sim"
)

// Stats is how far a hunt has come.
type Stats struct {
	Schedules, Steps uint64
	Failures         int `json:"-"` // the live page has a list of its own
	// Cells, Pairs and States count what has been reached: see Coverage.
	Cells, Pairs, States int
	Elapsed              time.Duration
	// Shrinking is the progress of the shrink in hand; nil if there is none.
	Shrinking *shrink.Shrunk
}

// Reached takes over the counts of what has been reached.
func (s *Stats) Reached(a *sim.Atlas) {
	s.Cells, s.Pairs, s.States = a.Reached()
}

// Left estimates how much longer the hunt takes. It ends after so many schedules or
// after a time, whichever comes first; 0 means no bound. Without any bound, or before
// the first schedule of a hunt bounded by schedules only, nothing is known.
func (s Stats) Left(schedules uint64, bound time.Duration) (left time.Duration, known bool) {
	if bound > 0 {
		left, known = bound-s.Elapsed, true
	}
	if schedules > 0 && s.Schedules > 0 {
		rest := schedules - min(s.Schedules, schedules)
		by := time.Duration(float64(s.Elapsed) / float64(s.Schedules) * float64(rest))
		if !known || by < left {
			left, known = by, true
		}
	}
	return max(left, 0), known
}
