package story_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// sentences are all that may stand in a verdict, and what makes each of them true.
var sentences = []sentence{
	says(`([a-z-]+): ([^.]*)\.$`, func(f *facts, m []string) error {
		p, _ := oracle.PropertyNamed(m[1])
		return want(p.Why == m[2] && p.ID == f.v.Property, "the property is %s", f.v.Property)
	}),
	says(`The END \(pump PUMP\) owes (?:NUM bytes|something) to (its app|its peer, the END): ([^.]*)\.`,
		isOwed),
	says(`At step NUM its engine(?: absorbed (.*?) and)? produced (.*?)\.`, answered),
	says(`So does the other end: both directions are full and neither end reads\.`, full),
	says(`Nothing can happen any more, for nothing is in flight that could be delivered\.`, atRest),
	says(`Nothing can happen before tick NUM, when the timer of the END(?: and the END)* runs out, `+
		`for nothing is in flight that could be delivered\.`, atRestUntil),
	says(`The loop goes on calling (.*?), and nothing moves any more, for nothing is in flight that `+
		`could be delivered\.`, goesRound),
	says(`The END (waits with|has) interest (\S+); its socket (?:has room for NUM bytes|(is full)) and `+
		`has NUM bytes to read(?:, its engine is in state (\S+))?\.`, stands),
	says(`The END has closed its socket\.`, func(f *facts, m []string) error {
		return want(f.final(f.named(m[1])).Account.Gone, "it has not")
	}),
	says(`(At|Seen at) step NUM, at the END \(pump PUMP\): (.*)\.$`, wasSeen),
	says(`Lost wakeup: (.*?)\. `, notArmed),
	says(`It was lost at step NUM: (?:the last call, CALL, said (\S+), and )?the turn ended with `+
		`interest (\S+)\.`, lostThere),
	says(`No turn is known that lost it: interest is (\S+)\.`, func(f *facts, m []string) error {
		mask := f.final(f.told.End).Account.Quiescence.Mask
		return want(f.told.Verdict.Lost == 0 && m[1] == mask.String(), "interest is %s", mask)
	}),
	says(`What waits came at step NUM\.`, func(f *facts, m []string) error {
		return want(f.told.Verdict.Lost < number(m[1]) && number(m[1]) <= f.last, "no such step")
	}),
	says(`Broken rule: (.*?)\. It was seen at step NUM at the END; the bytes do not tell which end `+
		`broke it\.`, func(f *facts, m []string) error {
		return want(f.told.Verdict.Unsure && f.told.Verdict.Decision.Rule == m[1] && f.seen == f.named(m[3]),
			"the %s is to blame", f.told.End)
	}),
	says(`Broken rule: (.*?)\. PUMP broke it at step NUM(?:, at the END)?: (.*?)\. (?:This is )`, didIt),
	says(`(?:This is )?decision NUM of a pump, (.*?)\. (?:The rule: (.*?)\. )?Known from: (.*)\.$`,
		func(f *facts, m []string) error {
			d := pumps.Decisions()[number(m[1])-1]
			return want(m[2] == d.Name+" ("+d.Choices+")" && (m[3] == "" || m[3] == d.Rule) &&
				m[4] == strings.Join(d.Known, ", "), "the decision is another one: %s", d)
		}),
}

