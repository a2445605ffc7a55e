// Package check explores a world exhaustively within bounds: all that can happen,
// nearest first, on the code itself. It proves that nothing within the bounds
// violates a property, or gives a shortest script that does.
//
// # What a state is
//
// A state is everything that the next steps depend on: both ends (registration,
// engine, pump, app, what its account holds), both directions of the link, the
// plaintext on its way, taints, and what is left of the bounds. What only grows is
// left out or kept as a difference: counts of bytes, offsets, the clock, the history.
// Keys and sequence numbers are kept as they are, so an end that has sealed another
// number of records is in another state. Their number is bounded because the work is.
//
// A state is kept as a list of pieces (sim.Piece), and each piece is kept once: the
// ends have a few thousand states each where the world has millions. Pieces make
// halves, and two halves make a word of eight bytes, which is the state. All are
// compared whole. No hash decides, so the odds that two states are taken for one are
// 0. A state costs its word, a slot of the index, and its share of the halves, pieces
// and caches. Pumps and engines implement one method for this, model.Snapshotter; its
// one list of fields both writes and reads.
//
// # What is done
//
// A turn depends only on what the end can see: itself, what it has received, how much
// room it has, and what its peer has made public. A pump is deterministic. So a turn
// is run once for all states that look the same from there, and then remembered;
// likewise a delivery. A cache may forget, but is never wrong.
//
// States are expanded level by level, so that the first violation is a shortest one.
// Workers share a level. The set of its states, and so every count, does not depend
// on the number of workers. Of several counterexamples the one whose states have the
// lowest contents is reported. Turns of the two ends commute, and so do deliveries to
// the two, unless one end can see what the other changed: then one order is enough
// (see classes).
//
// # What is judged
//
// Each step is judged as in a run. A state is quiescent if no delivery and no poll
// leads elsewhere. From there World quiesces as in a run, and gives the verdict. To
// quiesce from any other state takes steps that are explored too, and ends in a
// quiescent one. It is also tried in two other states: where a window is closed, for
// only quiescing or time opens it; and where a turn that has moved nothing leads back
// to a known state, for that may be a cycle without progress, and then quiescing does
// not end. A counterexample is run once more from the beginning before it is reported.
//
// While a world quiesces, timers run out when nothing else can happen. During the
// workload they do so only if the bounds let time pass. There is one link.
package check
