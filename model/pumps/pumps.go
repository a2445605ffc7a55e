// Package pumps has the pumps of the project. The sound ones are correct: the reference, and
// six of other shapes, as real pumps have them. The three of kv_engine are museum pieces, with
// the bugs that they had. The mutants are sound pumps with one planted mistake each.
//
// To add a mutant, add a row to the table in mutants.go. To find out what pumps decide, and
// where the code of the sound ones does, read decisions.go. The public bugs that all this is
// from are in bugs.txt.
package pumps

import (
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/model"
)

// Pumps lists the pumps of the project: the three of kv_engine, and the sound ones.
// Mutants are listed apart.
func Pumps() []model.Spec {
	return append([]model.Spec{kvOriginal(), kvSpeculative(), kvLanded()}, Sound()...)
}

// Sound lists the correct pumps, in which hunts must find nothing: the reference first, and
// then those of other shapes.
func Sound() []model.Spec {
	return []model.Spec{ReferenceSpec(), filterSpec(), readyFlagsSpec(), writeRequestSpec(),
		completionSpec(), oneLockSpec(), nestedSpec()}
}

// Named is the pump of that name among Pumps, such as "kv-landed". To ask for a name that
// there is not is a panic.
func Named(name string) model.Spec {
	all := Pumps()
	i := slices.IndexFunc(all, func(s model.Spec) bool { return s.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("pumps: got pump %q; want one that Pumps lists", name))
	}
	return all[i]
}
