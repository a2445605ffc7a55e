package oracle

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// quietLedger is a quiescent link: all is delivered and nobody has closed.
func quietLedger() *Ledger {
	l := &Ledger{Ends: make([]Account, 4), Tainted: make([]bool, 2), Version: model.TLS13}
	for i := range l.Ends {
		l.Ends[i] = Account{Accepted: 50, Written: 50, Drained: 90, Sent: 90, Received: 90, Fed: 90,
			Decrypted: 50, Delivered: 50, Limits: model.Limits{Pipe: 20, Queue: 20, Chunk: 20},
			Quiescence: Quiescence{Mask: model.Readable, Room: 9, InitDone: true}}
	}
	return l
}

// A hand is what a test writes into the ledger: a is the end that is judged,
// p its peer.
type hand func(l *Ledger, a, p *Account)

// own is a hand that writes on the end's own page.
func own(change func(a *Account)) hand {
	return func(_ *Ledger, a, _ *Account) { change(a) }
}

func tainted(l *Ledger, _, _ *Account) { l.Tainted[0] = true }
func paused(_ *Ledger, a, _ *Account)  { a.Paused = true }
func closing(_ *Ledger, a, _ *Account) { a.Closing = true }

// told is the end's app being told, at the moment when it is.
func told(why model.Cause) hand {
	return own(func(a *Account) { a.Told, a.Why = true, why })
}

// closedBy is the peer's app having closed, with close_notify or without.
func closedBy(shut model.ShutState) hand {
	return func(_ *Ledger, _, p *Account) { p.Closing, p.Quiescence.Shut = true, shut }
}

// verdict is what a property says of the quiet ledger after some changes.
func verdict(id PropertyID, m Moment, changes []hand) (Finding, bool) {
	l := quietLedger()
	for _, change := range changes {
		change(l, &l.Ends[0], &l.Ends[1])
	}
	return properties[id].check(l, 0, m)
}

// TestStallFindsEachObligation: what waits, at which end, and how much of it;
// and, beside each, what makes it not owed.
func TestStallFindsEachObligation(t *testing.T) {
	armed := own(func(a *Account) { a.Quiescence.Mask |= model.Writable })
	for _, tc := range []struct {
		owed   Obligation
		bytes  uint64
		make   hand
		excuse []hand // each alone
	}{
		{EngineOutput, 5, own(func(a *Account) { a.Quiescence.Output = 5 }),
			[]hand{armed, own(func(a *Account) { a.Quiescence.Broken = true })}},
		{SealedOutput, 5, own(func(a *Account) { a.Quiescence.Sealed = 5 }), []hand{armed}},
		{PumpPipe, 6, own(func(a *Account) { a.Drained += 6 }), []hand{armed}},
		{PumpQueue, 7, own(func(a *Account) { a.Accepted += 7 }), []hand{armed, tainted}},
		{SocketInput, 3, own(func(a *Account) { a.Quiescence.Unread = 3 }), []hand{told(model.Clean), paused}},
		{SocketInput, 0, own(func(a *Account) { a.Quiescence.UnreadEnd = true }),
			[]hand{told(model.Clean)}},
		{PumpInput, 4, own(func(a *Account) { a.Received += 4 }), []hand{told(model.Clean)}},
		{EngineInput, 2, own(func(a *Account) { a.Quiescence.Inside = 2 }), []hand{told(model.Clean)}},
		{EngineInput, 8, own(func(a *Account) { a.Quiescence.Buffered = 8 }),
			[]hand{tainted, own(func(a *Account) { a.Quiescence.Shut = model.ReceivedClose })}},
		{HeldData, 9, own(func(a *Account) { a.Decrypted += 9 }), []hand{told(model.Clean)}},
		{UpdateAnswer, 0,
			func(l *Ledger, a, _ *Account) { l.AwaitUpdate, a.Quiescence.Deferred = true, true },
			[]hand{tainted, func(l *Ledger, _, _ *Account) { l.AwaitUpdate = false }}},
		{CloseNotify, 0, closing,
			[]hand{func(_ *Ledger, a, p *Account) { a.Gone, p.Told = true, true }}},
		{CloseNotify, 0, own(func(a *Account) { a.HalfClosing = true }),
			[]hand{tainted, own(func(a *Account) { a.Quiescence.Shut = model.SentClose })}},
		{HandshakeDone, 0, own(func(a *Account) { a.Quiescence.InitDone = false }),
			[]hand{tainted, told(model.Fault), func(l *Ledger, _, _ *Account) { l.IgnoreReneg = true }}},
		{AppTurn, 11, own(func(a *Account) { a.Backlog, a.Backpressure = 11, true }),
			[]hand{tainted, own(func(a *Account) { a.Backpressure = false })}},
		{SocketEnd, 0, own(func(a *Account) { a.Closing, a.Quiescence.Shut = true, model.SentClose }),
			[]hand{func(_ *Ledger, a, p *Account) { a.Gone, p.Told = true, true }}},
		{AppEnd, 0, own(func(a *Account) { a.Quiescence.Failed = true }), []hand{told(model.Fault), paused}},
		{AppEnd, 0, func(_ *Ledger, _, p *Account) { p.Gone = true }, []hand{told(model.Clean)}},
		{AppEnd, 0, own(func(a *Account) { a.Quiescence.MetEnd = true }), []hand{told(model.Truncated), paused}},
	} {
		f, bad := verdict(Stall, AtQuiescence, []hand{tc.make})
		if !bad || f.Obligation != tc.owed || f.Bytes != tc.bytes || f.End != 0 {
			t.Errorf("%s: got %v, %s, %d bytes at end %d; want a stall with %d bytes at end 0",
				tc.owed, bad, f.Obligation, f.Bytes, f.End, tc.bytes)
		}
		for i, excuse := range tc.excuse {
			if f, bad := verdict(Stall, AtQuiescence, []hand{tc.make, excuse}); bad {
				t.Errorf("%s, excuse %d: got a stall, %s at end %d; want none", tc.owed, i,
					f.Obligation, f.End)
			}
		}
	}
}

