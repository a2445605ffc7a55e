package matrix

import (
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/table"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// A Subject is a row of the table: a pump or a mutant.
type Subject struct {
	Spec   model.Spec
	Mutant *pumps.Mutant // nil for a pump
	// Sound says that the pump is meant to be correct: a failure in it is an error.
	Sound bool
}

// Must is the property that a mutant must break; NoProperty for a pump.
func (s *Subject) Must() oracle.PropertyID {
	if s.Mutant == nil {
		return oracle.NoProperty
	}
	return s.Mutant.Breaks
}

// sound says whether a pump is meant to be correct. Some of the project's own are not; every
// other pump is.
func sound(pump string) bool {
	named := func(spec model.Spec) bool { return spec.Name == pump }
	return slices.ContainsFunc(pumps.Sound(), named) || !slices.ContainsFunc(pumps.Pumps(), named)
}

// wanted is the property that counts among those of the failures: the one that a mutant must
// break, or else one that it may break, or else the first.
func (s *Subject) wanted(bySeed [][]*hunt.Failure) oracle.PropertyID {
	var broken []oracle.PropertyID
	for _, failures := range bySeed {
		for _, f := range failures {
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

// Pumps returns the catalog's pumps that match one of the patterns, in the catalog's order. A
// pattern is a name, or a pattern of path.Match such as kv-*. One that matches nothing is an
// error.
func Pumps(c *run.Catalog, patterns []string) (list []Subject, err error) {
	used := make([]bool, len(patterns))
	var known []string
	for _, spec := range c.Pumps() {
		known = append(known, spec.Name)
		if table.Chosen(patterns, used, spec.Name) {
			list = append(list, Subject{Spec: spec, Sound: sound(spec.Name)})
		}
	}
	return list, idle("pump", patterns, used, known)
}

// Mutants returns the catalog's mutants that match one of the patterns, by name or by family:
// the letter of the mutant's first bug. One that matches nothing is an error.
func Mutants(c *run.Catalog, patterns []string) (list []Subject, err error) {
	used := make([]bool, len(patterns))
	var known []string
	for _, m := range c.Mutants() {
		known = append(known, m.Name)
		if table.Chosen(patterns, used, m.Name, family(&m)) {
			list = append(list, Subject{Spec: m.Spec, Mutant: &m})
		}
	}
	return list, idle("mutant", patterns, used, known)
}

// family is the letter of the family of the first of a mutant's bugs.
func family(m *pumps.Mutant) string {
	if len(m.Bugs) == 0 {
		return ""
	}
	return m.Bugs[0][:1]
}

// idle is the error of a pattern that matched none of the names that are known.
func idle(kind string, patterns []string, used []bool, known []string) error {
	want := "a name, or a pattern such as kv-*"
	if kind == "mutant" {
		want = "a name, a pattern such as *-renegotiation, or a family, A to K"
	}
	if err := table.Idle(kind, want, patterns, used, known); err != nil {
		return fmt.Errorf("matrix: %w", err)
	}
	return nil
}