// lines are all that a hunt may say of a failure, a line each.
var lines = []sentence{
	says(`([a-z-]+): (.*)$`, func(f *facts, m []string) error {
		if m[1] == "missing" {
			return notArmed(f, m[1:])
		}
		p, _ := oracle.PropertyNamed(m[1])
		return want(p.Why == m[2] && p.ID == f.v.Property, "the property is %s", f.v.Property)
	}),
	says(`at step NUM the END's engine(?: absorbed (.*?) and)? produced (.*)$`,
		func(f *facts, m []string) error {
			if f.named(m[2]) != f.told.End {
				return fmt.Errorf("the %s is to blame", f.told.End)
			}
			return answered(f, slices.Delete(m, 2, 3))
		}),
	says(`(at|seen at) step NUM, at the END \(pump PUMP\): (.*?)(?:: NUM bytes)?$`, sawLine),
	says(`broken at step NUM, by the END \(pump PUMP\): (.*)$`, func(f *facts, m []string) error {
		end := f.named(m[2])
		if f.deed = number(m[1]); end != f.told.End || end == f.seen || f.pump(end) != m[3] {
			return fmt.Errorf("the %s is to blame", f.told.End)
		}
		return f.each(m[4], slices.Concat(deeds, sights))
	}),
	says(`nothing can happen any more: (.*)$`, func(f *facts, m []string) error {
		return cmp.Or(atRest(f, m), waitsLike(f, m[1]))
	}),
	says(`nothing can happen before tick NUM, when the timer of the END(?: and the END)* runs out: (.*)$`,
		func(f *facts, m []string) error {
			return cmp.Or(atRestUntil(f, m[:len(m)-1]), waitsLike(f, m[len(m)-1]))
		}),
	says(`the loop goes on calling (.*?), and nothing moves any more: (.*)$`,
		func(f *facts, m []string) error { return cmp.Or(goesRound(f, m), waitsLike(f, m[2])) }),
	says(`the bytes do not tell which end broke it$`, func(f *facts, _ []string) error {
		return want(f.told.Verdict.Unsure, "the %s is to blame", f.told.End)
	}),
	says(`(?:look|called) at (.*)$`, placed),
	says(`(.*)$`, func(f *facts, m []string) error { return f.each(m[1], sights) }),
}

// placed: the pump was there, when it panicked or in a call.
func placed(f *facts, m []string) error {
	here := slices.Contains(f.out.Places, m[1])
	for _, ev := range f.out.Trace.Events {
		here = here || slices.Contains(ev.Places, m[1])
	}
	return want(here, "no pump was there")
}

// sawLine: as in the verdict, or what is owed, at the end that owes it.
func sawLine(f *facts, m []string) error {
	end := f.named(m[3])
	if number(m[2]) != f.v.Step || f.pump(end) != m[4] {
		return fmt.Errorf("it was seen at step %d at the %s", f.v.Step, f.seen)
	}
	if (f.v.Property == oracle.Stall || f.v.Property == oracle.Deadlock) && f.told.Verdict.Wakeup != "" {
		return isOwed(f, []string{"", m[3], m[4], m[6], "", "", m[5]})
	}
	bytes := ""
	if m[6] != "" {
		bytes = ", " + m[6] + " bytes"
	}
	at := map[string]string{"at": "At", "seen at": "Seen at"}[m[1]]
	return wasSeen(f, []string{"", at, m[2], m[3], m[4], m[5] + bytes})
}

// waitsLike: so the end that is blamed waits.
func waitsLike(f *facts, text string) error {
	v, p := f.final(f.told.End), f.final(f.told.End.Peer())
	room, fly := "is full", "what is in flight has no room"
	if v.Account.Quiescence.Room > 0 {
		room = "has room"
	}
	if v.InFlight+p.InFlight == 0 {
		fly = "nothing is in flight"
	}
	is := fmt.Sprintf("interest is %s, the socket %s, %s", v.Account.Quiescence.Mask, room, fly)
	return want(text == is, "%s", is)
}

// isOwed: what is owed lies at that end.
func isOwed(f *facts, m []string) error {
	end := f.named(m[1])
	if toPeer := m[5] != ""; f.pump(end) != m[2] || toPeer && f.named(m[5]) != end.Peer() {
		return fmt.Errorf("the %s has pump %s", end, f.pump(end))
	}
	for o := oracle.EngineOutput; o <= oracle.Delivery; o++ {
		if o.What() == m[6] {
			if o == oracle.SealedOutput && m[3] == "" {
				return wantsWrite(f, end)
			}
			return owes(f.final(end), f.final(end.Peer()), o, m[3])
		}
	}
	return fmt.Errorf("nothing is called that")
}