// TestStallBlamesTheCause: the peer has not sent what this end waits for.
func TestStallBlamesTheCause(t *testing.T) {
	f, bad := verdict(Stall, AtQuiescence, []hand{func(_ *Ledger, a, p *Account) {
		a.Quiescence.InitDone, a.Quiescence.Buffered, p.Quiescence.Output = false, 3, 40
	}})
	if !bad || f.End != 1 || f.Obligation != EngineOutput || f.Bytes != 40 {
		t.Errorf("got %s at end %d; want the peer's 40 bytes of engine-output", f.Obligation, f.End)
	}
}

// full is an end that has something to send, no room, and input unread.
func full(a *Account) {
	a.Quiescence.Output, a.Quiescence.Room, a.Quiescence.Unread, a.Quiescence.Mask = 5, 0, 6, model.Writable
}

// jam makes both ends full; stuck is both engines waiting for room.
func jam(_ *Ledger, a, p *Account) {
	full(a)
	full(p)
}

func stuck(_ *Ledger, a, p *Account) { a.Quiescence.Stuck, p.Quiescence.Stuck = true, true }

// cases are hand-made pages and whether a property finds fault with them.
var cases = []struct {
	name string
	id   PropertyID
	at   Moment
	bad  bool
	is   []hand
}{
	{"a quiet link", Stall, AtQuiescence, false, nil},
	{"a first handshake that a pause holds up", Stall, AtQuiescence, true,
		[]hand{paused, own(func(a *Account) { a.Quiescence.InitDone, a.Quiescence.Shaken = false, false })}},
	{"a later one", Stall, AtQuiescence, false,
		[]hand{paused, own(func(a *Account) { a.Quiescence.InitDone, a.Quiescence.Shaken = false, true })}},
	{"a close that waits for its peer", Stall, AtWait, false,
		[]hand{closing, own(func(a *Account) { a.Quiescence.Shut = model.SentClose })}},
	{"a close that waits for its pump", Stall, AtWait, true, []hand{closing}},
	{"a close that waits for room", Stall, AtWait, false,
		[]hand{closing, own(func(a *Account) { a.Quiescence.Mask = model.Writable })}},
	{"both ends full", Deadlock, AtQuiescence, true, []hand{jam}},
	{"both ends full is no stall", Stall, AtQuiescence, false,
		[]hand{jam}},
	{"one end full", Deadlock, AtQuiescence, false, []hand{own(func(a *Account) { full(a) })}},
	{"one end full is a stall", Stall, AtQuiescence, true, []hand{own(func(a *Account) { full(a) })}},
	{"both full and one gone", Deadlock, AtQuiescence, false,
		[]hand{jam, func(_ *Ledger, _, p *Account) { p.Gone = true }}},
	{"both engines stuck: the library's deadlock", Deadlock, AtQuiescence, false,
		[]hand{jam, stuck}},
	{"nor is it a stall", Stall, AtQuiescence, false,
		[]hand{jam, stuck}},

	{"idle turns", BusyLoop, AtTurn, false, []hand{own(func(a *Account) { a.Idle = maxIdle - 1 })}},
	{"a turn that others starve of", BusyLoop, AtTurn, true,
		[]hand{own(func(a *Account) { a.Overworks(uint64(2*model.MaxRounds*20 + 1)) })}},
	{"a long turn", BusyLoop, AtTurn, false,
		[]hand{own(func(a *Account) { a.Overworks(uint64(2 * model.MaxRounds * 20)) })}},
	{"one too many", BusyLoop, AtTurn, true, []hand{own(func(a *Account) { a.Idle = maxIdle })}},

	{"a gap", DataLoss, AtData, true, []hand{own(func(a *Account) { a.Mismatch = Gap })}},
	{"garbled is no gap", DataLoss, AtData, false,
		[]hand{own(func(a *Account) { a.Mismatch = Garbled })}},
	{"told too early", DataLoss, AtClosed, true, []hand{missing, closedBy(model.SentClose), told(model.Clean)}},
	{"told too early, tainted", DataLoss, AtClosed, false,
		[]hand{missing, closedBy(model.SentClose), told(model.Clean), tainted}},
	{"told too early, closing itself", DataLoss, AtClosed, false,
		[]hand{missing, closedBy(model.SentClose), told(model.Clean), closing}},
	{"told too early of a fault", DataLoss, AtClosed, false,
		[]hand{missing, closedBy(model.SentClose), told(model.Fault)}},
	{"told too early, and nobody closed", DataLoss, AtClosed, false,
		[]hand{missing, told(model.Truncated)}},
	{"what had arrived", DataLoss, AtClosed, true, []hand{told(model.Broken), tainted,
		own(func(a *Account) { a.Quiescence.Unread = 1 })}},
	{"what had arrived at a dead engine", DataLoss, AtClosed, false, []hand{told(model.Broken), tainted,
		own(func(a *Account) { a.Quiescence.Unread, a.Quiescence.Failed = 1, true })}},
	{"bytes that are nowhere", DataLoss, AtQuiescence, true, []hand{missing}},
	{"bytes on their way out", DataLoss, AtQuiescence, false,
		[]hand{missing, func(_ *Ledger, _, p *Account) { p.Quiescence.Output = 1 }}},
	{"bytes on their way in", DataLoss, AtQuiescence, false,
		[]hand{missing, own(func(a *Account) { a.Quiescence.Unread = 1 })}},
	{"bytes of a tainted link", DataLoss, AtQuiescence, false, []hand{missing, tainted}},
	{"bytes that nobody wants", DataLoss, AtQuiescence, false, []hand{missing, closing}},

	{"garbled", Corruption, AtData, true, []hand{own(func(a *Account) { a.Mismatch = Garbled })}},
	{"a gap is no corruption", Corruption, AtData, false,
		[]hand{own(func(a *Account) { a.Mismatch = Gap })}},
	{"garbled, tainted", Corruption, AtData, true,
		[]hand{tainted, own(func(a *Account) { a.Mismatch = Garbled })}},

	{"FIN alone", Truncation, AtFin, true, []hand{closing}},
	{"close_notify and FIN", Truncation, AtFin, false,
		[]hand{closing, own(func(a *Account) { a.Quiescence.Shut = model.SentClose })}},
	{"FIN over a close_notify that waits", Truncation, AtFin, true, []hand{closing,
		own(func(a *Account) { a.Quiescence.Shut, a.Quiescence.Sealed = model.SentClose, 1 })}},
	{"FIN over one that the pump holds", Truncation, AtFin, true, []hand{closing,
		own(func(a *Account) { a.Quiescence.Shut, a.Drained = model.SentClose, a.Drained+1 })}},
	{"FIN over what the peer's close discards", Truncation, AtFin, false, []hand{closing,
		own(func(a *Account) { a.Quiescence.Shut, a.Quiescence.Sealed = model.SentClose|model.ReceivedClose, 1 }),
		func(l *Ledger, a, _ *Account) { l.Version = model.TLS12; a.Accepted++ }}},
	{"FIN alone, tainted", Truncation, AtFin, false, []hand{closing, tainted}},
	{"FIN alone in a handshake", Truncation, AtFin, false,
		[]hand{closing, own(func(a *Account) { a.Quiescence.InitDone = false })}},
	{"FIN alone of a dead engine", Truncation, AtFin, false,
		[]hand{closing, own(func(a *Account) { a.Quiescence.Failed = true })}},
	{"FIN alone, after a bad end", Truncation, AtFin, false, []hand{closing, told(model.Truncated)}},
	{"FIN without a close", Truncation, AtFin, false, nil},
	{"taken for clean", Truncation, AtClosed, true, []hand{closedBy(0), told(model.Clean)}},
	{"noticed", Truncation, AtClosed, true, []hand{closedBy(0), told(model.Truncated), ended}},
	{"told of before the socket's end", Truncation, AtClosed, false,
		[]hand{closedBy(0), told(model.Truncated)}},
	{"clean", Truncation, AtClosed, false, []hand{closedBy(model.SentClose), told(model.Clean)}},
	{"destroyed by a reset", Truncation, AtClosed, true, []hand{closedBy(model.SentClose), told(model.Broken),
		own(func(a *Account) { a.Quiescence.Broken = true })}},
	{"destroyed by a fault", Truncation, AtClosed, false,
		[]hand{closedBy(model.SentClose), told(model.Broken), tainted,
			own(func(a *Account) { a.Quiescence.Broken = true })}},

	{"an end out of the blue", SpuriousFailure, AtClosed, true, []hand{told(model.Fault)}},
	{"a clean one too", SpuriousFailure, AtClosed, true, []hand{told(model.Clean)}},
	{"out of the blue, tainted", SpuriousFailure, AtClosed, false, []hand{told(model.Fault), tainted}},
	{"out of the blue, closing", SpuriousFailure, AtClosed, false, []hand{told(model.TimedOut), closing}},
	{"the peer had failed first", SpuriousFailure, AtClosed, false, []hand{told(model.Truncated),
		func(_ *Ledger, _, p *Account) { p.Told, p.Why = true, model.Fault }}},
	{"the peer closed", SpuriousFailure, AtClosed, false, []hand{told(model.Clean), closedBy(model.SentClose)}},
	{"it said so and is not heard", SpuriousFailure, AtClosed, true,
		[]hand{told(model.Truncated), closedBy(model.SentClose)}},
	{"it did not say so", SpuriousFailure, AtClosed, false,
		[]hand{told(model.Truncated), closedBy(0), ended}},
	{"it has said nothing yet", SpuriousFailure, AtClosed, true,
		[]hand{told(model.Truncated), closedBy(0)}},
	{"taken for a fault", SpuriousFailure, AtClosed, true,
		[]hand{told(model.Fault), closedBy(model.SentClose)}},

	{"a full queue", UnboundedBuffer, AtStep, false,
		[]hand{own(func(a *Account) { a.Accepted += 20 })}},
	{"a queue too full", UnboundedBuffer, AtStep, true,
		[]hand{own(func(a *Account) { a.Accepted += 21 })}},
	{"a pipe too full", UnboundedBuffer, AtStep, true,
		[]hand{own(func(a *Account) { a.Drained += 21 })}},
	{"an attached engine has no pipe", UnboundedBuffer, AtStep, false,
		[]hand{own(func(a *Account) { a.Drained += 21; a.Attached = true })}},
	{"too much input", UnboundedBuffer, AtStep, true,
		[]hand{own(func(a *Account) { a.Received += 21 })}},
	{"too much input, thrown away", UnboundedBuffer, AtStep, false,
		[]hand{closing, own(func(a *Account) { a.Received += 21 })}},
	{"too much input, behind the peer's close", UnboundedBuffer, AtStep, false,
		[]hand{told(model.Clean), own(func(a *Account) { a.Received += 21 })}},
	{"too much plaintext", UnboundedBuffer, AtStep, true,
		[]hand{own(func(a *Account) { a.Decrypted += 21 })}},
	{"tainted is no excuse", UnboundedBuffer, AtStep, true,
		[]hand{tainted, own(func(a *Account) { a.Decrypted += 21 })}},
	{"data during a pause", UnboundedBuffer, AtData, true,
		[]hand{own(func(a *Account) { a.Mismatch = WhilePaused })}},

	{"in order", Crash, AtStep, false, nil},
	{"a broken contract", Crash, AtStep, true,
		[]hand{own(func(a *Account) { a.Misuse = "recv on a closed socket" })}},
	{"tainted is no excuse for it", Crash, AtStep, true, []hand{tainted, closing,
		own(func(a *Account) { a.Misuse = "recv on a closed socket" })}},
}

