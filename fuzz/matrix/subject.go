package matrix

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// A Subject is a row of a matrix: a pump, or a mutant.
type Subject struct {
	Spec   model.Spec
	Mutant *pumps.Mutant // nil: it is a pump
	// Sound: it is a correct pump, or should be one, in which nothing may be found.
	Sound bool
}

// Must is the property that a mutant must break; a pump none.
func (s *Subject) Must() oracle.PropertyID {
	if s.Mutant == nil {
		return oracle.NoProperty
	}
	return s.Mutant.Breaks
}

// sound says whether nothing may be found in a pump: of the project's, in those that are
// correct; and in all others, which are their authors' own.
func sound(pump string) bool {
	named := func(spec model.Spec) bool { return spec.Name == pump }
	return slices.ContainsFunc(pumps.Sound(), named) || !slices.ContainsFunc(pumps.Pumps(), named)
}

// wanted is the property that counts among what the hunts found: what the
// subject must break, or else what it has leave to break, or else the first.
func (s *Subject) wanted(found [][]*hunt.Failure) oracle.PropertyID {
	var broken []oracle.PropertyID
	for _, finds := range found {
		for _, f := range finds {
			broken = append(broken, f.Result.Violation.Property)
		}
	}
	if m := s.Mutant; m != nil {
		if slices.Contains(broken, m.Breaks) {
			return m.Breaks
		}
		if i := slices.IndexFunc(broken, m.Also.Has); i >= 0 {
			return broken[i]
		}
	}
	return append(broken, oracle.NoProperty)[0]
}

// Pumps are the catalog's pumps that the patterns choose, in its order. A pattern
// is a name, or one with * and ? in it.
func Pumps(c *run.Catalog, patterns []string) (list []Subject, err error) {
	used := make([]bool, len(patterns))
	for _, spec := range c.Pumps() {
		if chosen(patterns, used, spec.Name) {
			list = append(list, Subject{Spec: spec, Sound: sound(spec.Name)})
		}
	}
	return list, idle("pump", patterns, used)
}

// Mutants are the catalog's mutants that the patterns choose, in its order: by
// their names, or by their family, a letter of the bug list.
func Mutants(c *run.Catalog, patterns []string) (list []Subject, err error) {
	used := make([]bool, len(patterns))
	for _, m := range c.Mutants() {
		if chosen(patterns, used, m.Name, family(&m)) {
			list = append(list, Subject{Spec: m.Spec, Mutant: &m})
		}
	}
	return list, idle("mutant", patterns, used)
}

// family is the letter of the family of the first of a mutant's bugs.
func family(m *pumps.Mutant) string {
	if len(m.Bugs) == 0 {
		return ""
	}
	return m.Bugs[0][:1]
}

// chosen says whether one of the patterns fits one of the names, and notes which
// were of use.
func chosen(patterns []string, used []bool, names ...string) (is bool) {
	for i, pattern := range patterns {
		for _, name := range names {
			if fits, _ := path.Match(pattern, name); fits {
				is, used[i] = true, true
			}
		}
	}
	return is
}

// idle is the error of a pattern that nothing fits.
func idle(kind string, patterns []string, used []bool) error {
	want := "a name, or a pattern such as kv-*"
	if kind == "mutant" {
		want = "a name, a pattern such as *-renegotiation, or a family, A to K"
	}
	for i, pattern := range patterns {
		if !used[i] {
			return fmt.Errorf("matrix: got %s %q; want %s; see: wantwrite list", kind,
				strings.ToValidUTF8(pattern, "?"), want)
		}
	}
	return nil
}
