//go:build !race

package main

// raceEnabled: a command in a process of its own takes ten times as long.
const raceEnabled = false