// ended: the pump has met the end of its socket.
func ended(_ *Ledger, a, _ *Account) { a.Quiescence.MetEnd = true }

// missing is 10 bytes that the peer's pump accepted and this app never got.
func missing(_ *Ledger, _, p *Account) { p.Accepted, p.Written = 60, 60 }

func TestProperties(t *testing.T) {
	shown := map[string]bool{}
	for _, tc := range cases {
		f, bad := verdict(tc.id, tc.at, tc.is)
		if bad != tc.bad {
			t.Errorf("%s: %s is %v; want %v", tc.id, tc.name, bad, tc.bad)
		}
		if bad && f.Detail == "" && f.Obligation == NoObligation {
			t.Errorf("%s: %s: the finding says nothing", tc.id, tc.name)
		}
		shown[fmt.Sprint(tc.id, bad)] = true
	}
	for _, p := range Properties() {
		if !shown[fmt.Sprint(p.ID, true)] || !shown[fmt.Sprint(p.ID, false)] {
			t.Errorf("%s: there must be a case that breaks it and one that does not", p.Name)
		}
	}
}

// TestOtherLinkIsNotJudged: what is wrong on one link is not the other's.
func TestOtherLinkIsNotJudged(t *testing.T) {
	l := quietLedger()
	l.Ends[2].Quiescence.Output, l.Tainted[1] = 5, true
	if f, bad := l.Check(EveryProperty, 0, AtQuiescence); bad {
		t.Errorf("link 1 is judged for link 2: %s", f.Obligation)
	}
	if f, bad := l.Check(EveryProperty, 3, AtQuiescence); !bad || f.Property != Stall || f.End != 2 {
		t.Errorf("got %s at end %d; want a stall at end 2", f.Property, f.End)
	}
}

