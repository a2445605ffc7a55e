package canary

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed c
var sources embed.FS

// A Missing is the error of a machine that can't build a canary.
type Missing struct {
	Tool string // what require.Missing calls it: cc, libssl-dev or libevent
	Why  string // the error, with what to install
}

// Error implements error.
func (m *Missing) Error() string { return m.Why }

// standard are the flags of each build. A caller's come behind them.
var standard = []string{"-std=c11", "-D_GNU_SOURCE", "-O1", "-g"}

// Build compiles a canary with cc, or what the variable CC names, and returns the path of the
// program. It stands in a folder of dir that is named by a hash of source, compiler and flags, and is
// compiled only if it is not there yet. Several processes may build into one dir. The error is a
// *Missing if this machine lacks a compiler or a library's headers.
func Build(dir, program string, flags ...string) (string, error) {
	p, err := find(program)
	if err != nil {
		return "", err
	}
	cc, version, err := compiler()
	if err != nil {
		return "", err
	}
	flags = slices.Concat(standard, flags)
	home := filepath.Join(dir, hash(p, version, flags))
	name := filepath.Join(home, program)
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	if err := os.MkdirAll(home, 0o777); err != nil {
		return "", fmt.Errorf("canary: %w", err)
	}
	work, err := os.MkdirTemp(home, "build-")
	if err != nil {
		return "", fmt.Errorf("canary: %w", err)
	}
	defer os.RemoveAll(work)
	return name, compile(work, cc, p, flags, name)
}

// compile builds in work and moves what it has built to name, where it is whole or not there.
func compile(work, cc string, p Program, flags []string, name string) error {
	for _, file := range p.files() {
		text, _ := sources.ReadFile("c/" + file)
		if err := os.WriteFile(filepath.Join(work, file), text, 0o666); err != nil {
			return fmt.Errorf("canary: %w", err)
		}
	}
	args := slices.Concat(flags, []string{"-o", "built", p.Name + ".c", "canary.c"}, p.libraries)
	cmd := exec.Command(cc, args...)
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		if missing := headers(cc, p); missing != nil {
			return missing
		}
		return fmt.Errorf("canary: %s %s: %w\n%s", cc, strings.Join(args, " "), err, out)
	}
	return os.Rename(filepath.Join(work, "built"), name)
}

// compiler is the compiler and what it says of its version.
func compiler() (cc, version string, err error) {
	if cc = os.Getenv("CC"); cc == "" {
		cc = "cc"
	}
	out, err := exec.Command(cc, "--version").Output()
	if err != nil {
		return "", "", &Missing{"cc", fmt.Sprintf("canary: %s: %v; want a C compiler: apt-get install gcc libc6-dev", cc, err)}
	}
	return cc, string(out), nil
}

// headers says which library's headers are not here, if a build has failed for that.
func headers(cc string, p Program) error {
	for _, need := range p.needs {
		cmd := exec.Command(cc, "-E", "-x", "c", "-o", os.DevNull, "-")
		cmd.Stdin = strings.NewReader("#include <" + need.header + ">\n")
		if cmd.Run() != nil {
			return &Missing{need.tool, fmt.Sprintf("canary: got no %s; want the headers: apt-get install %s",
				need.header, need.pkg)}
		}
	}
	return nil
}

// hash is of all that a build depends on, but for the libraries: they are loaded at run time.
func hash(p Program, version string, flags []string) string {
	var all bytes.Buffer
	for _, file := range p.files() {
		text, _ := sources.ReadFile("c/" + file)
		fmt.Fprintf(&all, "%s %d\n%s", file, len(text), text)
	}
	fmt.Fprintf(&all, "%q %q %q", version, flags, p.libraries)
	return fmt.Sprintf("%x", sha256.Sum256(all.Bytes()))[:16]
}
