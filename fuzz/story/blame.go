package story

import (
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Story 102: the correct pump was blamed in 78 of 962 failures of pumps with a planted mistake.
// The oracle says at which end a violation is seen. Very often that is not the end that broke it:
// bytes that one pump drops are missed at the other end. So the blame follows the bytes: what was
// accepted, sealed, drained and sent at one end, and received, fed, decrypted and delivered at the
// other. The pump is to blame at which they stay, or leave other than they came. It does not
// matter which of the two is under test.

// A culprit is the end that broke what does not hold.
type culprit struct {
	end script.End
	// unsure: the facts do not tell which end it was. Then end is the one where it is seen.
	unsure bool
	// owed and bytes are what it owes, if the violation is about wakeups. It is the oracle's
	// finding unless another end is to blame than that which it names.
	owed  oracle.Obligation
	bytes uint64
	// mistake is what it did. It has no number if the oracle's finding says enough: see cause.
	mistake
}

// blame finds the culprit.
func (e *evidence) blame() culprit {
	seen := script.End(e.v.End)
	own := culprit{end: seen, owed: e.v.Obligation, bytes: e.v.Bytes}
	switch e.v.Property {
	case oracle.Stall:
		return e.blameForStall(own)
	case oracle.Deadlock:
		return e.blameForDeadlock(own)
	case oracle.DataLoss, oracle.Corruption, oracle.SpuriousFailure:
		return e.blameForBytes(own)
	}
	return own // the others are about what the end itself did
}

// at makes an end the culprit.
func (c culprit) at(end script.End, m mistake) culprit {
	c.end, c.mistake = end, m
	return c
}

// unknown makes nobody the culprit.
func (c culprit) unknown() culprit {
	c.unsure = true
	return c
}

// astray finds the first call on the way to an end that passed on other bytes than its pump had
// got. It is nil if there is none up to the violation.
//
//	the peer's app ─write▶ engine ─send▶ link ─feed▶ engine ─app: data▶ the end's app
func (e *evidence) astray(to script.End) *sim.Event {
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		if ev.Wrong == "" || ev.Step > e.v.Step {
			continue
		}
		switch ev.Call {
		case "feed", "app: data":
			if ev.End == to {
				return ev
			}
		default:
			if ev.End == to.Peer() {
				return ev
			}
		}
	}
	return nil
}

// strays are what a pump did in a call that passed on other bytes.
var strays = map[string]struct {
	decision int
	how      string
}{
	"write":       {retryIdentity, "it gave its engine %d bytes of plaintext, %s"},
	"write early": {retryIdentity, "it gave its engine %d bytes of plaintext, %s"},
	"send":        {retryIdentity, "it sent %d bytes of ciphertext, %s"},
	"feed":        {feeding, "it gave its engine %d bytes of ciphertext, %s"},
	"app: data":   {readPause, "it gave its app %d bytes, %s"},
}

// stray is the mistake of such a call.
func stray(ev *sim.Event) mistake {
	s := strays[ev.Call]
	return mistake{decision: s.decision, when: ev.Step, how: fmt.Sprintf(s.how, ev.N, ev.Wrong)}
}

// blameForBytes blames the pump that passed on other bytes than it had got, toward the end at which
// something was seen, or from there: an engine that can't read them fails at both. Otherwise it is
// for where the bytes lie to say.
func (e *evidence) blameForBytes(own culprit) culprit {
	ev := e.astray(own.end)
	if ev == nil && e.v.Property == oracle.SpuriousFailure {
		ev = e.astray(own.end.Peer())
	}
	switch {
	case ev != nil:
		return own.at(ev.End, stray(ev))
	case e.trace.Gap.At > 0:
		return own.unknown() // it may have happened in the gap
	case e.v.Property == oracle.DataLoss:
		return e.blameForLoss(own)
	case e.v.Property == oracle.SpuriousFailure:
		return e.blameForFailure(own)
	}
	return own.unknown()
}

// A stock is what lies where, in bytes.
type stock struct {
	queue, output, pipe          int // on the way out: in the pump, the engine, and the pump again
	flying                       int // on the way to this end
	unread, fed, decrypted, held int // on the way in: socket, pump and engine, engine, pump
}