// TestCrashIsJudgedFirst: a pump that has crashed breaks others too.
func TestCrashIsJudgedFirst(t *testing.T) {
	l := quietLedger()
	l.Ends[0].Misuse, l.Ends[0].Accepted = "send on a closed socket", 1000
	if f, _ := l.Check(EveryProperty, 0, AtStep); f.Property != Crash {
		t.Errorf("got %s; want crash", f.Property)
	}
	if f, _ := l.Check(EveryProperty.Without(Crash), 0, AtStep); f.Property != UnboundedBuffer {
		t.Errorf("unwatched, got %s; want unbounded-buffer", f.Property)
	}
	if _, bad := l.Check(0, 0, AtStep); bad {
		t.Error("the empty set finds something")
	}
}

// TestSuspectMissesNothing: the fast path of a run may raise a false alarm,
// and never lets a broken property of a step or turn pass.
func TestSuspectMissesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	some := func() uint64 { return r.Uint64N(25) }
	alarms := 0
	for range 20000 {
		l := quietLedger()
		a := &l.Ends[0]
		a.Accepted, a.Drained = a.Accepted+some(), a.Drained+some()
		a.Received, a.Decrypted = a.Received+some(), a.Decrypted+some()
		a.Limits.Chunk, a.Idle = int(some()), int(some())%6
		a.Attached, a.Closing = some() < 3, some() < 3
		if some() == 0 {
			a.Misuse = "told twice"
		}
		for _, m := range []Moment{AtStep, AtTurn} {
			if f, bad := l.Check(EveryProperty, 0, m); bad && !a.Suspect() {
				t.Fatalf("%s is broken and nobody suspects it: %+v", f.Property, *a)
			}
		}
		if a.Suspect() {
			alarms++
		}
	}
	if alarms == 0 || alarms == 20000 {
		t.Errorf("%d of 20000 pages are suspect; want some", alarms)
	}
}

