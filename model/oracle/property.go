package oracle

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// A PropertyID numbers the properties.
type PropertyID uint8

const (
	// NoProperty: nothing is violated.
	NoProperty      PropertyID = iota
	Stall                      // something is owed and no wakeup will move it
	Deadlock                   // both ends wait for room
	BusyLoop                   // turns that change nothing
	DataLoss                   // accepted bytes never arrive
	Corruption                 // bytes that nobody wrote, or twice
	Truncation                 // an end without close_notify
	SpuriousFailure            // a failure is told where nothing failed
	UnboundedBuffer            // the pump holds more than its limits
	Crash                      // a panic, or use after close

	numProperties

	// Own is the first of the properties of the pump's author, which are numbered in the order
	// of its Spec (model.Spec.Properties). Their names are known to who has the Spec.
	Own = numProperties
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
	// Name and Why are those of the author's own property, and empty for the others.
	Name, Why string
	// End is the end at which it is seen: what is owed waits there, or its app was given or told
	// what is wrong. Counts don't say who broke it. Stories do (fuzz/story), from the bytes.
	End int
	// Obligation and Bytes are what was owed, and how much of it.
	Obligation Obligation
	Bytes      uint64
	// Detail is one clause for people.
	Detail string
}

// Violated is the name of the property.
func (f *Finding) Violated() string {
	if f.Name != "" {
		return f.Name
	}
	return f.Property.String()
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

// quotation is what was heard, in a detail.
var quotation = regexp.MustCompile(`"[^"]*"`)

// Cause is what findings of one kind have in common: the property, the role at whose end it was seen, and
// what was owed, or else the gist without what was heard, which is something else each time.
func (f *Finding) Cause() string {
	what := f.Obligation.String()
	if f.Obligation == NoObligation {
		what = quotation.ReplaceAllString(f.Gist(), "")
	}
	return fmt.Sprintf("%s, %s: %s", f.Violated(), model.Role(f.End&1), strings.Join(strings.Fields(what), " "))
}

// A Property is something that must hold in every run. It is named by what goes wrong.
type Property struct {
	ID PropertyID
	// Name is stable: corpus/<name>/ is named after it.
	Name string
	// Why says what users see when it does not hold.
	Why string
	// Means is what it asks of a pump, for people who meet it for the first time. Judged is
	// when it is looked at, and Not is what is not taken for a violation.
	Means, Judged, Not string
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

// whenQuiescent is when stall and deadlock are judged, in words.
const whenQuiescent = "once, at the end of a run, when no fault is left, all is delivered, everybody reads, " +
	"and nothing can happen any more"

// properties is indexed by PropertyID.
var properties = [numProperties]Property{
	Stall: {ID: Stall, Name: "stall",
		when: []Moment{AtWait, AtQuiescence}, check: checkStall,
		Why:      "something is owed and no wakeup will ever move it: a hang",
		Takes:    "bytes on the wire, and quiescence after them",
		Liveness: true,
		Because:  "what is owed must move in the end; it is judged when nothing else can happen",
		Means: "Whatever waits somewhere, output in the engine, a queue in the pump, bytes in the " +
			"socket, a handshake, a close, has a wakeup that will move it: write or read interest, a " +
			"wake by hand, a timer. Here something waits and nothing is armed. Users see a connection " +
			"that hangs for ever, on an idle machine, with nothing in the log.",
		Judged: whenQuiescent,
		Not: "what waits for the peer, with the interest that tells when it has come; a KeyUpdate " +
			"that may be answered at the next write; what a fault has destroyed"},
	Deadlock: {ID: Deadlock, Name: "deadlock",
		when: []Moment{AtWait, AtQuiescence}, check: checkDeadlock,
		Why:      "both ends wait for room, and neither reads to make it",
		Takes:    "both directions of a link full",
		Liveness: true,
		Because:  "one of the ends must read in the end; it is judged when nothing else can happen",
		Means: "Both ends have something to send, both directions are full, and neither end reads. " +
			"Each waits for the other for ever. A pump that can't write goes on reading, or it needs a " +
			"peer that does.",
		Judged: whenQuiescent,
		Not:    "two engines that are each in the middle of a flight that does not fit: no pump can help"},
	BusyLoop: {ID: BusyLoop, Name: "busy-loop",
		when: []Moment{AtTurn}, check: checkBusyLoop,
		Why:      "the loop calls the pump again and again and nothing changes: a hot core",
		Takes:    "a turn in which nothing moves",
		Liveness: true,
		Because:  "turns must change something in the end; a bound on idle turns stands for the end",
		Means: "The loop calls the pump, the pump does nothing that changes anything, and is ready " +
			"again at once: interest that is never given up, a wake by hand without work, a loop of its " +
			"own that goes round. Users see a core at 100 % and a service that gets slower.",
		Judged: "after each turn: a few in a row that moved nothing and left the pump ready",
		Not:    "a turn that was called for nothing once, as spurious readiness does"},
	DataLoss: {ID: DataLoss, Name: "data-loss",
		when: []Moment{AtData, AtClosed, AtQuiescence}, check: checkDataLoss,
		Why:     "bytes that were accepted, or had arrived, never reach the app",
		Takes:   "accepted plaintext on a link without faults",
		Because: "bytes that are in no buffer any more can't come back",
		Means: "Bytes that a pump has accepted from its app, or that had come before the end of the " +
			"stream, reach the app at the other end. Here a part of them is nowhere any more, or the " +
			"end was told in front of them.",
		Judged: "when an app is given data, when it is told of the end, and at the end of a run",
		Not: "what is on its way when an app closes at once, a link that a fault has destroyed, and " +
			"what a failure that was told has cut off"},
	Corruption: {ID: Corruption, Name: "corruption",
		when: []Moment{AtData}, check: checkCorruption,
		Why:     "the app gets bytes that nobody wrote, or gets them twice",
		Takes:   "data for an app",
		Because: "what the app was given can't be taken back",
		Means: "What an app is given is what its peer's app wrote, in order and each byte once. A " +
			"retried write that offers other bytes, or a buffer that is handed over twice, breaks it.",
		Judged: "whenever an app is given data",
		Not:    "a gap, which is data-loss"},
	Truncation: {ID: Truncation, Name: "truncation",
		when: []Moment{AtFin, AtClosed}, check: checkTruncation,
		Why:     "a close without close_notify: the peer can't tell the end from an attack",
		Takes:   "an end of a link that an app asked for",
		Because: "nothing can follow a FIN",
		Means: "A close that an app asks for leaves as close_notify and then FIN, and a stream that " +
			"ends without close_notify is told as cut off. Otherwise nobody can tell the end of the " +
			"data from an attacker who cuts the cable (RFC 8446, section 6.1).",
		Judged: "when a pump sends FIN, and when an app is told of the end",
		Not:    "an end that a fault has made, or after a failure that was told"},
	SpuriousFailure: {ID: SpuriousFailure, Name: "spurious-failure",
		when: []Moment{AtClosed}, check: checkSpurious,
		Why:     "the app is told of a failure where nothing failed",
		Takes:   "an end of a link that an app is told of",
		Because: "what the app was told can't be taken back",
		Means: "An app is told of a failure only if something has failed. A WANT that is taken for an " +
			"error, a good close that is logged as a reset, or an error that another link has left in " +
			"the thread's queue breaks it.",
		Judged: "when an app is told of the end",
		Not:    "a failure on a link with a fault, or after the peer has failed"},
	UnboundedBuffer: {ID: UnboundedBuffer, Name: "unbounded-buffer",
		when: []Moment{AtStep, AtData}, check: checkUnbounded,
		Why:     "the pump holds more than it was allowed: memory grows as the peer likes",
		Takes:   "backpressure, or a pause",
		Because: "a single moment above the limit breaks it",
		Means: "A pump holds no more than it was allowed, and gives its app no data while that has " +
			"paused. Without a bound a peer that sends, or does not read, decides how much memory a " +
			"server needs.",
		Judged: "after each step, and when an app is given data",
		Not:    "what comes behind a close and is thrown away"},
	Crash: {ID: Crash, Name: "crash",
		when: []Moment{AtStep}, check: checkCrash,
		Why:     "the pump panics, or uses what it has given back",
		Takes:   "a turn",
		Because: "a panic, or a call on a closed socket, has happened for good",
		Means: "A pump does not panic, and uses nothing that it has given back: no call of the socket " +
			"or of the engine after Close. With a real library it is also the process that dies.",
		Judged: "after each step",
		Not:    "a panic of the workbench, which ends the hunt"},
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
type PropertySet uint32

// EveryProperty is all nine, and all of an author's own.
const EveryProperty = ^PropertySet(0) &^ 1

// MostOwn is how many own properties a set has room for.
const MostOwn = 32 - int(Own)

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
	if l.foreign(e) {
		return l.checkForeign(set, e, m)
	}
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
