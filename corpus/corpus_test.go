package corpus_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/corpus"
)

func save(t *testing.T, dir, slug, text string) string {
	t.Helper()
	path, err := corpus.Dir(dir).Save("stall", slug, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	f, err := corpus.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// everything lists all that lies below dir, hidden files too.
func everything(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// TestSavedOnceAndWhole: a hunt finds a failure, finds it again, and finds
// another one that looks the same. Nothing is lost, and no temporary file
// stays behind.
func TestSavedOnceAndWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "corpus")
	first := save(t, dir, "kv", "one\n")
	again := save(t, dir, "kv", "one\n")
	other := save(t, dir, "kv", "two\n")
	third := save(t, dir, "kv", "three\n")
	if first != again || first != filepath.Join(dir, "stall", "kv.script") {
		t.Errorf("got %s and %s; want the same text at one path", first, again)
	}
	want := []string{other, third, first} // "-" sorts before "."
	if !strings.HasSuffix(other, "kv-2.script") || !strings.HasSuffix(third, "kv-3.script") {
		t.Errorf("got %s and %s; want numbered paths", other, third)
	}
	listed, err := corpus.Dir(dir).All()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, everything(t, dir)); diff != "" {
		t.Errorf("in the folder (-want +got):\n%s", diff)
	}
	if got := read(t, first) + read(t, other); got != "one\ntwo\n" {
		t.Errorf("got %q in the files; want each as it was saved", got)
	}
}

// TestHuntsShareAFolder: workers save different scripts under one slug at one
// time (story 85), and each of them is kept.
func TestHuntsShareAFolder(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			_, err := corpus.Dir(dir).Save("stall", "kv", fmt.Appendf(nil, "run %d\n", i/2))
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, path := range everything(t, dir) {
		seen[read(t, path)] = true
	}
	if len(seen) != 20 {
		t.Errorf("got %d different scripts back; want 20", len(seen))
	}
}