// TestPropertiesAreComplete: what people and files see of a property is there.
func TestPropertiesAreComplete(t *testing.T) {
	judged := map[PropertyID]int{}
	for m := range numMoments {
		for _, id := range byMoment[m] {
			judged[id]++
		}
	}
	if len(Properties()) != 9 {
		t.Errorf("%d properties; want nine", len(Properties()))
	}
	for _, p := range Properties() {
		back, ok := PropertyNamed(p.Name)
		if !ok || back.ID != p.ID || p.ID.String() != p.Name || p.Why == "" || p.Takes == "" || p.Because == "" ||
			p.Means == "" || p.Judged == "" || p.Not == "" || p.check == nil {
			t.Errorf("property %d (%s) is not complete", p.ID, p.Name)
		}
		if judged[p.ID] != len(p.when) || len(p.when) == 0 {
			t.Errorf("%s is judged at %d moments; want %d", p.Name, judged[p.ID], len(p.when))
		}
		set := PropertySet(0).With(p.ID)
		if !EveryProperty.Has(p.ID) || !set.Has(p.ID) || set.Without(p.ID) != 0 ||
			EveryProperty.Only(p.ID) != set {
			t.Errorf("%s: the sets do not fit", p.Name)
		}
	}
	if _, ok := PropertyNamed("none"); ok || EveryProperty.Has(NoProperty) {
		t.Error("there must be no property of nothing")
	}
}