// wantsWrite: the engine has said want-write, and does not say for how much.
func wantsWrite(f *facts, end script.End) error {
	said := map[string]model.Status{}
	for _, ev := range f.out.Trace.Events {
		if st, ok := ev.EngineCall(); ok && ev.End == end {
			said[ev.Call] = st
		}
	}
	for _, st := range said {
		if st == model.WantWrite {
			return nil
		}
	}
	return fmt.Errorf("its engine said %v", said)
}

// owes says whether so many bytes of a kind wait at an end. If a number makes no sense, or cannot
// be had, bytes has to be empty.
func owes(v, p *sim.View, o oracle.Obligation, bytes string) error {
	a, r := &v.Account, &v.Account.Quiescence
	there := map[oracle.Obligation]int{oracle.EngineOutput: r.Output, oracle.SealedOutput: r.Sealed,
		oracle.PumpPipe: pipe(v), oracle.PumpQueue: queue(v), oracle.SocketInput: r.Unread,
		oracle.PumpInput: input(v), oracle.EngineInput: r.Inside, oracle.HeldData: held(v),
		oracle.AppTurn: int(a.Backlog)}[o]
	if o == oracle.EngineInput && there == 0 {
		there = r.Buffered
	}
	if bytes != "" {
		return want(there > 0 && strconv.Itoa(there) == bytes, "there are %d", there)
	}
	closing := a.Closing || a.HalfClosing
	ended := r.Failed || v.FinSeen || v.ResetSeen || p.Account.Gone
	holds := map[oracle.Obligation]bool{
		oracle.SocketInput:   r.UnreadEnd,
		oracle.UpdateAnswer:  r.Deferred,
		oracle.CloseNotify:   closing && (r.Shut&model.SentClose == 0 || outgoing(v) > 0),
		oracle.HandshakeDone: !r.InitDone,
		oracle.AppEnd:        !a.Told && ended,
		oracle.SocketEnd:     a.Closing && !a.Gone,
	}[o]
	return want(holds, "nothing of that kind is there")
}

// answered: these are the messages of the step.
func answered(f *facts, m []string) error {
	var took, made []string
	for _, ev := range f.out.Trace.Events {
		if !ev.IsNote() || ev.End != f.told.End || ev.Step != number(m[1]) {
			continue
		}
		text := fmt.Sprintf("%s (%d bytes)", ev.Note.Message, ev.Note.Bytes)
		switch {
		case ev.Note.Sent:
			made = append(made, text)
		case len(made) == 0:
			took = append(took, text)
		}
	}
	return want(strings.Join(took, ", ") == m[2] && strings.Join(made, ", ") == m[3],
		"it absorbed %v and produced %v", took, made)
}

// full: no end of the link has room, and each has something to read and to send.
func full(f *facts, _ []string) error {
	for _, end := range [...]script.End{f.told.End, f.told.End.Peer()} {
		v := f.final(end)
		if r := &v.Account.Quiescence; r.Room > 0 || r.Unread == 0 || outgoing(v) == 0 {
			return fmt.Errorf("the %s has room for %d bytes and %d to read", end, r.Room, r.Unread)
		}
	}
	return nil
}

// atRest: no pump is called, now or by a timer, and nothing is under way.
func atRest(f *facts, _ []string) error {
	for _, end := range f.ends() {
		v := f.final(end)
		if v.Ready != 0 || v.Timer != 0 && !v.Account.Gone || f.flies(end) {
			return fmt.Errorf("the %s would be called with %s, its timer is %d, %d bytes fly to it",
				end, v.Ready, v.Timer, v.InFlight)
		}
	}
	return nil
}

// atRestUntil: no pump is called before a tick, at which the timers of just these ends run out.
func atRestUntil(f *facts, m []string) error {
	next := uint64(number(m[1]))
	for _, end := range f.ends() {
		v := f.final(end)
		named := slices.Contains(m[2:], end.String())
		early := v.Timer != 0 && v.Timer < next
		if !v.Account.Gone && (v.Ready != 0 || f.flies(end) || early || named != (v.Timer == next)) {
			return fmt.Errorf("the %s would be called with %s, its timer is %d, %d bytes fly to it",
				end, v.Ready, v.Timer, v.InFlight)
		}
	}
	return nil
}

