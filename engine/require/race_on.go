//go:build race

package require

// Race says whether the race detector is on: it allocates, makes sync.Pool forget
// things at random, and takes ten times as long.
const Race = true
