// Package require says what tests do on a machine that lacks a library or a tool, at full length,
// and under the race detector.
package require

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// Missing skips a test whose library or tool of this name is missing. why should say what to
// install. If WANTWRITE_REQUIRE, a list with commas, has the name, the test fails instead, so that
// a CI without the library does not pass. If WANTWRITE_SKIPPED names a file, the package and the test
// are written there, so that a CI can run them where the library is.
func Missing(t testing.TB, name string, why any) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("WANTWRITE_REQUIRE"), ","), name) {
		t.Fatal(why)
	}
	if list := os.Getenv("WANTWRITE_SKIPPED"); list != "" {
		noteSkipped(t, list)
	}
	t.Skip(why)
}

// noteSkipped appends a line to a list: the import path of the package, and the test.
func noteSkipped(t testing.TB, list string) {
	t.Helper()
	f, err := os.OpenFile(list, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, _ := debug.ReadBuildInfo()
	test, _, _ := strings.Cut(t.Name(), "/")
	if _, err := fmt.Fprintln(f, strings.TrimSuffix(info.Path, ".test"), test); err != nil {
		t.Fatal(err)
	}
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