// goesRound: just these are called, and the last step moved nothing.
func goesRound(f *facts, m []string) error {
	var busy []string
	for _, end := range f.ends() {
		if v := f.final(end); v.Ready != 0 && !v.Account.Gone {
			busy = append(busy, fmt.Sprintf("the %s with %s", end, v.Ready))
		}
		a, b := &f.view(f.last-1, end).Account, &f.final(end).Account
		still := a.Sent == b.Sent && a.Received == b.Received && a.Delivered == b.Delivered &&
			a.Written == b.Written && a.Drained == b.Drained && a.Fed == b.Fed
		if f.flies(end) || !still {
			return fmt.Errorf("something moves at the %s", end)
		}
	}
	return want(strings.Join(busy, " and ") == m[1], "called are %q", busy)
}

// stands: an end is as the table says.
func stands(f *facts, m []string) error {
	v := f.final(f.named(m[1]))
	r := &v.Account.Quiescence
	room := r.Room > 0 && number(m[4]) == r.Room || r.Room == 0 && m[5] != ""
	return want((m[2] == "waits with") == (v.Ready == 0) && m[3] == r.Mask.String() && room &&
		number(m[6]) == r.Unread && m[7] == v.State && !v.Account.Gone,
		"it is called with %s, has interest %s, room %d, unread %d, state %s", v.Ready, r.Mask, r.Room,
		r.Unread, v.State)
}

// wasSeen: it was seen there and then, and what is said of it is true.
func wasSeen(f *facts, m []string) error {
	end := f.named(m[3])
	switch {
	case number(m[2]) != f.v.Step || end != f.seen || f.pump(end) != m[4]:
		return fmt.Errorf("it was seen at step %d at the %s", f.v.Step, f.seen)
	case (m[1] == "At") != (f.told.End == end):
		return fmt.Errorf("the %s is to blame", f.told.End)
	}
	return f.each(m[5], sights)
}

// notArmed: the wakeup that is said to be missing is not there.
func notArmed(f *facts, m []string) error {
	v := f.final(f.told.End)
	r := &v.Account.Quiescence
	edge := f.out.Config.Trigger == model.Edge && v.Readiness&model.Readable != 0 && v.Ready == 0
	holds, known := map[string]bool{
		"write interest": r.Mask&model.Writable == 0,
		"write interest, or a drain after the call that produced it": r.Mask&model.Writable == 0,
		"write interest, and the engine call made again":             r.Mask&model.Writable == 0,
		"the write itself: write interest is armed":                  r.Mask&model.Writable != 0,
		"read interest": r.Mask&model.Readable == 0,
		"the read itself: read interest is armed":                     r.Mask&model.Readable != 0,
		"a look at the socket before it waits: its edge was reported": r.Mask&model.Readable != 0 && edge,
		"the engine call made again: no input comes before it": r.Mask&model.Readable != 0 &&
			r.Unread == 0,
		"a wake by hand: the socket has nothing to report": v.Ready&model.Woken == 0 &&
			!(r.Unread > 0 && v.Ready != 0),
		"a timer: the peer may never read, or never close": v.Timer == 0,
		"the pump's own call of Closed":                    !v.Account.Told && (r.MetEnd || r.Failed),
		"the pump's own call of the app":                   held(v) > 0,
		"the call of Writable":                             v.Account.Backpressure,
		"a write of zero bytes":                            r.Deferred,
	}[m[1]]
	if !known {
		return fmt.Errorf("no wakeup is called that")
	}
	return want(holds, "interest is %s, its timer is %d, it is called with %s", r.Mask, v.Timer, v.Ready)
}

