package model

// A Mutant is the reference pump with one planted mistake, from real public
// bugs.
type Mutant struct {
	Spec
	// Bugs are the ids of the real bugs, as in the project's bug list.
	Bugs string
	// Breaks is the property that the mistake must break.
	Breaks PropertyID
	// Scenario is the one that shows it.
	Scenario string
	// Also are other properties that it may break, and Because says why. Most
	// break none.
	Also    PropertySet
	Because string
	// At is where it decides wrongly.
	At Decision
}

// A plan is how a mutant is written down; the first of its mistakes names the
// decision.
type plan struct {
	name     string
	about    string
	bugs     string
	breaks   PropertyID
	scenario string
	also     PropertySet
	because  string
	mistakes []mistake
}

// families are the plans, A to K.
var families = [...][]plan{lostOutput, lostFlights, wrongInterest, lostInput, wrongRetries,
	wrongEnds, jams, staleErrors, floods, wrongCallbacks, mixedUp}

// Mutants lists them, family by family as in the bug list: at least one for
// each property.
func Mutants() []Mutant {
	var all []Mutant
	for _, family := range families {
		for i := range family {
			all = append(all, family[i].mutant())
		}
	}
	return all
}

// mutant makes the pump of a plan.
func (f *plan) mutant() Mutant {
	flaws := f.mistakes
	return Mutant{Bugs: f.bugs, Breaks: f.breaks, Scenario: f.scenario, Also: f.also,
		Because: f.because, At: flaws[0].at,
		Spec: Spec{Name: f.name, About: f.about, New: built(newReference, flaws...)}}
}

// either is a set of properties.
func either(ids ...PropertyID) (s PropertySet) {
	for _, id := range ids {
		s = s.With(id)
	}
	return s
}

// never and always are the simplest mistakes.
func never(at Decision) []mistake {
	return []mistake{{at: at, judge: func(*Reference, bool) bool { return false }}}
}

func always(at Decision) []mistake {
	return []mistake{{at: at, judge: func(*Reference, bool) bool { return true }}}
}

// judged is a wrong judgement, counted a wrong number.
func judged(at Decision, judge func(p *Reference, right bool) bool) []mistake {
	return []mistake{{at: at, judge: judge}}
}

func counted(at Decision, count func(p *Reference, right int) int) []mistake {
	return []mistake{{at: at, count: count}}
}

// answers takes one answer of a call for another.
func answers(at Decision, wrong func(p *Reference, st Status) Status) []mistake {
	return counted(at, func(p *Reference, right int) int { return int(wrong(p, Status(right))) })
}
