// Package guard runs hunts, replays and shrinks in child processes, so that a library
// that crashes or hangs costs one schedule and not the hunt.
package guard
