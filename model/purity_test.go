package model

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/wantwrite/wantwrite/"

// arrows are the imports that are drawn in the architecture: which packages of
// ours each package may import, and whether it may use others than those and
// the standard library.
var arrows = map[string]struct {
	ours   string // space-separated
	others bool
}{
	"model":               {"model/own", false},
	"model/own":           {"", false},
	"model/foreign":       {"model", false},
	"model/wire":          {"", false},
	"model/splitmix":      {"", false},
	"model/attack":        {"model model/wire", false},
	"model/tls":           {"model model/wire model/attack", false},
	"model/oracle":        {"model", false},
	"model/pumps":         {"model model/oracle", false},
	"sim":                 {"sim/script model model/own model/foreign model/splitmix model/wire model/attack model/oracle", false},
	"sim/script":          {"model model/wire model/attack", false},
	"engine/certificate":  {"engine/secret", false},
	"engine/openssl":      {"engine/certificate engine/secret model model/wire", true},
	"engine/message":      {"model/wire", false},
	"engine/puppet":       {"engine/carrier engine/certificate engine/message engine/secret model model/wire model/attack", false},
	"engine/secret":       {"model/splitmix", false},
	"engine/gotls":        {"engine/carrier engine/certificate engine/secret model model/wire", false},
	"engine/carrier":      {"model model/tls", false},
	"engine/differential": {"engine/linktest engine/require model model/wire model/tls", true},
	"engine/require":      {"", false},
	"engine/linktest":     {"model", false},
	"corpus":              {"", false},
	"corpus/programs":     {"corpus", false},
	"program/dialogue":    {"model model/own model/splitmix sim/script", false},
	"program/canary":      {"program/cc", false},
	"program/cc":          {"", false},
	"fuzz": {"fuzz/run fuzz/engines fuzz/hunt fuzz/guard fuzz/shrink fuzz/story fuzz/check sim sim/script model " +
		"model/oracle corpus", true},
	"fuzz/engines":     {"fuzz/run model engine/openssl engine/gotls engine/puppet", false},
	"program":          {"program/dialogue program/kernel program/observer program/seccomp engine/certificate model/foreign model/own sim/script", true},
	"program/kernel":   {"program/observer program/seccomp model model/foreign model/own model/splitmix", true},
	"program/observer": {"program/cc program/seccomp engine/message model model/foreign model/wire", true},
	"program/seccomp":  {"", true},
	"fuzz/programs":    {"fuzz/run model/foreign model/own program program/dialogue", false},
	"fuzz/run":         {"sim sim/script model model/foreign model/own model/wire model/attack model/oracle model/pumps model/tls", true},
	"fuzz/hunt":        {"model/foreign fuzz/run fuzz/shrink fuzz/story sim sim/script model/oracle model/tls", false},
	"fuzz/shrink":      {"fuzz/run sim sim/script model model/oracle corpus", false},
	"fuzz/story":       {"fuzz/run sim sim/script model model/wire model/oracle model/pumps corpus", true},
	"fuzz/guard":       {"fuzz/run fuzz/hunt fuzz/shrink sim sim/script model/oracle", false},
	"fuzz/check":       {"fuzz/run sim sim/script model model/wire model/own model/oracle model/tls", false},
	"fuzz/fuzztest":    {"fuzz/run fuzz/hunt fuzz/example sim/script model model/oracle model/pumps corpus", false},
	"fuzz/example":     {"model", false},
	"fuzz/live":        {"fuzz/run fuzz/hunt fuzz/shrink fuzz/story sim sim/script model/oracle", true},
	"fuzz/table":       {"sim/script", false},
	"fuzz/versus":      {"fuzz/run fuzz/hunt sim sim/script model model/foreign model/oracle", false},
	"fuzz/survey":      {"fuzz/run fuzz/hunt fuzz/story fuzz/table sim/script model/oracle corpus", false},
	"fuzz/matrix": {"fuzz/run fuzz/hunt fuzz/shrink fuzz/story fuzz/guard fuzz/table sim/script model model/oracle " +
		"model/pumps corpus", false},
	"cmd/wantwrite": {"cmd/cli", false},
	"cmd/cli": {"corpus/programs program program/dialogue fuzz/programs fuzz/run fuzz/engines fuzz/hunt fuzz/shrink fuzz/story fuzz/guard fuzz/check fuzz/live " +
		"fuzz/matrix fuzz/survey fuzz/table fuzz/versus sim sim/script model model/attack model/oracle model/pumps corpus " +
		"engine/openssl engine/gotls engine/puppet engine/differential", true},
}