// sent is what has not left, come what has come and the app has not been given.
func (s *stock) sent() int { return s.queue + s.output + s.pipe }
func (s *stock) come() int { return s.unread + s.fed + s.decrypted + s.held }

// own is what lies in the end itself, and not in its socket.
func (s *stock) own() int { return s.sent() + s.come() - s.unread }

// stockOf counts what lies at an end after the step of the violation. A part of a record does not
// count: nothing can be done with it.
func (e *evidence) stockOf(end script.End) stock {
	v := e.view(e.v.Step, end)
	a, r := &v.Account, &v.Account.Quiescence
	return stock{queue: int(a.Queue()), output: r.Output + r.Sealed, pipe: int(a.PipeOut()),
		flying: v.InFlight, unread: r.Unread, fed: int(a.PipeIn()) + max(0, v.Input-e.partial(end)),
		decrypted: r.Inside, held: int(a.Held())}
}

// stockTo counts what lies on the way from an end's peer to the end, at which the violation was
// seen in the middle of a step. What the end read from its socket in the rest of the step, it
// threw away.
func (e *evidence) stockTo(end script.End) stock {
	from, to := e.stockOf(end.Peer()), e.stockOf(end)
	before, after := e.view(e.v.Step-1, end), e.view(e.v.Step, end)
	got := int(after.Account.Received - before.Account.Received)
	to.queue, to.output, to.pipe = from.queue, from.output, from.pipe
	to.unread = max(0, before.Account.Quiescence.Unread-got)
	return to
}

// partial is how many bytes of a record of which the rest has not come an end's engine has got, by
// the step of the violation. Nothing can be done with them before the peer sends the rest.
func (e *evidence) partial(end script.End) int {
	if e.trace.Gap.At > 0 {
		return max(1, e.view(e.v.Step, end).Input) // what was sent in the gap is not there to see
	}
	got := int(e.view(e.v.Step, end).Account.Fed)
	if e.cfg.Transport == model.Attached {
		got = int(e.view(e.v.Step, end).Account.Received)
	}
	var stream []byte
	for i := range e.trace.Events {
		if ev := &e.trace.Events[i]; ev.Call == "send" && ev.End == end.Peer() {
			stream = append(stream, ev.Data...)
		}
	}
	at := 0
	for got-at >= wire.HeaderLen && at+wire.HeaderLen <= len(stream) {
		size := wire.RecordSize(stream[at:])
		if at+size > got {
			break
		}
		at += size
	}
	return got - at
}

// blameForLoss finds where bytes were lost: at the end that was told of the end too early, or at
// its peer, which never sent them.
func (e *evidence) blameForLoss(own culprit) culprit {
	if e.v.Obligation != oracle.Delivery {
		return own // it had arrived
	}
	s, a := e.stockTo(own.end), &e.view(e.v.Step, own.end).Account
	lost, reset := e.reset(own.end)
	switch {
	case lost > 0, reset && e.died(own.end) != nil:
		return own.at(own.end.Peer(), e.closed(own.end.Peer(), lost))
	case s.come() > 0:
		return own
	case a.Told && !e.sawEnd(own.end):
		return own // it took for the end what was none
	}
	return own.at(own.end.Peer(), e.unsent(own.end.Peer(), &s))
}

// sawEnd says whether an end had seen that nothing would come any more, by the step of the
// violation.
func (e *evidence) sawEnd(end script.End) bool {
	r := &e.view(e.v.Step, end).Account.Quiescence
	return r.MetEnd || r.Shut&model.ReceivedClose != 0
}

// closed is the mistake of an end that closed its socket before it had read everything.
func (e *evidence) closed(end script.End, lost int) mistake {
	m := mistake{decision: localClose, how: "it closed its socket before it had read everything, and " +
		said(claim{lost > 0, fmt.Sprintf("the reset destroyed %d bytes that it had sent", lost)},
			claim{true, "the reset made its peer's engine fail"})}
	for _, ev := range e.trace.Events {
		if ev.End == end && ev.Call == "close" {
			m.when = ev.Step
		}
	}
	return m
}

