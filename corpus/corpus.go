// Package corpus keeps scripts: runs that once violated a property, as text
// files that replay for ever.
//
// A script lies in <dir>/<property>/<slug>.script. This package moves files
// and bytes only; what a script says is package sim's matter.
package corpus

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Ext is the end of a script's file name.
const Ext = ".script"

// files is this folder less its Go files.
//
//go:embed README.md */*.script
var files embed.FS

// Embedded is the project's own corpus, as it was when this package was
// compiled: names are <property>/<slug>.script.
func Embedded() fs.FS { return files }

// Names lists the scripts of Embedded, sorted.
func Names() []string {
	names, err := list(files)
	if err != nil {
		panic("corpus: the embedded files can't be listed: " + err.Error())
	}
	return names
}

// Text is a script of Embedded, by its name in Names.
func Text(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic("corpus: an embedded file can't be read: " + err.Error())
	}
	return text
}

// All lists the scripts below dir, sorted: names that Open takes. Files and
// folders whose names begin with a dot are left out, half-written ones among
// them. A folder that does not exist is an error that is fs.ErrNotExist.
func All(dir string) ([]string, error) {
	names, err := list(os.DirFS(dir))
	if err != nil {
		return nil, &fileError{"cannot list " + dir, err, ""}
	}
	for i, name := range names {
		names[i] = filepath.Join(dir, filepath.FromSlash(name))
	}
	return names, nil
}

func list(from fs.FS) (names []string, err error) {
	err = fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		hidden := path != "." && strings.HasPrefix(d.Name(), ".")
		switch {
		case err != nil:
			return err
		case hidden && d.IsDir():
			return fs.SkipDir
		case !hidden && !d.IsDir() && strings.HasSuffix(path, Ext):
			names = append(names, path)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// Open opens a script for reading. A folder is refused here, where the
// message can name it.
func Open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &fileError{"cannot open " + path, err,
			"; want a script that was saved by: wantwrite hunt"}
	case err != nil:
		return nil, &fileError{"cannot open " + path, err, ""}
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("corpus: got folder %s; want a %s file", path, Ext)
	}
	return f, nil
}

// maxSlug is the longest slug that Slug makes, in bytes.
const maxSlug = 80

// Slug makes a file name of words: lower case, with a dash for whatever is
// not a letter, a digit or a dot. The same words give the same name.
func Slug(parts ...string) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToLower(strings.Join(parts, "-"))) {
		switch {
		case plain(c) && c != '-':
			b.WriteByte(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	slug = strings.Trim(slug[:min(len(slug), maxSlug)], "-._")
	if slug == "" {
		return "script"
	}
	return slug
}

// plain says whether a byte may stand in a file name of ours.
func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_'
}

// checkWord refuses names that would leave the corpus, or hide in it.
func checkWord(what, word string) error {
	ok := word != "" && word[0] != '.'
	for _, c := range []byte(word) {
		ok = ok && plain(c)
	}
	if !ok {
		return fmt.Errorf("corpus: got %s %q; want a-z, 0-9, -, . and _, no dot first", what, word)
	}
	return nil
}

// A fileError is what the system refused, in one line that says it once.
type fileError struct {
	what  string
	cause error
	hint  string
}

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

func (e *fileError) Unwrap() error { return e.cause }