// lostThere: so the turn ended.
func lostThere(f *facts, m []string) error {
	step := number(m[1])
	call, said := "", ""
	for _, ev := range f.calls(step, f.told.End) {
		if st, ok := ev.EngineCall(); ok {
			call, said = ev.Call, st.String()
		}
	}
	mask := f.view(step, f.told.End).Account.Quiescence.Mask
	return want(m[2] == call && m[3] == said && m[4] == mask.String() && step == f.told.Verdict.Lost,
		"the last call, %s, said %s, and interest is %s", call, said, mask)
}

// didIt: the end that is blamed did so in that step.
func didIt(f *facts, m []string) error {
	v := &f.told.Verdict
	elsewhere := m[4] != ""
	switch f.deed = number(m[3]); {
	case m[1] != v.Decision.Rule || v.Unsure || m[2] != f.pump(f.told.End):
		return fmt.Errorf("the verdict is another one")
	case elsewhere != (f.told.End != f.seen) || elsewhere && f.named(m[4]) != f.told.End:
		return fmt.Errorf("the %s broke it", f.told.End)
	case f.deed > f.v.Step:
		return fmt.Errorf("it was seen before that")
	}
	return f.each(m[5], slices.Concat(deeds, sights))
}

// there is a check of the end at which it was seen, and by one of the end that is blamed.
func there(holds func(v *sim.View, n int) bool) func(*facts, []string) error {
	return func(f *facts, m []string) error { return isTrue(f.found(f.seen), m, holds) }
}

func by(holds func(v *sim.View, n int) bool) func(*facts, []string) error {
	return func(f *facts, m []string) error { return isTrue(f.found(f.told.End), m, holds) }
}

// isTrue gives a check the number that a pattern has caught.
func isTrue(v *sim.View, m []string, holds func(v *sim.View, n int) bool) error {
	n := 0
	if len(m) > 1 {
		n = number(m[1])
	}
	return want(holds(v, n), "there was %+v", *v)
}

// told checks what the app was told.
func told(why model.Cause) func(*facts, []string) error {
	return there(func(v *sim.View, _ int) bool {
		return v.Account.Told && v.Account.Why == why && !v.Tainted
	})
}

// given: the app was given data in the step of the violation.
func given(f *facts, _ []string) error {
	return called(f, f.v.Step, f.seen, func(ev *sim.Event) bool { return ev.Call == "app: data" && ev.N > 0 })
}

// called says whether an end made such a call in a step.
func called(f *facts, step int, end script.End, is func(ev *sim.Event) bool) error {
	for _, ev := range f.calls(step, end) {
		if is(&ev) {
			return nil
		}
	}
	return fmt.Errorf("the %s made no such call in step %d", end, step)
}

// did is a check of what the end that is blamed called.
func did(is func(ev *sim.Event, m []string) bool) func(*facts, []string) error {
	return func(f *facts, m []string) error {
		return called(f, f.deed, f.told.End, func(ev *sim.Event) bool { return is(ev, m) })
	}
}

// closes: it is a call that ends the way out.
func closes(ev *sim.Event, _ []string) bool {
	return slices.Contains([]string{"shutdown", "shutdown(write)", "close"}, ev.Call)
}

// both holds if two checks do.
func both(a, b func(*facts, []string) error) func(*facts, []string) error {
	return func(f *facts, m []string) error {
		if err := a(f, m); err != nil {
			return err
		}
		return b(f, m)
	}
}

