// Package corpus keeps scripts: runs that once violated a property, as text files that
// replay for ever.
//
// A script lies in <folder>/<property>/<slug>.script. [Dir] is such a folder; [Names] and
// [Text] are the project's own scripts, which are part of the program. This package moves
// files and bytes only. Package script knows what a script says.
package corpus

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Ext is the end of a script's file name.
const Ext = ".script"

// files are the scripts of this folder.
//
//go:embed README.md */*.script programs/*/*.script
var files embed.FS

// Names lists the project's own scripts as <property>/<slug>.script, sorted. Those of real programs,
// programs/<program>/<slug>.script, are not among them: not every machine can run them.
func Names() []string {
	return slices.DeleteFunc(all(), func(name string) bool { return strings.HasPrefix(name, "programs/") })
}

// all lists them with those of real programs.
func all() []string {
	names, err := list(files)
	if err != nil {
		panic("corpus: the embedded files can't be listed: " + err.Error())
	}
	return names
}

// Text returns one of the project's own scripts by its name in Names, or that of a real program's. It
// panics if there is none.
func Text(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic("corpus: an embedded file can't be read: " + err.Error())
	}
	return text
}

// A Dir is the path of a folder of scripts.
type Dir string

// All lists the scripts below the folder, sorted, as paths that Open takes. It leaves out
// files and folders whose names begin with a dot, such as half-written ones. If there is no
// folder the error is fs.ErrNotExist.
func (d Dir) All() ([]string, error) {
	names, err := list(os.DirFS(string(d)))
	if err != nil {
		return nil, &fileError{"cannot list " + string(d), err, ""}
	}
	for i, name := range names {
		names[i] = filepath.Join(string(d), filepath.FromSlash(name))
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

// Find lists the project's own scripts that a name means, with those of real programs: a name of Names,
// or its last part. It may begin with corpus/, lack Ext, or be a pattern of path.Match.
func Find(name string) (found []string) {
	name = strings.TrimPrefix(path.Clean(filepath.ToSlash(name)), "corpus/")
	for _, own := range all() {
		for _, form := range [...]string{own, path.Base(own)} {
			whole, _ := path.Match(name, form)
			short, _ := path.Match(name+Ext, form)
			if whole || short {
				found = append(found, own)
				break
			}
		}
	}
	return found
}

// Open opens a script for reading: a file, or, if there is none, the only one of the project's
// own scripts that Find finds. A folder is an error that names it.
func Open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return openOwn(path, err)
	}
	if err != nil {
		return nil, &fileError{"cannot open " + path, err, ""}
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("corpus: got folder %s; want a %s file", path, Ext)
	}
	return f, nil
}

// openOwn opens one of the project's own scripts; missing is why there is no file of this name.
func openOwn(path string, missing error) (io.ReadCloser, error) {
	switch own := Find(path); len(own) {
	case 0:
		return nil, &fileError{"cannot open " + path, missing,
			"; want a script that was saved by: wantwrite hunt"}
	case 1:
		return files.Open(own[0])
	default:
		return nil, fmt.Errorf("corpus: got %s, which may mean %d scripts; want one, such as corpus/%s or "+
			"corpus/%s", path, len(own), own[0], own[1])
	}
}

// maxSlug is the longest slug that Slug makes, in bytes.
const maxSlug = 80

// Slug makes a file name of words, without Ext: lower case, with one dash for each run of
// bytes that are no letter, digit, dot or underscore. The same words give the same name.
func Slug(words ...string) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToLower(strings.Join(words, "-"))) {
		switch {
		case allowed(c) && c != '-':
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

// allowed says whether a byte may be part of a property or slug.
func allowed(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_'
}

// checkWord refuses names that lead out of the folder, or are hidden in it.
func checkWord(what, word string) error {
	ok := word != "" && word[0] != '.'
	for _, c := range []byte(word) {
		ok = ok && allowed(c)
	}
	if !ok {
		return fmt.Errorf("corpus: got %s %q; want a-z, 0-9, -, . and _, no dot first", what, word)
	}
	return nil
}