// TestEveryValueIsNamed: every value of every enumeration has its own word, and
// one that is none says so instead of panicking.
func TestEveryValueIsNamed(t *testing.T) {
	for id := range numProperties {
		if back, _ := PropertyNamed(id.String()); id != NoProperty && back.ID != id {
			t.Errorf("property %d is called %q, which names %d", id, id, back.ID)
		}
	}
	if PropertyID(250).String() == "" || Obligation(250).String() == "" {
		t.Error("a number that is none has no text")
	}
	words := map[string]bool{}
	for o := range numObligations {
		if words[o.String()] {
			t.Errorf("two obligations are called %q", o)
		}
		words[o.String()] = true
	}
	what, why := map[string]bool{}, map[string]bool{}
	for o := range numObligations {
		if what[o.What()] || o.What() == "" || o.Wakeup() == "" {
			t.Errorf("%s: what is owed is %q, its wakeup %q; want words of its own", o, o.What(), o.Wakeup())
		}
		what[o.What()] = true
	}
	for cause, text := range spuriousText {
		if why[text] || text == "" {
			t.Errorf("cause %d is told as %q; want words of its own", cause, text)
		}
		why[text] = true
	}
	if len(spuriousText) != int(model.TimedOut)+1 {
		t.Errorf("%d causes are told; want %d", len(spuriousText), model.TimedOut+1)
	}
}