// banned is what package model, and nearly all of it package sim, has to be
// given instead. A run could not be replayed otherwise.
var banned = map[string]string{
	"context":      "nothing here waits",
	"crypto/rand":  "take the choice as an argument",
	"math/rand":    "take the choice as an argument",
	"math/rand/v2": "take the choice as an argument",
	"net":          "use a Socket",
	"os":           "take the text as an argument",
	"runtime":      "runs must not depend on the machine",
	"sync":         "everything belongs to one goroutine",
	"sync/atomic":  "everything belongs to one goroutine",
	"time":         "take ticks as an argument",
	"unsafe":       "addresses differ from run to run",
}

// sources parses the non-test files of the module, by folder.
func sources(t *testing.T, visit func(dir, name string, set *token.FileSet, f *ast.File)) {
	t.Helper()
	root := ".."
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && skipped(d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(name), "../")
		visit(path.Dir(rel), rel, set, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pure says whether a folder holds what runs are made of.
func pure(dir string) bool {
	first, _, _ := strings.Cut(dir, "/")
	return first == "model" || first == "sim"
}

func skipped(dir string) bool {
	return dir == "testdata" || dir == "found" || strings.HasPrefix(dir, ".")
}

// TestArrows fails if a package imports what the architecture does not draw.
func TestArrows(t *testing.T) {
	seen := map[string]bool{}
	sources(t, func(dir, name string, _ *token.FileSet, f *ast.File) {
		may, known := arrows[dir]
		if !known {
			t.Errorf("%s: package %s has no arrows in purity_test.go; draw them", name, dir)
			return
		}
		seen[dir] = true
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			ours, own := strings.CutPrefix(imp, modulePath)
			first, _, _ := strings.Cut(imp, "/")
			switch {
			case own && !strings.Contains(" "+may.ours+" ", " "+ours+" "):
				t.Errorf("%s: imports %s; %s may import only [%s]", name, ours, dir, may.ours)
			case !own && strings.Contains(first, ".") && !may.others:
				t.Errorf("%s: imports %s; %s may import only the standard library", name, imp, dir)
			}
		}
	})
	if !seen["model"] {
		t.Error("the files of model were not found; the test looks in the wrong place")
	}
}

// TestPurity fails if package model or sim can tell what time it is, who it is
// talking to, or how lucky it is, or does two things at once. Replay of a
// failure depends on it.
func TestPurity(t *testing.T) {
	sources(t, func(dir, name string, set *token.FileSet, f *ast.File) {
		if !pure(dir) {
			return
		}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if why, bad := banned[imp]; bad {
				t.Errorf("%s: imports %s; %s", name, imp, why)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: a go statement; a run has one goroutine", set.Position(n.Pos()))
			case *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
				t.Errorf("%s: a channel; a run has one goroutine", set.Position(n.Pos()))
			}
			return true
		})
	})
}

// TestFunctionsAreShort keeps all functions at 70 lines or less.
func TestFunctionsAreShort(t *testing.T) {
	sources(t, func(_, _ string, set *token.FileSet, f *ast.File) {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			at := set.Position(fn.Pos())
			if n := set.Position(fn.End()).Line - at.Line + 1; n > 70 {
				t.Errorf("%s: %s has %d lines; want at most 70", at, fn.Name.Name, n)
			}
		}
	})
}
