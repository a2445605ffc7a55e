// Package run is one schedule, from its number to its verdict: the catalog of pumps,
// engines and scenarios, the world and plan that a schedule draws, the runner that runs
// it, and the replay of a script.
package run
