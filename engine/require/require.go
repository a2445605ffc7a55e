// Package require says what tests do on a machine that lacks a library or a
// tool, or under the race detector.
package require

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Missing ends a test that lacks what has this name: it is skipped, and why
// should say what to install. Where WANTWRITE_REQUIRE, a list with commas, has
// the name it fails: a CI that lost a library must not go green.
func Missing(t testing.TB, name string, why any) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("WANTWRITE_REQUIRE"), ","), name) {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Fewer is n, or a tenth with the race detector: it looks for goroutines that meet, and
// what one of them does ten times as often shows it nothing more.
func Fewer(n uint64) uint64 {
	if Race {
		return n / 10
	}
	return n
}
