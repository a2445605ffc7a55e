package cli

import (
	"fmt"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
)

// A goal is where a hunt ends at the latest; 0 is no bound.
type goal struct {
	schedules uint64
	time      time.Duration
}

// progress draws how far a hunt is.
func (t *terminal) progress(s hunt.Stats, g goal) { t.draw(progressLine(s, g)) }

// progressLine says how far a hunt is, and its shrink if it shrinks a script.
func progressLine(s hunt.Stats, g goal) string {
	seconds := max(s.Elapsed.Seconds(), 1e-9)
	line := fmt.Sprintf("%d schedules, %.0f/s, %s steps/s, %d cells, %d states, %d found",
		s.Schedules, float64(s.Schedules)/seconds, short(float64(s.Steps)/seconds), s.Cells, s.States,
		s.Failures)
	if s.Shrinking != nil {
		return line + "; " + shrinking(*s.Shrinking)
	}
	if left, known := s.Left(g.schedules, g.time); known {
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return line
}

// short writes a large number in k or M.
func short(n float64) string {
	switch {
	case n >= 1e7:
		return fmt.Sprintf("%.0fM", n/1e6)
	case n >= 1e6:
		return fmt.Sprintf("%.1fM", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0fk", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}

// shrinking says how far a shrink is.
func shrinking(s shrink.Shrunk) string {
	return fmt.Sprintf("shrinking: %d -> %d actions, %s runs", s.Before, s.After, thousands(s.Runs))
}

// thousands writes a number in groups of three digits.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
