//go:build linux && amd64

package program

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestSweep: what killed runs have left goes away, and nothing that is in use.
func TestSweep(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	used, lock, err := tempDir()
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(os.TempDir(), tempPrefix+"left")
	young := filepath.Join(os.TempDir(), tempPrefix+"young")
	other := filepath.Join(os.TempDir(), "other")
	for _, dir := range []string{left, young, other} {
		if err := os.MkdirAll(filepath.Join(dir, "html"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-time.Hour)
	for _, dir := range []string{used, left, other} {
		if err := os.Chtimes(dir, old, old); err != nil {
			t.Fatal(err)
		}
	}
	sweep(os.TempDir(), time.Now().Add(-time.Minute))
	for dir, want := range map[string]bool{used: true, left: false, young: true, other: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: %v; want it there: %v", filepath.Base(dir), err, want)
		}
	}
	lock.Close()
	sweep(os.TempDir(), time.Now().Add(-time.Minute))
	if _, err := os.Stat(used); err == nil {
		t.Error("what nobody uses any more is still there")
	}
}
