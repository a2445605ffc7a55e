//go:build !race

package fuzz_test

// raceEnabled: the race detector has nothing to see in a shrink, which is one
// goroutine, and makes it twenty times slower.
const raceEnabled = false
