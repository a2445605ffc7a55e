package fuzztest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Module is a user's module: another one than ours, which imports ours from the checkout.
type Module struct{ Dir string }

// NewModule makes a module of these files in a folder of its own. root is the checkout, seen
// from the test.
func NewModule(t testing.TB, root string, files map[string]string) Module {
	t.Helper()
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	const ours = "github.com/wantwrite/wantwrite"
	_, required, _ := strings.Cut(string(mod), "\n") // without the line that names the module
	m := Module{t.TempDir()}
	m.Write(t, "go.mod", "module example.com/mypump\n"+required+"\nrequire "+ours+" v0.0.0\n\nreplace "+
		ours+" => "+filepath.ToSlash(root)+"\n")
	m.Write(t, "go.sum", string(sum))
	for name, text := range files {
		m.Write(t, name, text)
	}
	return m
}

// Write writes a file of the module.
func (m Module) Write(t testing.TB, name, text string) {
	t.Helper()
	name = filepath.Join(m.Dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Go runs the go command in the module, without a network. It gives what that prints, and
// whether it succeeds.
func (m Module) Go(t testing.TB, args ...string) (out string, ok bool) {
	t.Helper()
	c := exec.Command("go", args...)
	c.Dir, c.Env = m.Dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	text, err := c.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return string(text), err == nil
}
