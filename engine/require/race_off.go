//go:build !race

package require

// Race reports whether the race detector is on. It allocates, makes sync.Pool drop things at
// random, and takes ten times as long.
const Race = false