// TestHiddenFilesAreNotScripts: what a killed hunt left is not listed.
func TestHiddenFilesAreNotScripts(t *testing.T) {
	dir := t.TempDir()
	path := save(t, dir, "kv", "one\n")
	for _, name := range []string{".script-1.tmp", ".x.script", "notes.txt"} {
		put(t, filepath.Join(dir, "stall", name), "half")
	}
	got, err := corpus.Dir(dir).All()
	if err != nil || len(got) != 1 || got[0] != path {
		t.Errorf("got %q, %v; want only %s", got, err, path)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestFolderInTheWay: the message names the folder, the cause and the way out.
func TestFolderInTheWay(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "stall"), "a file")
	_, err := corpus.Dir(dir).Save("stall", "kv", []byte("one\n"))
	want := "corpus: cannot write " + filepath.Join(dir, "stall") +
		": not a directory; choose another folder with --corpus DIR"
	if runtime.GOOS != "windows" && (err == nil || err.Error() != want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestFolderForbidden: so it does where the user may not write.
func TestFolderForbidden(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	_, err := corpus.Dir(dir).Save("stall", "kv", []byte("one\n"))
	if err == nil {
		t.Skip("this user may write anywhere")
	}
	want := "corpus: cannot write " + filepath.Join(dir, "stall") +
		": permission denied; choose another folder with --corpus DIR"
	if err.Error() != want || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestNamesStayInTheCorpus: no name leads out of it, or hides in it.
func TestNamesStayInTheCorpus(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"", "..", "../x", "a/b", ".kv", "A", "a b", "a\x00"} {
		_, err := corpus.Dir(dir).Save("stall", name, nil)
		want := fmt.Sprintf("corpus: got slug %q; want a-z, 0-9, -, . and _, no dot first", name)
		if err == nil || err.Error() != want {
			t.Errorf("got %v; want %s", err, want)
		}
	}
	if _, err := corpus.Dir(dir).Save("../stall", "kv", nil); err == nil {
		t.Error("a property that leads out of the corpus was accepted")
	}
	if got := everything(t, dir); got != nil {
		t.Errorf("got %q; want nothing written", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := corpus.Open(dir)
	want := "corpus: got folder " + dir + "; want a .script file"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	gone := filepath.Join(dir, "gone.script")
	if _, err = corpus.Open(gone); !errors.Is(err, fs.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "corpus: cannot open "+gone+": ") {
		t.Errorf("got %v; want that %s does not exist", err, gone)
	}
	if _, err = corpus.Dir(gone).All(); !errors.Is(err, fs.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "corpus: cannot list "+gone+": ") {
		t.Errorf("got %v; want that %s does not exist", err, gone)
	}
}

// TestSlug: what Slug makes, Save takes.
func TestSlug(t *testing.T) {
	for want, parts := range map[string][]string{
		"kv-original-renegotiation-1.2": {"kv-original", "Renegotiation", "1.2"},
		"my-pump-v2":                    {"My  Pump", "v2"},
		"example.com-my-pump":           {"example.com/my pump"},
		"etc-passwd":                    {"../etc//passwd", "", "..."},
		"script":                        {"", "/", "é"},
		strings.Repeat("a", 80):         {strings.Repeat("a", 200)},
	} {
		if got := corpus.Slug(parts...); got != want {
			t.Errorf("got slug %q of %q; want %q", got, parts, want)
		}
		if _, err := corpus.Dir(t.TempDir()).Save("stall", want, nil); err != nil {
			t.Error(err)
		}
	}
}

// TestEmbeddedIsTheFolder: every script that lies here is in the binary, as
// it is on disk.
func TestEmbeddedIsTheFolder(t *testing.T) {
	onDisk, err := corpus.Dir(".").All()
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range onDisk {
		onDisk[i] = filepath.ToSlash(path)
	}
	if diff := cmp.Diff(onDisk, corpus.All()); diff != "" {
		t.Fatalf("(-on disk +embedded):\n%s", diff)
	}
	for _, name := range corpus.All() {
		text, err := fs.ReadFile(corpus.Embedded, name)
		if err != nil || string(text) != read(t, name) {
			t.Errorf("%s is not embedded as it is (%v)", name, err)
		}
	}
	if _, err := fs.Stat(corpus.Embedded, "corpus.go"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v for corpus.go; want no Go files embedded", err)
	}
}

// TestReplace: a script is replaced as a whole, and what was there is kept under
// a name that no list of scripts has; no copy of another text is lost.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.script")
	for i, text := range []string{"one\n", "two\n", "two\n", "three\n"} {
		if i > 0 {
			if _, err := corpus.Keep(path); err != nil {
				t.Fatal(err)
			}
		}
		if err := corpus.Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != text {
			t.Errorf("got %q; want %q", got, text)
		}
	}
	if one, two := read(t, path+".orig"), read(t, path+".orig-2"); one != "one\n" || two != "two\n" {
		t.Errorf("got %q and %q kept", one, two)
	}
	if got := everything(t, dir); len(got) != 3 {
		t.Errorf("got %q; want the script and two copies", got)
	}
	if names, err := corpus.Dir(dir).All(); err != nil || len(names) != 1 {
		t.Errorf("got %q, %v; want the script alone", names, err)
	}
}

// TestReplaceRefuses: the message names the file; nothing is left behind.
func TestReplaceRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := corpus.Replace(dir, nil); err == nil ||
		err.Error() != "corpus: got folder "+dir+"; want a .script file" {
		t.Errorf("got %v", err)
	}
	gone := filepath.Join(dir, "none", "a.script")
	if err := corpus.Replace(gone, nil); !errors.Is(err, fs.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "corpus: cannot write "+gone+": ") {
		t.Errorf("got %v", err)
	}
	if _, err := corpus.Keep(gone); !errors.Is(err, fs.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "corpus: cannot read "+gone+": ") {
		t.Errorf("got %v", err)
	}
	if got := everything(t, dir); got != nil {
		t.Errorf("got %q; want nothing", got)
	}
}

// TestSaveAsFoundElsewhere: two hunts find the same script in different ways, or tell of it
// with other lines of an edited pump (story 125). It is kept once, as it was found first.
func TestSaveAsFoundElsewhere(t *testing.T) {
	dir := t.TempDir()
	text := func(found string) []byte {
		return []byte("wantwrite script 1\nproperty: stall\n" + found + "\npoll client\n")
	}
	first, err := corpus.Dir(dir).Save("stall", "x", text("found: schedules=53\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range []string{"found: schedules=7 strategy=portfolio scenario=any\n", "",
		"# look at pump.go:31: mypump.(*pump).Ready\n", "#\n# look at pump.go:32: mypump.(*pump).Ready\n"} {
		again, err := corpus.Dir(dir).Save("stall", "x", text(found))
		if err != nil || again != first {
			t.Errorf("%q: got %s, %v; want %s", found, again, err, first)
		}
	}
	other, err := corpus.Dir(dir).Save("stall", "x", []byte("property: crash\n\npoll client\n"))
	if err != nil || other == first {
		t.Errorf("got %s, %v; want another path for another script", other, err)
	}
}
