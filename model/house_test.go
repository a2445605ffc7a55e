package model

import (
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// most is how many names a package may export: constants, variables, functions and
// types. A package that is not here has the rest of mostOfAll to share.
var most = map[string]int{"model": 70, "fuzz": 30}

// mostOfAll is how many the packages that there were when the house was rebuilt may export
// together.
const mostOfAll = 400

// added are the packages that came after that. Each has a limit of its own, and does not count
// for mostOfAll.
var added = map[string]int{"model/own": 12, "model/foreign": 17, "engine/message": 30,
	"engine/certificate": 8, "program/dialogue": 10, "program/canary": 6,
	"program/cc": 4, "program/observer": 6, "program": 14, "program/kernel": 8, "program/seccomp": 19, "fuzz/programs": 3,
	"fuzz/survey": 8, "fuzz/table": 5, "fuzz/versus": 4, "corpus/programs": 3}

// forUsers are the packages whose names are there for other modules and for tests: what
// a pump's author imports, compares with or wraps, and what tests share.
var forUsers = map[string]bool{"fuzz": true, "fuzz/example": true, "cmd/cli": true,
	"model/pumps": true, "engine/linktest": true, "fuzz/fuzztest": true, "engine/require": true, "engine/differential": true,
	"program/dialogue": true, "program/canary": true}

// A name is an exported one, and where it was declared.
type name struct {
	dir, word  string
	at         token.Position
	documented bool
}

// exported lists the exported names of the module, package by package.
func exported(t *testing.T) (all []name) {
	t.Helper()
	sources(t, func(dir, _ string, set *token.FileSet, f *ast.File) {
		if f.Name.Name == "main" {
			return
		}
		add := func(id *ast.Ident, docs ...*ast.CommentGroup) {
			if id.IsExported() {
				documented := slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d != nil })
				all = append(all, name{dir, id.Name, set.Position(id.Pos()), documented})
			}
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(d.Name, d.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						add(s.Name, s.Doc, d.Doc)
					case *ast.ValueSpec:
						for _, id := range s.Names {
							add(id, s.Doc, s.Comment, d.Doc)
						}
					}
				}
			}
		}
	})
	return all
}

// TestExportedNames holds the line: few names, each with a comment. A new one has to
// be worth an old one.
func TestExportedNames(t *testing.T) {
	count, seen := map[string]int{}, map[string]bool{}
	for _, n := range exported(t) {
		if !n.documented {
			t.Errorf("%s: %s has no comment", n.at, n.word)
		}
		if key := n.dir + "." + n.word; !seen[key] { // a file for each system declares it anew
			seen[key] = true
			count[n.dir]++
		}
	}
	all := len(seen)
	for dir, limit := range added {
		most[dir] = limit
		all -= count[dir]
	}
	if all > mostOfAll {
		t.Errorf("the module exports %d names; want at most %d: %v", all, mostOfAll, count)
	}
	for dir, limit := range most {
		if count[dir] > limit {
			t.Errorf("package %s exports %d names; want at most %d", dir, count[dir], limit)
		}
	}
}

// TestNamesAreUsed fails for an exported name that no other package uses, tests left
// out.
func TestNamesAreUsed(t *testing.T) {
	used := map[string]bool{}
	sources(t, func(dir, _ string, _ *token.FileSet, f *ast.File) {
		ours := map[string]string{} // the file's word for a package: its folder
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if from, own := strings.CutPrefix(imp, modulePath); own {
				word := path.Base(from)
				if spec.Name != nil {
					word = spec.Name.Name
				}
				ours[word] = from
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && ours[x.Name] != "" {
					used[ours[x.Name]+"."+sel.Sel.Name] = true
				}
			}
			return true
		})
	})
	types := exposed(t)
	for _, n := range exported(t) {
		if !forUsers[n.dir] && !used[n.dir+"."+n.word] && !types[n.dir+"."+n.word] {
			t.Errorf("%s: only package %s uses %s, or its tests; unexport it", n.at, n.dir, n.word)
		}
	}
}

// exposed are the types that other exported declarations show: fields, parameters and
// results. Who uses the one has the other in hand.
func exposed(t *testing.T) map[string]bool {
	t.Helper()
	shown := map[string]bool{}
	sources(t, func(dir, _ string, _ *token.FileSet, f *ast.File) {
		show := func(n ast.Node) {
			ast.Inspect(n, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BlockStmt:
					return false
				case *ast.Ident:
					if n.IsExported() {
						shown[dir+"."+n.Name] = true
					}
				}
				return true
			})
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() {
					if d.Recv != nil {
						show(d.Recv)
					}
					show(d.Type)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						if s.Name.IsExported() {
							show(s.Type)
						}
					case *ast.ValueSpec:
						if s.Type != nil {
							show(s.Type)
						}
					}
				}
			}
		}
	})
	return shown
}

// TestFilesAreOfASize fails for a file that has grown beyond one concept.
func TestFilesAreOfASize(t *testing.T) {
	const limit = 800
	sources(t, func(_, file string, set *token.FileSet, f *ast.File) {
		if n := set.Position(f.End()).Line; n > limit {
			t.Errorf("%s has %d lines; want at most %d: cut it by concept", file, n, limit)
		}
	})
}

// told is where a story is told, and cited where one is only named.
var (
	told  = regexp.MustCompile(`\bStory (\d+):`)
	cited = regexp.MustCompile(`\b[Ss]tory (\d+)\b`)
)

// TestStoriesAreToldOnce: the stories of our bugs are numbered over the whole module.
// Each is told in one file, at the line that prevents the bug, and a reference to one
// leads there.
func TestStoriesAreToldOnce(t *testing.T) {
	where, references := map[string][]string{}, map[string]string{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != ".." && skipped(d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, ".md"):
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range told.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasSuffix(file, "_test.go") {
				where[m[1]] = append(where[m[1]], file)
			}
		}
		for _, m := range cited.FindAllStringSubmatch(string(text), -1) {
			references[m[1]] = file
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for number, files := range where {
		if len(files) > 1 {
			t.Errorf("story %s is told in %v; want one file, and a number of its own", number, files)
		}
	}
	for number, file := range references {
		if len(where[number]) == 0 {
			t.Errorf("%s: story %s is told nowhere", file, number)
		}
	}
	if len(where) < 50 {
		t.Errorf("%d stories are told; the test looks in the wrong place", len(where))
	}
}
