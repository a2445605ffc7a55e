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

// Long says whether tests run at full length, as in CI: WANTWRITE_LONG is 1.
func Long() bool { return os.Getenv("WANTWRITE_LONG") == "1" }

// Times is how often a test does something: few times by default, and many at full length.
func Times(few, many uint64) uint64 {
	if Long() {
		return many
	}
	return few
}

// Fewer is n, or a tenth of it with the race detector. That looks for goroutines that meet, and
// more repetitions in one goroutine show it nothing new.
func Fewer(n uint64) uint64 {
	if Race {
		return n / 10
	}
	return n
}
