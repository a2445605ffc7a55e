// Package check explores a world exhaustively within bounds: all that can
// happen, nearest first, on the code itself. It proves that nothing within the
// bounds violates a property, or gives a shortest script that does.
//
// # What a state is
//
// A state is all on which it depends what happens next: both ends (registration,
// engine, pump, app, what its account holds), both directions of the link, the
// plaintext on its way, taints, and what is left of the bounds. What only grows
// is left out, or goes in as differences: counts of bytes, offsets, the clock, the
// history. Keys and sequence numbers stay as they are: whoever has sealed another
// number of records is in another state. Work is bounded, and so are they.
//
// A state is kept as a list of pieces (sim.Piece), and each piece once: two ends
// have a few thousand states each where the world has millions. Pieces make
// halves, two halves make a word of eight bytes, and a word is a state. All are
// compared whole. No hash decides, and the odds that two states were taken for
// one are 0. A state costs its word, a slot of the index, and its share of the
// halves, pieces and caches. Pumps and engines take part by one method,
// model.Snapshotter, whose one list of fields both writes and reads.
//
// # What is done
//
// A turn depends only on what the end can see: itself, what it has received, how
// much room it has, and what its peer has made known. A pump is deterministic. So
// a turn is run once for all states that look the same from there, and then
// known; likewise a delivery. A cache only forgets.
//
// States are expanded level by level, so that the first violation is a shortest.
// Workers share a level; the set of its states, and so every count, does not
// depend on how many there are. Of several counterexamples the one whose states
// have the lowest contents is told. Turns of the two ends commute, and so do
// deliveries to the two, unless one end can see what the other changed: then one
// order is enough (see classes).
//
// # What is judged
//
// Each step is judged as in a run. A state in which no delivery and no poll
// leads elsewhere rests: from there World's own heal is run, and gives the
// verdict. The heal of any other state takes steps that are explored too, and
// ends in such a state. It is also run where a window is closed, which only it or
// time opens, and where a turn that has moved nothing leads back to what is
// known: it may be a cycle without progress, and then the heal does not end. A
// counterexample is run once more from the beginning before it is told.
//
// Timers run out in heals, when nothing else can happen; in the storm only if the
// bounds let time pass. There is one link.
package check
