package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes a file, whatever is there. At any moment the file holds the whole old text
// or the whole new one.
func Replace(path string, text []byte) error {
	temp, err := writeTemp(filepath.Dir(path), text)
	if err != nil {
		return &fileError{"cannot write " + path, err, ""}
	}
	defer os.Remove(temp)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("corpus: got folder %s; want a %s file", path, Ext)
	}
	if err := os.Rename(temp, path); err != nil {
		return &fileError{"cannot write " + path, err, ""}
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// Keep copies a script to path.orig, before it is replaced, and returns the copy's path. If
// path.orig holds another text the copy gets -2, -3 and so on.
func Keep(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", &fileError{"cannot read " + path, err, ""}
	}
	for i := 1; i <= maxSame; i++ {
		kept := path + ".orig"
		if i > 1 {
			kept = fmt.Sprintf("%s.orig-%d", path, i)
		}
		there, same, err := compare(kept, text, bytes.Clone)
		switch {
		case err != nil:
			return "", &fileError{"cannot read " + kept, err, ""}
		case same:
			return kept, nil
		case !there:
			return kept, Replace(kept, text)
		}
	}
	return "", fmt.Errorf("corpus: got %d copies of %s; want fewer", maxSame, path)
}

// writeTemp writes the text to a hidden file and syncs it, before the file gets its name.
// The file is in the same folder, because a rename is atomic only within a file system.
//
// Story 84: a rename comes before the sync, and the power fails. The name now leads to an
// empty file (ext4, 2009), and the one script of a rare failure is gone.
func writeTemp(folder string, text []byte) (path string, err error) {
	f, err := os.CreateTemp(folder, ".script-*.tmp")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// syncFolder makes a new name last. Not every system can sync a folder, and the text itself
// is safe already, so errors are ignored.
func syncFolder(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	_ = f.Sync()
}

// A fileError is an error of the system in one line, which names the file once.
type fileError struct {
	what  string
	cause error
	hint  string
}

// Error implements error.
func (e *fileError) Error() string {
	why := e.cause
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(why, &path):
		why = path.Err
	case errors.As(why, &link):
		why = link.Err
	}
	return "corpus: " + e.what + ": " + why.Error() + e.hint
}

// Unwrap gives errors.Is the cause.
func (e *fileError) Unwrap() error { return e.cause }
