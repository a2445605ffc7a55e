package sim

import (
	"cmp"
	"slices"
)

// A Gap is what a trace leaves out of the middle of a run that is too long to keep. A script
// comes from a stranger, and a kilobyte of it can make a world move megabytes byte by byte.
//
// Story 113: a trace kept all that happened. A script with two buffers of a byte and a message of
// a megabyte took 10 GB and half a minute before there was anything to see.
type Gap struct {
	// At is the index in Trace.Events of the first event after it. 0: nothing is left out.
	At int
	// From and To are the steps of the first and of the last event that are left out. Of either
	// of them some events may be there.
	From, To int
	// Events counts what is left out.
	Events int
}

const (
	// mostTrace is the most that a trace keeps, in bytes. It is some hundred thousand events. A
	// gap leaves a quarter of it at either side.
	mostTrace = 64 << 20
	// eventBytes and viewBytes are what an event and a view take, without its texts and data.
	eventBytes, viewBytes = 256, 640
	// placeBytes is what a place in the source takes.
	placeBytes = 80
	// mostSecrets bounds the lines of the key log: each KeyUpdate adds one.
	mostSecrets = 1 << 14
)

// add adds an event.
func (t *Trace) add(ev Event) {
	if t.size > cmp.Or(t.most, mostTrace) {
		t.cut()
	}
	t.size += t.weight(&ev)
	t.Events = append(t.Events, ev)
}

// weight is how much an event takes, in bytes, the views of an action included.
func (t *Trace) weight(ev *Event) int {
	n := eventBytes + len(ev.Data) + placeBytes*len(ev.Places)
	if ev.IsAction() && len(t.Views) > 0 {
		n += len(t.Views[0]) * viewBytes
	}
	return n
}

// cut leaves out events from the middle, or more of them.
func (t *Trace) cut() {
	g := &t.Gap
	if g.At == 0 {
		g.At = t.reach(0, 1)
		g.From = t.Events[g.At].Step
		g.To = g.From
	}
	end := max(g.At, t.reach(len(t.Events)-1, -1)) + 1
	dropped := t.Events[g.At:end]
	for i := range dropped {
		t.size -= t.weight(&dropped[i])
	}
	g.Events += len(dropped)
	last := dropped[len(dropped)-1].Step
	from := min(g.From, len(t.Views))
	t.Views = slices.Delete(t.Views, from, min(from+last-g.To, len(t.Views)))
	g.To = last
	switch {
	case t.at >= end:
		t.at -= end - g.At
	case t.at >= g.At:
		t.at = -1
	}
	t.Events = slices.Delete(t.Events, g.At, end)
}

// reach is the index of the first event, from i on, that does not fit into a quarter of the trace.
// It is neither the first nor the last event.
func (t *Trace) reach(i, by int) int {
	for room := cmp.Or(t.most, mostTrace) / 4; i >= 0 && i < len(t.Events); i += by {
		if room -= t.weight(&t.Events[i]); room < 0 {
			break
		}
	}
	return max(1, min(i, len(t.Events)-2))
}

// View is what each end looked like after a step, or after the last step before it whose views
// are there. It is nil if there are none.
func (t *Trace) View(step int) []View {
	if len(t.Views) == 0 {
		return nil
	}
	if g := &t.Gap; g.At > 0 && step >= g.From {
		step = g.From + max(step-g.To, -1)
	}
	return t.Views[max(0, min(step, len(t.Views)-1))]
}

// Last is the last step that has views; -1 if none has.
func (t *Trace) Last() int { return len(t.Views) - 1 + t.Gap.To - t.Gap.From }

// Recent are the events after the gap, or all if there is none.
func (t *Trace) Recent() []Event { return t.Events[t.Gap.At:] }
