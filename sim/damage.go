package sim

import (
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim/script"
)

// mutate changes the record that arrives next. It takes out what is in flight, edits it
// and puts it back.
func (w *World) mutate(s *stream, m script.Mutation, arg uint32) {
	n := s.inFlight()
	w.spare = append(w.spare[:0], make([]byte, n)...)
	s.copyOut(w.spare, s.seen)
	first := min(n, max(s.recordAt(s.seen), wire.HeaderLen))
	edited := m.Edit(w.spare[:first:first], w.spare[first:], arg)
	if len(edited) > streamSize/4 {
		return
	}
	s.tail, s.recordEnd = s.seen, s.seen
	s.put(edited)
}
