// Package require says what tests do on a machine that lacks a library or a tool, at full length,
// and under the race detector.
package require

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Missing skips a test whose library or tool of this name is missing. why should say what to
// install. If WANTWRITE_REQUIRE, a list with commas, has the name, the test fails instead, so that
// a CI without the library does not pass.
func Missing(t testing.TB, name string, why any) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("WANTWRITE_REQUIRE"), ","), name) {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Long reports whether tests run at full length, as in CI: WANTWRITE_LONG is 1.
func Long() bool { return os.Getenv("WANTWRITE_LONG") == "1" }

// Times is how often a test repeats something: few times by default, many at full length.
func Times(few, many uint64) uint64 {
	if Long() {
		return many
	}
	return few
}

// Fewer is n, or a tenth of n under the race detector. The detector looks for races between
// goroutines, and more repetitions in one goroutine show it nothing new.
func Fewer(n uint64) uint64 {
	if Race {
		return n / 10
	}
	return n
}

// Runs skips a test whose command is missing or does not run, as one without its libraries: see
// Missing. The arguments should make it print its version. It returns the command's file.
func Runs(t testing.TB, name string, args ...string) (path string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		var out []byte
		if out, err = exec.Command(path, args...).CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	if err != nil {
		Missing(t, name, fmt.Sprintf("%s does not run here: %v; install its Debian package", name, err))
	}
	return path
}
