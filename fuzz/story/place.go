package story

import (
	"strings"

	"github.com/wantwrite/wantwrite/sim/script"
)

const (
	// lookAt begins the line of a story that names a place in the pump's source. The lines of
	// the frames behind it, which called that one, begin with calledAt.
	lookAt   = "look at "
	calledAt = "called at "
)

// places says where in the source the pump was when it did what c says, innermost first. It is
// empty if the pump is one of the project's, whose decisions are told by name.
func (e *evidence) places(c mistake) (places []string) {
	if len(e.panicked) > 0 {
		return e.panicked
	}
	step, end := e.v.Step, e.end
	switch {
	case c.when > 0:
		step = c.when
	case e.rests() && e.lost > 0:
		step = e.lost
	}
	if places = e.lastPlaces(step, end); places == nil {
		return e.lastPlaces(step, end.Peer()) // the peer that is blamed has no source: look here
	}
	return places
}

// lastPlaces is where an end's pump made its last call up to a step, before the violation was
// seen.
func (e *evidence) lastPlaces(step int, end script.End) (places []string) {
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		if len(ev.Places) > 0 && ev.End == end && ev.Step <= step {
			places = ev.Places
		}
		if ev.Breaks {
			break
		}
	}
	return places
}

// sources says the places of the verdict.
func (e *evidence) sources() {
	var c mistake
	if e.v.Name == "" { // of an author's own property nobody else knows the cause
		c = e.cause()
	}
	e.lines = append(e.lines, sources(e.places(c))...)
}

// sources are places as lines of a story.
func sources(places []string) (lines []string) {
	for i, place := range places {
		begin := lookAt
		if i > 0 {
			begin = calledAt
		}
		lines = append(lines, begin+place)
	}
	return lines
}

// sourced says whether a line of a story names a place in the source.
func sourced(line string) bool {
	return strings.HasPrefix(line, lookAt) || strings.HasPrefix(line, calledAt)
}
