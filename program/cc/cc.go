// Package cc compiles small C programs of ours with the machine's compiler, once.
package cc

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Missing is the error of a machine that can't compile something.
type Missing struct {
	Tool string // what require.Missing calls it: cc, libssl-dev or libevent
	Why  string // the error, with what to install
}

// Error implements error.
func (m *Missing) Error() string { return m.Why }

// A File is a source, or what a source includes.
type File struct {
	Name string
	Text []byte
}

// Build calls cc, or what the variable CC names, with arguments that say what to do with the files,
// and returns the path of what it has made, which has that name. It stands in a folder of dir that is
// named by a hash of files, compiler and arguments, and is made only if it is not there yet. Several
// processes may build into one dir. Without a compiler the error is a *Missing.
func Build(dir, name string, files []File, args []string) (string, error) {
	cc := compiler()
	version, err := exec.Command(cc, "--version").Output()
	if err != nil {
		return "", &Missing{"cc", fmt.Sprintf("%s: %v; want a C compiler: apt-get install gcc libc6-dev", cc, err)}
	}
	home := filepath.Join(dir, hash(files, version, args))
	made := filepath.Join(home, name)
	if _, err := os.Stat(made); err == nil {
		return made, nil
	}
	if err := os.MkdirAll(home, 0o777); err != nil {
		return "", fmt.Errorf("cc: %w", err)
	}
	work, err := os.MkdirTemp(home, "build-")
	if err != nil {
		return "", fmt.Errorf("cc: %w", err)
	}
	defer os.RemoveAll(work)
	return made, compile(cc, work, made, files, args)
}

// compile builds in work and moves what it has built to its place, where it is whole or not there.
func compile(cc, work, made string, files []File, args []string) error {
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(work, f.Name), f.Text, 0o666); err != nil {
			return fmt.Errorf("cc: %w", err)
		}
	}
	cmd := exec.Command(cc, append([]string{"-o", "built"}, args...)...)
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cc: %s %s: %w\n%s", cc, strings.Join(args, " "), err, out)
	}
	return os.Rename(filepath.Join(work, "built"), made)
}

func compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "cc"
}

// Has says whether the compiler finds a header, and the linker a function in libraries, which are
// flags such as -lssl. A library may be there without its headers, and headers without what to link.
func Has(header, function string, libraries ...string) bool {
	cmd := exec.Command(compiler(), append([]string{"-w", "-x", "c", "-o", os.DevNull, "-"}, libraries...)...)
	cmd.Stdin = strings.NewReader("#include <" + header + ">\nvoid *volatile f = (void *)" + function + ";\nint main(void) { return f == 0; }\n")
	return cmd.Run() == nil
}

// hash is of all that a build depends on, but for libraries: they are loaded at run time.
func hash(files []File, version []byte, args []string) string {
	var all bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&all, "%s %d\n%s", f.Name, len(f.Text), f.Text)
	}
	fmt.Fprintf(&all, "%q %q", version, args)
	return fmt.Sprintf("%x", sha256.Sum256(all.Bytes()))[:16]
}
