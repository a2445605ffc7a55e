package oracle

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// A PropertyID numbers the properties.
type PropertyID uint8

const (
	// NoProperty: nothing is violated.
	NoProperty PropertyID = iota
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

// A Moment is when a property can be judged.
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
	// AtRest: when nothing can happen any more.
	AtQuiescence

	numMoments
)

// MaxIdle is how many turns in a row may change nothing and leave a pump
// ready for the next one.
const MaxIdle = 4

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

// A Property is something that must hold in every run, named by what goes
// wrong. Check must not change the ledger.
type Property struct {
	ID PropertyID
	// Name is stable: corpus/<name>/ is named after it.
	Name string
	// Why says what users see when it does not hold.
	Why string
	// Takes says what puts it to the test: without that a run shows nothing.
	Takes string
	// Liveness: something good must come at last. Otherwise it is a safety property:
	// something bad must never come. Because says why it is the one or the other.
	Liveness bool
	Because  string
	When     []Moment
	Check    func(l *Ledger, e int, m Moment) (Finding, bool)
}

// properties is indexed by PropertyID.
var properties = [numProperties]Property{
	Stall: {ID: Stall, Name: "stall", When: []Moment{AtWait, AtQuiescence}, Check: checkStall,
		Why:      "something is owed and no wakeup will ever move it: a hang",
		Takes:    "bytes on the wire, and rest after them",
		Liveness: true,
		Because:  "what is owed must move at last; a run shows it when nothing can happen any more"},
	Deadlock: {ID: Deadlock, Name: "deadlock", When: []Moment{AtWait, AtQuiescence}, Check: checkDeadlock,
		Why:      "both ends wait for room, and neither reads to make it",
		Takes:    "both directions of a link full",
		Liveness: true,
		Because:  "each end must read at last; a run shows it when nothing can happen any more"},
	BusyLoop: {ID: BusyLoop, Name: "busy-loop", When: []Moment{AtTurn}, Check: checkBusyLoop,
		Why:      "the loop calls the pump again and again and nothing changes: a hot core",
		Takes:    "a turn in which nothing moves",
		Liveness: true,
		Because:  "turns must change something at last; a bound on idle turns stands in for at last"},
	DataLoss: {ID: DataLoss, Name: "data-loss", When: []Moment{AtData, AtClosed, AtQuiescence}, Check: checkDataLoss,
		Why:     "bytes that were accepted, or had arrived, never reach the app",
		Takes:   "accepted plaintext on a link without faults",
		Because: "bytes that are in no buffer any more can't come back"},
	Corruption: {ID: Corruption, Name: "corruption", When: []Moment{AtData}, Check: checkCorruption,
		Why:     "the app gets bytes that nobody wrote, or gets them twice",
		Takes:   "data for an app",
		Because: "what the app was given can't be taken back"},
	Truncation: {ID: Truncation, Name: "truncation", When: []Moment{AtFin, AtClosed}, Check: checkTruncation,
		Why:     "a close without close_notify: the peer can't tell the end from an attack",
		Takes:   "an end of a link that an app asked for",
		Because: "nothing can follow a FIN"},
	SpuriousFailure: {ID: SpuriousFailure, Name: "spurious-failure", When: []Moment{AtClosed}, Check: checkSpurious,
		Why:     "the app is told of a failure where nothing failed",
		Takes:   "an end of a link that an app is told of",
		Because: "what the app was told can't be taken back"},
	UnboundedBuffer: {ID: UnboundedBuffer, Name: "unbounded-buffer", When: []Moment{AtStep, AtData},
		Check:   checkUnbounded,
		Why:     "the pump holds more than it was allowed: memory grows as the peer likes",
		Takes:   "a write that is refused, or a pause",
		Because: "a single moment above the limit breaks it"},
	Crash: {ID: Crash, Name: "crash", When: []Moment{AtStep}, Check: checkCrash,
		Why:     "the pump panics, or uses what it has given back",
		Takes:   "a turn",
		Because: "a panic, or a call on a closed socket, has happened for good"},
}

