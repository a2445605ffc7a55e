package model

import (
	"go/ast"
	"go/token"
	"strconv"
	"testing"
)

// namesOfEngines finds the libraries of the module: packages with a type Library or Models
// whose method Name returns a literal. It gives the package's folder by the name.
func namesOfEngines(t *testing.T) map[string]string {
	names := map[string]string{}
	sources(t, func(dir, _ string, _ *token.FileSet, f *ast.File) {
		able, name := false, ""
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Body == nil || len(fn.Body.List) != 1 {
				continue
			}
			able = able || fn.Name.Name == "Can"
			ret, ok := fn.Body.List[0].(*ast.ReturnStmt)
			if !ok || fn.Name.Name != "Name" || len(ret.Results) != 1 {
				continue
			}
			if lit, ok := ret.Results[0].(*ast.BasicLit); ok {
				name, _ = strconv.Unquote(lit.Value)
			}
		}
		if able && name != "" {
			names[name] = dir
		}
	})
	return names
}

// TestEnginesHaveNoNames fails if code asks which library it has, where it should ask what
// the library can do: see Capabilities. The name of an engine may stand in its own package,
// and that of the default engine in the catalog.
func TestEnginesHaveNoNames(t *testing.T) {
	names := namesOfEngines(t)
	if len(names) < 4 {
		t.Fatalf("got engines %v; want the model's and three more", names)
	}
	sources(t, func(dir, file string, set *token.FileSet, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(lit.Value)
			if home, engine := names[text]; engine && dir != home && file != "fuzz/run/catalog.go" {
				t.Errorf("%s: got %q, the name of an engine; want a capability, or run.DefaultEngine",
					set.Position(lit.Pos()), text)
			}
			return true
		})
	})
}