// sights are the clauses that say what was seen.
var sights = []sentence{
	says(`accepted plaintext never reaches the app(?:, NUM bytes)?`, func(f *facts, _ []string) error {
		gap := int(f.found(f.seen.Peer()).Account.Accepted) - int(f.found(f.seen).Account.Delivered)
		return want(gap > 0, "%d bytes are missing", gap)
	}),
	says(`received data has not been given to the app, NUM bytes`, there(func(v *sim.View, n int) bool {
		return v.Account.Told && n > 0
	})),
	says(`accepted plaintext waits in the pump, NUM bytes`, there(func(v *sim.View, n int) bool {
		return queue(v) == n
	})),
	says(`ciphertext waits in the pump for the socket, NUM bytes`, there(func(v *sim.View, n int) bool {
		return pipe(v) == n
	})),
	says(`received ciphertext waits in the pump for the engine, NUM bytes`,
		there(func(v *sim.View, n int) bool { return input(v) == n })),
	says(`decrypted data waits in the pump for the app, NUM bytes`, there(func(v *sim.View, n int) bool {
		return held(v) == n
	})),
	says(`the app has closed and its close has not left`, there(func(v *sim.View, _ int) bool {
		return v.Account.Closing || v.Account.HalfClosing
	})),
	says(`the app has closed and the socket is not given back`, there(func(v *sim.View, _ int) bool {
		return v.Account.Closing && !v.Account.Gone
	})),
	says(`a handshake was begun and nobody carries it on`, there(func(v *sim.View, _ int) bool {
		return !v.Account.Quiescence.InitDone
	})),
	says(`received data waits inside the engine, NUM bytes`, there(func(v *sim.View, n int) bool {
		return v.Account.Quiescence.Inside == n || v.Account.Quiescence.Buffered == n
	})),
	says(`its timer will move that, at tick NUM`, there(func(v *sim.View, n int) bool {
		return n > 0 && v.Timer == uint64(n)
	})),
	says(`both directions are full and neither end reads`, full),
	says(`a part of the data is missing`, given),
	says(`the app was given bytes that its peer did not write next`, given),
	says(`the app was given data while it had paused`, given),
	says(`it had arrived before the end, and the app was told of the end`,
		there(func(v *sim.View, _ int) bool { return v.Account.Told })),
	says(`the peer had closed in good order, after this data`, func(f *facts, _ []string) error {
		p := f.found(f.seen.Peer())
		return want((p.Account.Closing || p.Account.HalfClosing) && !p.Tainted, "it had not")
	}),
	says(`it is not in any buffer`, func(f *facts, _ []string) error {
		v, p := f.found(f.seen), f.found(f.seen.Peer())
		n := outgoing(p) + incoming(v) + v.Account.Quiescence.Unread
		return want(n == 0, "%d bytes are", n)
	}),
	says(`FIN leaves and close_notify never did`, func(f *facts, _ []string) error {
		v, p := f.found(f.seen), f.found(f.seen.Peer())
		come := p.Account.Quiescence.Shut&model.ReceivedClose != 0
		return want(p.Fin && !come, "FIN %t, close_notify %t: %+v", p.Fin, come, *v)
	}),
	says(`the stream ended without close_notify and was taken for a clean end`,
		there(func(v *sim.View, _ int) bool {
			return v.Account.Why == model.Clean && v.Account.Quiescence.Shut&model.ReceivedClose == 0
		})),
	says(`the socket was closed and close_notify was never sent`, there(func(v *sim.View, _ int) bool {
		return v.Account.Quiescence.Shut&model.SentClose == 0
	})),
	says(`the socket was closed with data unread: the reset destroyed the close`,
		there(func(v *sim.View, _ int) bool { return v.Account.Gone })),
	says(`the app was told of a clean end and nobody closed`, told(model.Clean)),
	says(`the app was told of a truncated end and no fault was made`, told(model.Truncated)),
	says(`the app was told of a reset and no fault was made`, told(model.Broken)),
	says(`the app was told of a TLS failure and no fault was made`, told(model.Fault)),
	says(`the app was told of a timeout and no fault was made`, told(model.TimedOut)),
	says(`one turn takes in more than a turn may, and others of the thread starve`,
		there(func(v *sim.View, _ int) bool { return v.Account.Overworked })),
	says(`turn after turn the pump is ready, and nothing changes`, there(func(v *sim.View, _ int) bool {
		return v.Ready != 0 && v.Account.Idle >= 4
	})),
	says(`(?:a turn made NUM calls and did not return|after NUM actions that gave no app a byte it `+
		`still does not rest)`, func(f *facts, _ []string) error {
		return want(f.v.Property == oracle.BusyLoop, "it is a %s", f.v.Property)
	}),
	says(`panic: .*?$`, func(f *facts, _ []string) error {
		return want(f.v.Property == oracle.Crash, "it is a %s", f.v.Property)
	}),
	says(`(?:recv on|send on|shutdown of|second close of) a closed socket|`+
		`write took more than it was given|the app was told of the end twice`,
		there(func(v *sim.View, _ int) bool { return v.Account.Misuse != "" })),
}