// byMoment lists the properties that are judged at each moment; Crash comes
// first, because a pump that has crashed breaks others too.
var byMoment = func() (list [numMoments][]PropertyID) {
	order := [...]PropertyID{Crash, Stall, Deadlock, BusyLoop, DataLoss, Corruption, Truncation,
		SpuriousFailure, UnboundedBuffer}
	for _, id := range order {
		for _, m := range properties[id].When {
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

// Check judges at moment m the properties of the set for end e.
func (l *Ledger) Check(set PropertySet, e int, m Moment) (Finding, bool) {
	for _, id := range byMoment[m] {
		if !set.Has(id) {
			continue
		}
		if f, bad := properties[id].Check(l, e, m); bad {
			f.Property = id
			return f, true
		}
	}
	return Finding{}, false
}

// checkStall asks for what is owed in the order in which one lack causes the
// next: what the end does not send, the peer can't receive. While time may still
// pass a close may wait for its peer, but not for its own pump.
func checkStall(l *Ledger, e int, m Moment) (Finding, bool) {
	if deadlocked(l, e) || l.Jammed(e) {
		return Finding{}, false
	}
	stages := [...]func(*Ledger, int) (Obligation, uint64){
		(*Ledger).owedOut, (*Ledger).owedIn, (*Ledger).owedEnd,
	}
	if m == AtWait {
		stages[2] = (*Ledger).owedClose
	}
	for _, owed := range stages {
		for _, end := range [...]int{e, e ^ 1} {
			if o, n := owed(l, end); o != NoObligation {
				return Finding{End: end, Obligation: o, Bytes: n}, true
			}
		}
	}
	return Finding{}, false
}

// deadlocked: both ends have something to send, no room for it, and input
// that they do not read. Against a peer that reads nothing on purpose there is
// nothing that an end could do.
func deadlocked(l *Ledger, e int) bool {
	if l.Jammed(e) || l.peer(e).Hostile {
		return false
	}
	for _, end := range [...]int{e, e ^ 1} {
		a := &l.Ends[end]
		if a.Gone || a.Paused || !a.outgoing() || a.Quiescence.Room > 0 || a.Quiescence.Unread == 0 {
			return false
		}
	}
	return true
}

func checkDeadlock(l *Ledger, e int, _ Moment) (Finding, bool) {
	if !deadlocked(l, e) {
		return Finding{}, false
	}
	return Finding{End: e, Obligation: SocketInput, Bytes: uint64(l.Ends[e].Quiescence.Unread),
		Detail: "both directions are full and neither end reads"}, true
}

func checkBusyLoop(l *Ledger, e int, _ Moment) (Finding, bool) {
	if l.Ends[e].Overworked {
		return Finding{End: e,
			Detail: "a turn takes whatever the peer sends on, and others of the thread starve"}, true
	}
	if l.Ends[e].Idle < MaxIdle {
		return Finding{}, false
	}
	return Finding{End: e,
		Detail: "turn after turn the pump is ready, and nothing changes"}, true
}

// checkDataLoss: at data, a gap; at the end, what had arrived before it and was
// not read (F18, F19), or bytes missing although the peer closed in good order
// (F1: "returns 0 even when this call had decrypted"); at rest, accepted bytes that
// are nowhere.
func checkDataLoss(l *Ledger, e int, m Moment) (Finding, bool) {
	a, p := &l.Ends[e], l.peer(e)
	if m == AtData {
		return Finding{End: e, Obligation: Delivery, Detail: "a part of the data is missing"},
			a.Mismatch == Gap
	}
	if m == AtClosed && a.leftBehind() > 0 {
		return Finding{End: e, Obligation: SocketInput, Bytes: a.leftBehind(),
			Detail: "it had arrived before the end, and the app was told of the end"}, true
	}
	missing := p.Accepted - a.Delivered
	f := Finding{End: e, Obligation: Delivery, Bytes: missing}
	if l.tainted(e) || missing == 0 || a.Closing {
		return f, false
	}
	if m == AtClosed {
		f.Detail = "the peer had closed in good order, after this data"
		return f, graceful(l, e) && a.Why != model.Fault && a.Why != model.TimedOut
	}
	f.Detail = "it is not in any buffer"
	failed := a.Told || p.Told || p.Quiescence.Failed || a.Quiescence.Failed
	return f, !failed && !p.outgoing() && !a.incoming()
}

func checkCorruption(l *Ledger, e int, _ Moment) (Finding, bool) {
	return Finding{End: e, Detail: "the app was given bytes that its peer did not write next"},
		l.Ends[e].Mismatch == Garbled
}

// graceful: e's app was told of an end that its peer's app asked for, on a
// link that no fault and no earlier failure has touched.
func graceful(l *Ledger, e int) bool {
	p := l.peer(e)
	asked := p.Closing || p.HalfClosing
	return asked && !l.tainted(e) && !l.Ends[e].Closing && !(p.Told && p.Why != model.Clean)
}

// checkTruncation: the peer's app closed, and the end saw a bare FIN or a
// reset where close_notify belongs (RFC 8446, section 6.1).
func checkTruncation(l *Ledger, e int, m Moment) (Finding, bool) {
	a, p := &l.Ends[e], l.peer(e)
	if m == AtFin {
		return Finding{End: e, Obligation: CloseNotify,
			Detail: "FIN leaves and close_notify never did"}, bareFin(l, e)
	}
	if !graceful(l, e) {
		return Finding{}, false
	}
	notified := p.Quiescence.Shut&model.SentClose != 0
	f := Finding{End: e ^ 1, Obligation: CloseNotify}
	switch {
	case !notified && a.Why == model.Clean:
		f.End, f.Detail = e, "the stream ended without close_notify and was taken for a clean end"
	case !notified && a.Quiescence.MetEnd && (a.Why == model.Truncated || a.Why == model.Broken && !a.Quiescence.Broken):
		f.Detail = "the socket was closed and close_notify was never sent"
	case a.Why == model.Broken && a.Quiescence.Broken:
		f.Detail = "the socket was closed with data unread: the reset destroyed the close"
	default:
		return f, false
	}
	return f, true
}

// bareFin: e's app has closed in good order, its engine could have said so, and
// did not; or close_notify is still with the engine or the pump, and will never
// leave now (bugzoo F6).
func bareFin(l *Ledger, e int) bool {
	a := &l.Ends[e]
	r := &a.Quiescence
	asked := a.Closing || a.HalfClosing
	able := r.InitDone && !r.Failed && !r.Broken && !(a.Told && a.Why != model.Clean)
	return asked && able && !l.tainted(e) && !(r.Shut&model.SentClose != 0 && l.allLeft(e))
}

// allLeft says whether close_notify, once sealed, has left.
func (l *Ledger) allLeft(e int) bool {
	a := &l.Ends[e]
	return l.discards(e) || a.Quiescence.Output == 0 && a.Quiescence.Sealed == 0 && a.PipeOut() == 0
}

// checkSpurious: a failure is told, nobody closed and no fault was made.
func checkSpurious(l *Ledger, e int, _ Moment) (Finding, bool) {
	a, p := &l.Ends[e], l.peer(e)
	f := Finding{End: e, Detail: spuriousText[int(a.Why)%len(spuriousText)]}
	if l.tainted(e) || a.Closing || p.Told && p.Why != model.Clean {
		return f, false
	}
	if !p.Closing && !p.HalfClosing {
		return f, true
	}
	notified := p.Quiescence.Shut&model.SentClose != 0
	switch a.Why {
	case model.Truncated:
		return f, notified || !a.Quiescence.MetEnd
	case model.Broken:
		return f, !a.Quiescence.Broken && (notified || !a.Quiescence.MetEnd)
	}
	return f, a.Why != model.Clean
}

var spuriousText = [...]string{
	model.Clean:     "the app was told of a clean end and nobody closed",
	model.Truncated: "the app was told of a truncated end and no fault was made",
	model.Broken:    "the app was told of a reset and no fault was made",
	model.Fault:     "the app was told of a TLS failure and no fault was made",
	model.TimedOut:  "the app was told of a timeout and no fault was made",
}

// checkUnbounded: a pump holds what its limits allow, and gives the app no
// data while it has asked for a pause.
func checkUnbounded(l *Ledger, e int, m Moment) (Finding, bool) {
	a := &l.Ends[e]
	if m == AtData {
		return Finding{End: e, Detail: "the app was given data while it had paused"},
			a.Mismatch == WhilePaused
	}
	f := Finding{End: e}
	limit := uint64(a.Limits.Pipe)
	switch {
	case a.Queue() > uint64(a.Limits.Queue):
		f.Obligation, f.Bytes = PumpQueue, a.Queue()
	case a.PipeOut() > limit:
		f.Obligation, f.Bytes = PumpPipe, a.PipeOut()
	case a.Closing, a.Told:
		// What comes now may be thrown away, behind a close_notify even must be
		// (RFC 8446, section 6.1), and from outside that looks like keeping it.
		return f, false
	case a.PipeIn() > limit:
		f.Obligation, f.Bytes = PumpInput, a.PipeIn()
	case a.Held() > uint64(a.Limits.Queue) && a.Held() > uint64(a.Limits.Chunk):
		f.Obligation, f.Bytes = HeldData, a.Held()
	default:
		return f, false
	}
	return f, true
}

func checkCrash(l *Ledger, e int, _ Moment) (Finding, bool) {
	return Finding{End: e, Detail: l.Ends[e].Misuse}, l.Ends[e].Misuse != ""
}

// Only is the set of just id, if s has it.
func (s PropertySet) Only(id PropertyID) PropertySet { return s & (1 << id) }

// Gist is the detail of a Finding without its numbers: two findings that differ in
// nothing else are the same.
func Gist(detail string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, detail)
}

// Kind is "liveness" or "safety": see Liveness.
func (p *Property) Kind() string {
	if p.Liveness {
		return "liveness"
	}
	return "safety"
}
