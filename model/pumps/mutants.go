package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// A Mutant is a correct pump, most often the reference, with one planted mistake
// from real public bugs.
type Mutant struct {
	model.Spec
	// Of names the correct pump.
	Of string
	// Bugs are the ids of the real bugs, as in the project's bug list.
	Bugs string
	// Breaks is the property that the mistake must break.
	Breaks oracle.PropertyID
	// Scenario is the one that shows it.
	Scenario string
	// Also are other properties that it may break, and Because says why. Most
	// break none.
	Also    oracle.PropertySet
	Because string
	// At is where it decides wrongly.
	At Decision
}

// A plan is how a mutant is written down; the first of its mistakes names the
// decision. They are the reference's, or with a variant those of another shape.
type plan struct {
	name     string
	about    string
	bugs     string
	breaks   oracle.PropertyID
	scenario string
	also     oracle.PropertySet
	because  string
	mistakes []mistake
	variant  variant
}

// A variant is a pump with mistakes.
type variant struct {
	spec model.Spec // of the correct pump
	new  func(model.Env) model.Pump
	at   []Decision
	// whole: each mistake is either a judgement or a number.
	whole bool
}

// variantOf plants mistakes in a pump of a shape.
func variantOf[P shape](spec model.Spec, empty func() P, mistakes []mistakeIn[P]) variant {
	v := variant{spec: spec, new: built(empty, mistakes...), whole: true}
	for _, m := range mistakes {
		v.at = append(v.at, m.at)
		v.whole = v.whole && (m.judge == nil) != (m.count == nil)
	}
	return v
}

// families are the plans: A to K of the reference, and those of each shape.
var families = [...][]plan{lostOutput, lostFlights, wrongInterest, lostInput, wrongRetries,
	wrongEnds, jams, staleErrors, floods, wrongCallbacks, mixedUp,
	filterMistakes, flagMistakes, requestMistakes, completionMistakes, lockMistakes,
	nestedMistakes}

// Mutants lists them, family by family as in the bug list, and then shape by shape:
// at least one for each property.
func Mutants() []Mutant {
	var all []Mutant
	for _, family := range families {
		for i := range family {
			all = append(all, family[i].mutant())
		}
	}
	return all
}

// planted is the plan's pump.
func (f *plan) planted() variant {
	if f.variant.new != nil {
		return f.variant
	}
	return variantOf(ReferenceSpec(), newReference, f.mistakes)
}

// mutant makes a mutant of a plan.
func (f *plan) mutant() Mutant {
	v := f.planted()
	m := Mutant{Spec: v.spec, Of: v.spec.Name, Bugs: f.bugs, Breaks: f.breaks,
		Scenario: f.scenario, Also: f.also, Because: f.because, At: v.at[0]}
	m.Name, m.About, m.New = f.name, f.about, v.new
	return m
}

// either is a set of properties.
func either(ids ...oracle.PropertyID) (s oracle.PropertySet) {
	for _, id := range ids {
		s = s.With(id)
	}
	return s
}

// never and always are the simplest mistakes of the reference.
func never(at Decision) []mistake {
	return judged(at, no[*Reference])
}

func always(at Decision) []mistake {
	return judged(at, yes[*Reference])
}

// judged is a wrong judgement, counted a wrong number.
func judged[P any](at Decision, judge func(p P, right bool) bool) []mistakeIn[P] {
	return []mistakeIn[P]{{at: at, judge: judge}}
}

func counted[P any](at Decision, count func(p P, right int) int) []mistakeIn[P] {
	return []mistakeIn[P]{{at: at, count: count}}
}

// answers takes one answer of a call for another.
func answers(at Decision, wrong func(p *Reference, st model.Status) model.Status) []mistake {
	return counted(at, func(p *Reference, right int) int { return int(wrong(p, model.Status(right))) })
}

// yes and no are the simplest judgements.
func yes[P any](P, bool) bool { return true }
func no[P any](P, bool) bool  { return false }

// gaveUpText is why a stall may end as something else.
const gaveUpText = "a close that waits is given up by its timer, with what it had to send"
