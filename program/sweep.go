//go:build linux && amd64

package program

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// tempPrefix is how the names of working directories begin.
const tempPrefix = "wantwrite-"

// tempDir makes a working directory, and locks it until lock is closed. What killed runs have left
// is swept away: the guardian of a program takes its directory along, but a run may be killed before
// there is one.
func tempDir() (dir string, lock *os.File, err error) {
	sweep(os.TempDir(), time.Now().Add(-time.Minute))
	if dir, err = os.MkdirTemp("", tempPrefix); err != nil {
		return "", nil, err
	}
	if lock, err = os.Open(dir); err != nil {
		return "", nil, err
	}
	return dir, lock, os.NewSyscallError("flock", unix.Flock(int(lock.Fd()), unix.LOCK_EX))
}

// sweep removes the working directories that nobody has locked. One that is younger than so may be
// about to be.
func sweep(parent string, younger time.Time) {
	list, _ := filepath.Glob(filepath.Join(parent, tempPrefix+"*"))
	for _, dir := range list {
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() || info.ModTime().After(younger) {
			continue
		}
		f, err := os.Open(dir)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		f.Close()
	}
}
