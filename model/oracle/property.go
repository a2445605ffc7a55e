package oracle

import (
	"fmt"
	"strings"
)

// A PropertyID numbers the properties.
type PropertyID uint8

const (
	// NoProperty: nothing is violated.
	NoProperty PropertyID = iota
	// The nine: the table properties says what each one means.
	Stall
	Deadlock
	BusyLoop
	DataLoss
	Corruption
	Truncation
	SpuriousFailure
	UnboundedBuffer
	Crash

	numProperties
)

// String is the property's name.
func (id PropertyID) String() string {
	if id == NoProperty {
		return "none"
	}
	if id < numProperties {
		return properties[id].Name
	}
	return fmt.Sprintf("PropertyID(%d)", uint8(id))
}

// A Moment is a point of a run at which properties are judged.
type Moment uint8

const (
	// AtStep: after every action.
	AtStep Moment = iota
	// AtTurn: after a pump's turn.
	AtTurn
	// AtData: when an app is given data.
	AtData
	// AtClosed: when an app is told of the end.
	AtClosed
	// AtFin: when a pump ends its outgoing direction.
	AtFin
	// AtWait: when nothing can happen but that time passes.
	AtWait
	// AtQuiescence: when nothing can happen any more.
	AtQuiescence

	numMoments
)

// A Finding is a violated property and the evidence.
type Finding struct {
	Property PropertyID
	// End is the end that is to blame.
	End int
	// Obligation and Bytes are what was owed, and how much of it.
	Obligation Obligation
	Bytes      uint64
	// Detail is one clause for people.
	Detail string
}

// Gist is the detail without its numbers. Findings that differ in nothing but numbers
// have the same gist.
func (f *Finding) Gist() string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, f.Detail)
}

// A Property is something that must hold in every run. It is named by what goes wrong.
type Property struct {
	ID PropertyID
	// Name is stable: corpus/<name>/ is named after it.
	Name string
	// Why says what users see when it does not hold.
	Why string
	// Takes says what puts the property to the test. A run without that proves nothing
	// about it.
	Takes string
	// Liveness: something good must happen in the end. Otherwise the property is a safety
	// property: something bad must never happen. Because gives the reason.
	Liveness bool
	Because  string

	when  []Moment
	check func(l *Ledger, e int, m Moment) (Finding, bool) // must not change the ledger
}

// Kind is "liveness" or "safety".
func (p *Property) Kind() string {
	if p.Liveness {
		return "liveness"
	}
	return "safety"
}

// properties is indexed by PropertyID.
var properties = [numProperties]Property{
	Stall: {ID: Stall, Name: "stall",
		when: []Moment{AtWait, AtQuiescence}, check: checkStall,
		Why:      "something is owed and no wakeup will ever move it: a hang",
		Takes:    "bytes on the wire, and quiescence after them",
		Liveness: true,
		Because:  "what is owed must move in the end; it is judged when nothing else can happen"},
	Deadlock: {ID: Deadlock, Name: "deadlock",
		when: []Moment{AtWait, AtQuiescence}, check: checkDeadlock,
		Why:      "both ends wait for room, and neither reads to make it",
		Takes:    "both directions of a link full",
		Liveness: true,
		Because:  "one of the ends must read in the end; it is judged when nothing else can happen"},
	BusyLoop: {ID: BusyLoop, Name: "busy-loop",
		when: []Moment{AtTurn}, check: checkBusyLoop,
		Why:      "the loop calls the pump again and again and nothing changes: a hot core",
		Takes:    "a turn in which nothing moves",
		Liveness: true,
		Because:  "turns must change something in the end; a bound on idle turns stands for the end"},
	DataLoss: {ID: DataLoss, Name: "data-loss",
		when: []Moment{AtData, AtClosed, AtQuiescence}, check: checkDataLoss,
		Why:     "bytes that were accepted, or had arrived, never reach the app",
		Takes:   "accepted plaintext on a link without faults",
		Because: "bytes that are in no buffer any more can't come back"},
	Corruption: {ID: Corruption, Name: "corruption",
		when: []Moment{AtData}, check: checkCorruption,
		Why:     "the app gets bytes that nobody wrote, or gets them twice",
		Takes:   "data for an app",
		Because: "what the app was given can't be taken back"},
	Truncation: {ID: Truncation, Name: "truncation",
		when: []Moment{AtFin, AtClosed}, check: checkTruncation,
		Why:     "a close without close_notify: the peer can't tell the end from an attack",
		Takes:   "an end of a link that an app asked for",
		Because: "nothing can follow a FIN"},
	SpuriousFailure: {ID: SpuriousFailure, Name: "spurious-failure",
		when: []Moment{AtClosed}, check: checkSpurious,
		Why:     "the app is told of a failure where nothing failed",
		Takes:   "an end of a link that an app is told of",
		Because: "what the app was told can't be taken back"},
	UnboundedBuffer: {ID: UnboundedBuffer, Name: "unbounded-buffer",
		when: []Moment{AtStep, AtData}, check: checkUnbounded,
		Why:     "the pump holds more than it was allowed: memory grows as the peer likes",
		Takes:   "backpressure, or a pause",
		Because: "a single moment above the limit breaks it"},
	Crash: {ID: Crash, Name: "crash",
		when: []Moment{AtStep}, check: checkCrash,
		Why:     "the pump panics, or uses what it has given back",
		Takes:   "a turn",
		Because: "a panic, or a call on a closed socket, has happened for good"},
}

// byMoment lists the properties that are judged at each moment. Crash comes first: a
// pump that has crashed breaks other properties too.
var byMoment = func() (list [numMoments][]PropertyID) {
	order := [...]PropertyID{Crash, Stall, Deadlock, BusyLoop, DataLoss, Corruption, Truncation,
		SpuriousFailure, UnboundedBuffer}
	for _, id := range order {
		for _, m := range properties[id].when {
			list[m] = append(list[m], id)
		}
	}
	return list
}()

// Properties lists all nine.
func Properties() []Property {
	return append([]Property(nil), properties[Stall:]...)
}

// PropertyNamed finds a property by its name.
func PropertyNamed(name string) (Property, bool) {
	for _, p := range Properties() {
		if p.Name == name {
			return p, true
		}
	}
	return Property{}, false
}

// A PropertySet is a set of properties.
type PropertySet uint16

// EveryProperty is all nine.
const EveryProperty = PropertySet(1<<numProperties - 1<<Stall)

// Has says whether the set has id.
func (s PropertySet) Has(id PropertyID) bool { return s&(1<<id) != 0 }

// With is the set and id.
func (s PropertySet) With(id PropertyID) PropertySet { return s | 1<<id }

// Without is the set less id.
func (s PropertySet) Without(id PropertyID) PropertySet { return s &^ (1 << id) }

// Only is the set of just id, if s has it.
func (s PropertySet) Only(id PropertyID) PropertySet { return s & (1 << id) }

// Check judges those properties of the set that belong to moment m, for end e. It
// reports the first that does not hold.
func (l *Ledger) Check(set PropertySet, e int, m Moment) (Finding, bool) {
	for _, id := range byMoment[m] {
		if !set.Has(id) {
			continue
		}
		if f, bad := properties[id].check(l, e, m); bad {
			f.Property = id
			return f, true
		}
	}
	return Finding{}, false
}
