//go:build !race

package check

// raceEnabled: everything takes ten times as long, and large tests do less.
const raceEnabled = false
