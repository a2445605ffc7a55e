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

// Save writes a script to dir/property/slug.script and gives its path. The
// file is there whole or not at all, whatever happens meanwhile. Another text
// under the same slug is left alone: the new one gets -2, -3 and so on. The
// same text is not written twice, and neither is one that only says that it was
// found in another way.
func Save(dir, property, slug string, text []byte) (path string, err error) {
	if err := errors.Join(checkWord("property", property), checkWord("slug", slug)); err != nil {
		return "", err
	}
	folder := filepath.Join(dir, property)
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
		os.Remove(folder) // refused unless it is empty: no trace of a failed save
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

// Replace writes a script to a path, whatever is there. The file is whole at any
// moment: it holds the old text or the new one.
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

// Keep copies a script to path.orig before it is replaced, and gives the copy's
// path. A copy of another text that is there stays: the new one gets -2, -3 and
// so on.
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
		there, same, err := compare(kept, text)
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

// vacant is the first path for the slug at which nothing lies, or that at
// which the same text lies already (found).
func vacant(folder, slug string, text []byte) (path string, found bool, err error) {
	for i := 1; i <= maxSame; i++ {
		path = filepath.Join(folder, slug+Ext)
		if i > 1 {
			path = filepath.Join(folder, fmt.Sprintf("%s-%d%s", slug, i, Ext))
		}
		there, same, err := compare(path, text)
		if err != nil || same || !there {
			return path, same, err
		}
	}
	return "", false, fmt.Errorf("got %d different scripts named %s; want fewer", maxSame, slug)
}

// compare says whether a file is there and holds the text, however it was
// found. A file of a length that can't be is not read: it may be anything.
func compare(path string, text []byte) (there, same bool, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	most := int64(len(text)) + maxFound
	if err != nil || !info.Mode().IsRegular() || info.Size() > most {
		return true, false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return true, false, err
	}
	defer f.Close()
	old, err := io.ReadAll(io.LimitReader(f, most))
	return true, bytes.Equal(withoutFound(old), withoutFound(text)), err
}

// maxFound is more than the line of the header is long that says how a script
// was found.
const maxFound = 256

// withoutFound is a script without that line.
func withoutFound(text []byte) []byte {
	before, line, there := bytes.Cut(text, []byte("\nfound: "))
	if !there {
		return text
	}
	_, after, _ := bytes.Cut(line, []byte("\n"))
	return bytes.Join([][]byte{before, after}, []byte("\n"))
}

// writeTemp writes the text to a hidden file in the folder itself, because a
// rename is whole only within one file system, and syncs it before it has a
// name.
//
// Story 1: with rename before sync a power cut leaves the new name on an
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

// publish gives the written file its name, the first that is vacant.
//
// Story 2: two hunts find two failures with one slug at one moment. Both see
// that the name is free, and the second rename destroys the first script. A
// hard link fails instead if the name was taken meanwhile, and the next name
// is tried.
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

// syncFolder makes the new name last. Not every system can sync a folder, and
// the text itself is safe already, so an error is not the user's concern.
func syncFolder(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	_ = f.Sync()
}

// Writable says in advance whether Save could write to dir, so that a hunt
// does not learn after an hour that it can't keep what it found. It leaves
// nothing behind.
func Writable(dir string) error {
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
		os.Remove(dir) // refused unless it is empty
	}
	if err != nil {
		return unwritable(dir, err)
	}
	return nil
}

func unwritable(dir string, err error) error {
	return &fileError{"cannot write " + dir, err, "; choose another folder with --corpus DIR"}
}