// unsent is the mistake of an end that has ended its direction before everything had left.
func (e *evidence) unsent(end script.End, s *stock) mistake {
	when := 0
	for _, ev := range e.trace.Events {
		if ev.End == end && ev.Step <= e.v.Step && (ev.Call == "shutdown" ||
			ev.Call == "shutdown(write)" || ev.Call == "close") {
			when = ev.Step
			break
		}
	}
	m := mistake{decision: localClose, when: when}
	switch {
	case s.queue > 0:
		m.how = fmt.Sprintf("it ended its direction, and %d bytes that it had accepted were never "+
			"given to its engine", s.queue)
	case s.output+s.pipe > 0:
		m.how = fmt.Sprintf("it ended its direction, and %d bytes of ciphertext had not left",
			s.output+s.pipe)
	case e.v.Property == oracle.DataLoss:
		m.how = "it ended its direction, and what it had accepted was never sent"
	default:
		m.how = "it ended its direction, and its close was never sent"
	}
	return m
}

// died is the call in which an end's engine failed for good, up to the violation; nil if it did
// not. A call that the engine only refused is none.
func (e *evidence) died(end script.End) *sim.Event {
	step := e.v.Step + 1
	for step > 0 && e.view(step-1, end).Account.Quiescence.Failed {
		step--
	}
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		if st, ok := ev.EngineCall(); ok && st == model.Failed && ev.End == end && ev.Step == step {
			return ev
		}
	}
	return nil
}

// reset says whether an end has met a reset because its peer closed the socket before it had read
// everything. lost is how many bytes that the peer had sent never came, because of that.
func (e *evidence) reset(end script.End) (lost int, ok bool) {
	v, p := e.view(e.v.Step, end), e.view(e.v.Step, end.Peer())
	if !v.ResetSeen || v.Tainted || !p.Account.Gone {
		return 0, false
	}
	before := e.view(e.v.Step-1, end)
	got := before.Account.Received + uint64(before.Account.Quiescence.Unread)
	return int(p.Account.Sent - min(p.Account.Sent, got)), true
}

// blameForFailure finds who made a link end that nobody had ended: the pump that told its app so
// without a reason, or the one that gave the reason.
func (e *evidence) blameForFailure(own culprit) culprit {
	peer := own.end.Peer()
	a := &e.view(e.v.Step, own.end).Account
	switch a.Why {
	case model.Fault:
		return e.blameForFault(own)
	case model.Truncated, model.Broken:
		s := e.stockTo(own.end)
		switch {
		case !a.Quiescence.MetEnd, s.come() > 0:
			return own // it took for the end what was none, or not yet
		case a.Quiescence.Shut&model.ReceivedClose != 0:
			return own // the close had come, and it told another end
		}
		// All that came was looked at, and no close was in it.
		return own.at(peer, e.unsent(peer, &s))
	case model.Clean:
		if a.Quiescence.Shut&model.ReceivedClose != 0 {
			return own.at(peer, mistake{decision: localClose, how: "its engine sent close_notify, " +
				"and its app had not closed"})
		}
	}
	return own
}

// blameForFault finds whose engine failed first, and why.
func (e *evidence) blameForFault(own culprit) culprit {
	here, there := e.died(own.end), e.died(own.end.Peer())
	if there == nil || here != nil && here.Step <= there.Step {
		return own
	}
	return own.at(there.End, mistake{decision: errorDecision(there.Why), when: there.Step,
		how: fmt.Sprintf("%s failed: %s", there.Call, there.Why)})
}

// blameForDeadlock blames the end that could take what has come and does not. An engine that has to
// write first can take nothing.
func (e *evidence) blameForDeadlock(own culprit) culprit {
	able := func(end script.End) bool {
		v := e.view(e.last, end)
		return !v.Account.Quiescence.Stuck && (v.Account.Attached || v.Input < e.cfg.Sizes.Bio)
	}
	if peer := own.end.Peer(); !able(own.end) && able(peer) {
		own.end, own.bytes = peer, uint64(e.view(e.last, peer).Account.Quiescence.Unread)
	}
	return own
}

