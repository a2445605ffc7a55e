//go:build !race

package sim

// raceEnabled: the race detector allocates, and tests that count leave it out.
const raceEnabled = false
