package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSame is how many scripts can share a slug.
const maxSame = 10000

// Save writes a script to <folder>/<property>/<slug>.script and returns its path. The file
// appears whole or not at all. If another script has the name, it stays, and the new one
// gets -2, -3 and so on. If the same script is there already, Save writes nothing; two
// scripts are the same if they differ only in their stories and in the line that says how
// they were found.
//
// Story 125: a story names lines of the pump's source. Each edit of the pump moved them, and
// the same run was saved once more.
func (d Dir) Save(property, slug string, text []byte) (path string, err error) {
	if err := errors.Join(checkWord("property", property), checkWord("slug", slug)); err != nil {
		return "", err
	}
	folder := filepath.Join(string(d), property)
	path, err = save(folder, slug, text)
	if err != nil {
		return "", unwritable(folder, err)
	}
	return path, nil
}

func save(folder, slug string, text []byte) (string, error) {
	if path, found, err := vacant(folder, slug, text); err != nil || found {
		return path, err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	temp, err := writeTemp(folder, text)
	if err != nil {
		os.Remove(folder) // fails unless the folder is empty: leave no trace
		return "", err
	}
	defer os.Remove(temp)
	path, err := publish(temp, folder, slug, text)
	if err != nil {
		return "", err
	}
	syncFolder(folder)
	syncFolder(filepath.Dir(folder))
	return path, nil
}

// vacant returns the first path for the slug that is free, or the one at which the same
// script lies already (found).
func vacant(folder, slug string, text []byte) (path string, found bool, err error) {
	for i := 1; i <= maxSame; i++ {
		path = filepath.Join(folder, slug+Ext)
		if i > 1 {
			path = filepath.Join(folder, fmt.Sprintf("%s-%d%s", slug, i, Ext))
		}
		there, same, err := compare(path, text, essence)
		if err != nil || same || !there {
			return path, same, err
		}
	}
	return "", false, fmt.Errorf("got %d different scripts named %s; want fewer", maxSame, slug)
}

// compare says whether there is a file, and whether what counts of it is the same. It does not
// read a file that is too long to be the same, which may be endless.
func compare(path string, text []byte, of func([]byte) []byte) (there, same bool, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	most := int64(len(text)) + maxAside
	if err != nil || !info.Mode().IsRegular() || info.Size() > most {
		return true, false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return true, false, err
	}
	defer f.Close()
	old, err := io.ReadAll(io.LimitReader(f, most))
	return true, bytes.Equal(of(old), of(text)), err
}

// maxAside is more bytes than a script has that are not the run: its story, and the header's line
// that says how it was found.
const maxAside = 1 << 20

// essence is what a script runs: all lines but those.
func essence(text []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte("#")) && !bytes.HasPrefix(line, []byte("found: ")) {
			kept = append(kept, line...)
		}
	}
	return kept
}

// publish gives a written file the first name that is vacant.
//
// Story 85: two hunts find two failures with one slug at the same time. Both see that the
// name is free, and the second rename destroys the first script. A hard link fails instead
// if the name is taken, and the next name is tried.
func publish(temp, folder, slug string, text []byte) (string, error) {
	for range maxSame {
		path, found, err := vacant(folder, slug, text)
		if err != nil || found {
			return path, err
		}
		switch err = os.Link(temp, path); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrExist): // a file system without hard links
			return path, os.Rename(temp, path)
		}
	}
	return "", fmt.Errorf("got a new script named %s at each try; want a quieter folder", slug)
}

// Writable says whether Save can write to the folder, and leaves nothing behind. Call it
// before a long hunt, which else learns at its end that it can't keep what it found.
func (d Dir) Writable() error {
	dir := string(d)
	_, err := os.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return unwritable(dir, err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*.tmp")
	if err != nil {
		return unwritable(dir, err)
	}
	err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	if fresh {
		os.Remove(dir) // fails unless the folder is empty
	}
	if err != nil {
		return unwritable(dir, err)
	}
	return nil
}

func unwritable(dir string, err error) error {
	return &fileError{"cannot write " + dir, err, "; choose another folder with --corpus DIR"}
}
