package story

import (
	"path"
	"slices"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// ScriptOf is the script that shows a mutant in the project's corpus, a name of corpus.Names;
// empty if there is none, or if there is no mutant.
func ScriptOf(m *pumps.Mutant) string {
	if m == nil {
		return ""
	}
	name := path.Join(m.Breaks.String(), corpus.Slug(m.Name, m.Scenario)+corpus.Ext)
	if slices.Contains(corpus.Names(), name) {
		return name
	}
	return ""
}
