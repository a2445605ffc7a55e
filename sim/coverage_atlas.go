package sim

import "github.com/wantwrite/wantwrite/model/oracle"

// A kind is a kind of feature: see Cover.
type kind int

const (
	situations kind = iota
	pairs
	states

	numKinds
)

func kindOfFeature(i uint32) kind {
	switch {
	case i < firstPair:
		return situations
	case i < firstState:
		return pairs
	}
	return states
}

// An Atlas is what the schedules of a hunt have reached together. They must be added in
// their order.
type Atlas struct {
	once, twice features // by at least one, by at least two schedules
	first       [numKinds][]uint64
	single      [numKinds]int
	schedules   uint64
	tested      oracle.PropertySet
}

// Add adds what schedule number n has reached, and says how many features are new.
func (a *Atlas) Add(n uint64, s Sighting) (news int) {
	a.schedules = max(a.schedules, n+1)
	a.tested |= s.Tested
	for _, i := range s.Fresh {
		kind := kindOfFeature(i)
		switch {
		case !a.once.Has(i):
			a.once.Add(i)
			a.first[kind] = append(a.first[kind], n)
			a.single[kind]++
			news++
		case !a.twice.Has(i):
			a.twice.Add(i)
			a.single[kind]--
		}
	}
	return news
}

// Tested are the properties that at least one schedule has put to the test.
func (a *Atlas) Tested() oracle.PropertySet { return a.tested }

// Reached is how many features of each kind have been reached.
func (a *Atlas) Reached() (inSituations, inPairs, inStates int) {
	return len(a.first[situations]), len(a.first[pairs]), len(a.first[states])
}

// A Tally says how much of a kind has been reached, and how fast new ones come.
type Tally struct {
	// Reached is how many there are, and Late how many of them came in the last
	// tenth of the schedules.
	Reached, Late int
	// Chance estimates how likely the next schedule is to show a new one: the features
	// that only one schedule has reached, as a share of the schedules (Good 1953, after
	// Turing), at most 1.
	Chance float64
}

// Tally sums up each kind of feature.
func (a *Atlas) Tally() (ofSituations, ofPairs, ofStates Tally) {
	return a.tally(situations), a.tally(pairs), a.tally(states)
}

func (a *Atlas) tally(kind kind) Tally {
	t := Tally{Reached: len(a.first[kind])}
	if a.schedules == 0 {
		return t
	}
	for _, n := range a.first[kind] {
		if n >= a.schedules-a.schedules/10 {
			t.Late++
		}
	}
	t.Chance = min(1, float64(a.single[kind])/float64(a.schedules))
	return t
}

// Survey compares the situations that have been reached with those of a terrain. total
// is how many there are, with those that were reached beyond the terrain; never are those
// that were not reached.
func (a *Atlas) Survey(t Terrain) (total int, never []Situation) {
	total = len(a.first[situations])
	for _, i := range t.situations() {
		if !a.once.Has(i) {
			total++
			never = append(never, situationOf(i))
		}
	}
	return total, never
}