// blameForStall finds who has to move first. That is not an end that can only wait for its peer.
func (e *evidence) blameForStall(own culprit) culprit {
	if e.view(e.last, own.end).Timer > 0 {
		for _, end := range [...]script.End{own.end, own.end.Peer()} {
			if e.view(e.last, end).Ready != 0 {
				// Story 101: an end that waited for its timer was blamed for a stall. Its peer was
				// called again and again and moved nothing, so that the clock stood still.
				own.end, own.owed, own.bytes = end, oracle.NoObligation, 0
				return own
			}
		}
	}
	if !e.patient(own) {
		return own
	}
	peer := own.end.Peer()
	for _, to := range [...]script.End{own.end, peer} {
		// Story 103: a pump sent other bytes than its engine had made. Go's crypto/tls took them
		// for the beginning of a long record and waited for the rest, and its pump was blamed.
		if ev := e.astray(to); ev != nil {
			own.owed, own.bytes = oracle.NoObligation, 0
			return own.at(ev.End, stray(ev))
		}
	}
	if o, n := e.hides(peer); o != oracle.NoObligation {
		own.end, own.owed, own.bytes = peer, o, n
		return own
	}
	if own.owed == oracle.EngineInput {
		return own.unknown() // the rest of the record is nowhere
	}
	own.end = e.turnOf(own.end)
	return own
}

// turnOf is the end that has to go on with a handshake, of an end and its peer: the one that is in
// it, if the other is not; the one that has something to look at; or else the one whose engine was
// the last to absorb a message of it.
func (e *evidence) turnOf(end script.End) script.End {
	pair := [...]script.End{end, end.Peer()}
	for _, only := range [...]func(script.End) bool{
		func(x script.End) bool { return !e.view(e.last, x).Account.Quiescence.InitDone },
		func(x script.End) bool { s := e.stockOf(x); return s.come() > 0 },
	} {
		switch a, b := only(pair[0]), only(pair[1]); {
		case a && !b:
			return pair[0]
		case b && !a:
			return pair[1]
		}
	}
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		if ev.IsNote() && !ev.Note.Sent && ev.Note.Message != "application data" &&
			slices.Contains(pair[:], ev.End) {

			end = ev.End
		}
	}
	return end
}

// patient says whether an end can only wait for its peer: in a handshake, or with a part of a
// record.
func (e *evidence) patient(c culprit) bool {
	s := e.stockOf(c.end)
	return c.owed == oracle.HandshakeDone ||
		c.owed == oracle.EngineInput && s.decrypted+s.fed == 0 && e.partial(c.end) > 0
}

// dropped says whether, after a step, a call of an end's engine had wanted to write, had not been
// made again, and no write interest was armed.
func (e *evidence) dropped(end script.End, step int) bool {
	if e.wants[end] == nil {
		e.wants[end] = e.wanting(end)
	}
	at := e.wants[end]
	return at[max(0, min(step, len(at)-1))] && e.view(step, end).Account.Quiescence.Mask&model.Writable == 0
}

// wanting says of each step whether the last answer of some call of an end's engine was then that
// it wanted to write.
func (e *evidence) wanting(end script.End) []bool {
	after := make([]bool, e.last+2)
	last, now, from := map[string]model.Status{}, false, 0
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		st, ok := ev.EngineCall()
		if !ok || ev.End != end || ev.Step > e.last {
			continue
		}
		for ; from < ev.Step; from++ {
			after[from] = now
		}
		last[ev.Call], now = st, false
		for _, st := range last {
			now = now || st == model.WantWrite
		}
	}
	for ; from < len(after); from++ {
		after[from] = now
	}
	return after
}

// hides finds what an end owes to a peer that waits for it. Of what OpenSSL holds behind a full
// buffer nothing can be counted: its last answer, want-write, is all that it says.
//
// Story 100: half a ServerHello had come, and the other half was inside the server's library, whose
// pump had dropped a want-write. The client was blamed, for it had input and nobody read it.
func (e *evidence) hides(end script.End) (oracle.Obligation, uint64) {
	if e.dropped(end, e.last) {
		return oracle.SealedOutput, uint64(e.view(e.last, end).Account.Quiescence.Sealed)
	}
	l := e.trace.LedgerAt(e.cfg, e.last)
	for _, like := range [...]oracle.Obligation{oracle.EngineOutput, oracle.SocketInput} {
		if o, n := l.Owed(int(end), like); o != oracle.NoObligation {
			return o, n
		}
	}
	return oracle.NoObligation, 0
}