// deeds are the clauses that say what the pump that is blamed did.
var deeds = []sentence{
	says(`it gave its engine NUM bytes of plaintext, .*?$`, did(passedOn("write"))),
	says(`it sent NUM bytes of ciphertext, .*?$`, did(passedOn("send"))),
	says(`it gave its engine NUM bytes of ciphertext, .*?$`, did(passedOn("feed"))),
	says(`it gave its app NUM bytes, .*?$`, did(passedOn("app: data"))),
	says(`it ended its direction, and NUM bytes that it had accepted were never given to its engine`,
		both(did(closes), by(func(v *sim.View, n int) bool { return queue(v) == n }))),
	says(`it ended its direction, and NUM bytes of ciphertext had not left`,
		both(did(closes), by(func(v *sim.View, n int) bool { return outgoing(v)-queue(v) == n }))),
	says(`it ended its direction, and what it had accepted was never sent`, did(closes)),
	says(`it ended its direction, and its close was never sent`, both(did(closes), unclosed)),
	says(`it closed its socket before it had read everything, and the reset (?:destroyed NUM bytes `+
		`that it had sent|made its peer's engine fail)`, func(f *facts, m []string) error {
		v, p := f.found(f.told.End), f.found(f.told.End.Peer())
		lost := int(v.Account.Sent) - int(p.Account.Received)
		return want(v.Account.Gone && p.ResetSeen && number(m[1]) <= lost &&
			(number(m[1]) > 0 || p.Account.Quiescence.Failed), "%d bytes were lost", lost)
	}),
	says(`its engine sent close_notify, and its app had not closed`, by(func(v *sim.View, _ int) bool {
		return v.Account.Quiescence.Shut&model.SentClose != 0 && !v.Account.Closing
	})),
	says(`CALL failed: .*?$`, did(func(ev *sim.Event, m []string) bool {
		st, ok := ev.EngineCall()
		return ok && ev.Call == m[1] && st == model.Failed
	})),
	says(`CALL had said (\S+), and that was taken for a failure`,
		both(did(func(ev *sim.Event, m []string) bool {
			st, ok := ev.EngineCall()
			return ok && ev.Call == m[1] && st.String() == m[2]
		}), did(func(ev *sim.Event, _ []string) bool { return ev.Call == "app: told" }))),
	says(`it goes round in its own loop, where only the peer can change anything`,
		did(func(ev *sim.Event, _ []string) bool { return ev.Call == "spin" })),
	says(`write interest is armed, and a socket whose direction has ended is always ready`,
		by(func(v *sim.View, _ int) bool {
			return v.Ready&v.Account.Quiescence.Mask&model.Writable != 0 && v.Account.Quiescence.Room == 0
		})),
	says(`write interest is armed, the socket has room, and there is nothing to write`,
		by(func(v *sim.View, _ int) bool {
			return v.Account.Quiescence.Mask&model.Writable != 0 && v.Account.Quiescence.Room > 0 &&
				outgoing(v) == 0
		})),
	says(`write interest is armed, the socket has room, and the NUM bytes that wait do not move`,
		by(func(v *sim.View, n int) bool {
			return v.Account.Quiescence.Mask&model.Writable != 0 && v.Account.Quiescence.Room > 0 &&
				n > 0 && outgoing(v) == n
		})),
	says(`read interest is armed, and the NUM bytes that the socket has are not read`,
		by(func(v *sim.View, n int) bool {
			return v.Account.Quiescence.Mask&model.Readable != 0 && v.Account.Quiescence.Unread == n
		})),
	says(`read interest is armed, and the end of the stream is not read`,
		by(func(v *sim.View, _ int) bool {
			return v.Account.Quiescence.Mask&model.Readable != 0 && v.Account.Quiescence.UnreadEnd
		})),
	says(`read interest is armed, and the end of the stream, which it has met, keeps the socket ready`,
		by(func(v *sim.View, _ int) bool {
			return v.Account.Quiescence.Mask&model.Readable != 0 && v.Account.Quiescence.MetEnd
		})),
	says(`it wakes itself, and there is nothing to do`, by(func(v *sim.View, _ int) bool {
		return v.Ready&model.Woken != 0 && outgoing(v)+incoming(v)-v.Input == 0
	})),
	says(`it wakes itself, and the NUM bytes that it has do not move`, by(func(v *sim.View, n int) bool {
		return v.Ready&model.Woken != 0 && 0 < n && n <= outgoing(v)+incoming(v)
	})),
	says(`the peer sent NUM bytes meanwhile`, func(f *facts, m []string) error {
		peer := f.told.End.Peer()
		n := f.view(f.deed, peer).Account.Sent - f.view(f.deed-1, peer).Account.Sent
		return want(int(n) == number(m[1]) && n > 0, "it sent %d", n)
	}),
	says(`the end was told while NUM decrypted bytes had not been delivered`,
		by(func(v *sim.View, n int) bool {
			return v.Account.Told && held(v)+v.Account.Quiescence.Inside == n
		})),
	says(`the end counted while NUM bytes of ciphertext lay undecrypted in engine and pump and NUM in `+
		`the socket`, func(f *facts, m []string) error {
		v, before := f.found(f.told.End), f.view(f.v.Step-1, f.told.End)
		return want(number(m[1]) <= incoming(v) && number(m[2]) <= before.Account.Quiescence.Unread &&
			number(m[1])+number(m[2]) > 0, "%d bytes lay there", incoming(v))
	}),
	says(`the socket's end counted while NUM bytes of ciphertext in front of it(, the peer's `+
		`close_notify at their end,)? lay undecrypted in engine and pump`, func(f *facts, m []string) error {
		v, p := f.found(f.told.End), f.found(f.told.End.Peer())
		closed := p.Account.Quiescence.Shut&model.SentClose != 0 && outgoing(p) == 0 && v.InFlight == 0
		return want(0 < number(m[1]) && number(m[1]) <= incoming(v) && (m[2] == "" || closed),
			"%d bytes lay there, and the peer's close was sent: %t", incoming(v), closed)
	}),
	says(`it told its app of an end, and neither a close_notify nor the end of the stream had come`,
		by(func(v *sim.View, _ int) bool {
			r := &v.Account.Quiescence
			return v.Account.Told && !r.MetEnd && r.Shut&model.ReceivedClose == 0
		})),
	says(`accepted plaintext waits in the pump, NUM bytes where NUM are the limit`, excess(queue)),
	says(`ciphertext waits in the pump for the socket, NUM bytes where NUM are the limit`, excess(pipe)),
	says(`received ciphertext waits in the pump for the engine, NUM bytes where NUM are the limit`,
		excess(input)),
	says(`decrypted data waits in the pump for the app, NUM bytes where NUM are the limit`, excess(held)),
}

// passedOn: such a call, of so many bytes, was marked as wrong.
func passedOn(call string) func(ev *sim.Event, m []string) bool {
	return func(ev *sim.Event, m []string) bool {
		return ev.Call == call && ev.N == number(m[1]) && ev.Wrong != ""
	}
}

// unclosed: the close of the end that is blamed has not come to its peer's engine.
func unclosed(f *facts, _ []string) error {
	r := &f.found(f.told.End.Peer()).Account.Quiescence
	return want(r.Shut&model.ReceivedClose == 0, "it has come")
}

// excess: the pump holds more than a limit.
func excess(count func(v *sim.View) int) func(*facts, []string) error {
	return func(f *facts, m []string) error {
		n := count(f.found(f.told.End))
		return want(n == number(m[1]) && n > number(m[2]), "it holds %d", n)
	}
}
