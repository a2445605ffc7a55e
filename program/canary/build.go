package canary

import (
	"embed"
	"errors"
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/program/cc"
)

//go:embed c
var sources embed.FS

// A Missing is the error of a machine that can't build a canary.
type Missing = cc.Missing

// standard are the flags of each build. A caller's come behind them.
var standard = []string{"-std=c11", "-D_GNU_SOURCE", "-O1", "-g"}

// Build compiles a canary below a folder, as cc.Build does, and returns the path of the program. The
// error is a *Missing if this machine lacks a compiler or a library's headers.
func Build(dir, program string, flags ...string) (string, error) {
	p, err := find(program)
	if err != nil {
		return "", err
	}
	var files []cc.File
	for _, name := range p.files() {
		text, _ := sources.ReadFile("c/" + name)
		files = append(files, cc.File{Name: name, Text: text})
	}
	path, err := cc.Build(dir, p.Name, files,
		slices.Concat(standard, flags, []string{p.Name + ".c", "canary.c"}, p.libraries))
	var none *Missing
	switch {
	case err == nil || errors.As(err, &none):
		return path, err
	case headers(p) != nil:
		return "", headers(p)
	}
	return "", fmt.Errorf("canary: %w", err)
}

// headers says which library can't be built with here, if a build has failed for that.
func headers(p Program) error {
	for _, need := range p.needs {
		if !cc.Has(need.header, need.function, p.libraries...) {
			return &Missing{Tool: need.tool, Why: fmt.Sprintf("canary: got no %s, or nothing to link with it; want the library to build with: apt-get install %s",
				need.header, need.pkg)}
		}
	}
	return nil
}
