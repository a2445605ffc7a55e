package story_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A seenProgram is what was seen of a run with a program: its calls in one turn, step 2, and how the
// world looks after it.
type seenProgram struct {
	calls         []sim.Event
	program, peer oracle.Quiescence
	// wake is what began the turn.
	wake script.Verb
	// ready is what the program's wait would report at the end.
	ready model.Events
	// account changes what was seen of our app.
	account func(*oracle.Account)
	finding oracle.Finding
}

const server = script.End(1)

// tell makes the run: a request comes in step 1, the program's turn is step 2, and in step 3 what it
// sent comes to our end.
func (p *seenProgram) tell() (*script.Script, *run.Outcome) {
	cfg := script.Config{Program: "memcached", ProgramVersion: "1.6.18", Peer: "reference", Engine: "puppet",
		PeerEngine: "puppet", Under: model.Server, Version: model.TLS13, Transport: model.Attached, Links: 1}
	wake := p.wake
	if wake == 0 {
		wake = script.Poll
	}
	trace := &sim.Trace{Events: []sim.Event{
		{Step: 1, End: server, Action: script.Action{Verb: script.Deliver, On: server, Arg: script.All}, Data: make([]byte, 149)},
		{Step: 2, End: server, Action: script.Action{Verb: wake, On: server}, Ready: model.Readable},
	}}
	for _, ev := range p.calls {
		ev.Step, ev.End = 2, server
		trace.Events = append(trace.Events, ev)
	}
	trace.Events = append(trace.Events,
		sim.Event{Step: 3, Action: script.Action{Verb: script.Deliver, Arg: script.All}, Data: make([]byte, 400)},
		sim.Event{Step: 3, Note: model.Note{Message: "ServerHello", Bytes: 90}})
	for range 4 {
		views := make([]sim.View, 2)
		views[0].Account.Quiescence = p.peer
		if p.account != nil {
			p.account(&views[0].Account)
		}
		views[1] = sim.View{Ready: p.ready, Account: oracle.Account{Foreign: true, Quiescence: p.program}}
		trace.Views = append(trace.Views, views)
	}
	f := p.finding
	f.End = int(server)
	return &script.Script{Config: cfg, Property: f.Property.String()}, &run.Outcome{Config: cfg, Trace: trace,
		Result: sim.Result{Found: true, Violation: sim.Violation{Finding: f, Step: 3}}}
}

// The calls of programs.
func recv(n int) sim.Event { return sim.Event{Call: "recv", N: n} }
func dry() sim.Event       { return sim.Event{Call: "recv", Status: uint8(model.WouldBlock)} }
func eof() sim.Event       { return sim.Event{Call: "recv", Status: uint8(model.EOF)} }
func send(n, offered int) sim.Event {
	return sim.Event{Call: "send", N: n, Offered: offered, Data: make([]byte, n)}
}
func refused(offered int) sim.Event {
	return sim.Event{Call: "send", Offered: offered, Status: uint8(model.WouldBlock)}
}
func control(text string) sim.Event { return sim.Event{Call: "epoll_ctl", Text: text} }
func closed() sim.Event             { return sim.Event{Call: "close"} }

func stalls(o oracle.Obligation) oracle.Finding {
	return oracle.Finding{Property: oracle.Stall, Obligation: o}
}

// hung is a server whose flight does not fit: its send finds the socket full, and it waits for input.
func hung() *seenProgram {
	return &seenProgram{calls: []sim.Event{{Call: "accept", Text: "link"}, recv(149), send(400, 1023), refused(623),
		control("add link read")}, finding: stalls(oracle.HandshakeDone),
		program: oracle.Quiescence{Mask: model.Readable, Room: 400}}
}

// TestStoryOfAProgram: what a program is to blame for is told from its calls, and what they let one
// conclude is marked.
func TestStoryOfAProgram(t *testing.T) {
	s, out := hung().tell()
	want := []string{
		"stall: something is owed and no wakeup will ever move it: a hang",
		"at step 3, at the server (program memcached 1.6.18): a handshake was begun and nobody carries it on",
		"lacking: the client's engine has absorbed ServerHello (90 bytes), and waits for more; 623 bytes of what it " +
			"had offered to its socket did not leave",
		"in step 2, its last turn at the link, its wait reported read, and it made these calls: accept, recv 149, " +
			"send 400 of 1023 offered, send of 623: would-block, epoll_ctl add link read",
		"nothing can happen any more but that time passes: the program waits for read (EPOLLIN) alone, and its socket " +
			"has room for 400 bytes and nothing to read",
		"inferred from the calls: its library wanted to write (SSL_ERROR_WANT_WRITE) at a read or handshake call, for " +
			"the turn began with a read event, and the handshake is not done; the program waits for read (EPOLLIN) " +
			"alone: EPOLLOUT is missing",
		"missing: write interest (EPOLLOUT)",
	}
	if got := story.Explain(s, out); !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.Story = append(slices.Clone(want), "found in Debian 12")
	if got := story.Retell(s, out); !slices.Equal(got, append(want, "found in Debian 12")) {
		t.Errorf("told again: %q", got)
	}
	told := story.Tell(s, out)
	if got, want := told.Verdict.Brief(), "memcached 1.6.18 at the server: a handshake was begun and nobody carries it "+
		"on, and the wakeup was lost at step 2: write interest (EPOLLOUT)"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, width := range []int{60, 100} {
		text := told.Text(story.TextOptions{Width: width})
		checkWidth(t, text, width)
		for _, line := range []string{"memcached 1.6.18 at the server against reference, puppet,",
			"● epoll_ctl add link read", "send of 623: would-block", " recv 149 ", "the program's own"} {
			if !strings.Contains(text, line) {
				t.Errorf("got the picture\n%s\nwant %q in it", text, line)
			}
		}
		head := strings.TrimSpace(strings.Split(text[strings.Index(text, "\n\n")+2:], "\n")[0])
		if strings.Contains(head, "engine") || !strings.Contains(head, "program") {
			t.Errorf("got the lanes %q; want a program's", head)
		}
	}
	if page, err := story.Page(told); err != nil || len(page) == 0 {
		t.Errorf("there is no page: %v", err)
	}
}

// TestInferences: what the calls of a program let one conclude, and which decision they show. None is
// named where they do not tell.
func TestInferences(t *testing.T) {
	reads, both := oracle.Quiescence{Mask: model.Readable, Room: 400}, model.Readable|model.Writable
	unread := oracle.Quiescence{Mask: model.Readable, Room: 400, Unread: 7}
	asked := func(a *oracle.Account) { a.Owed = "1 answers, first VALUE" }
	answer := oracle.Delivery + 1
	shaken := oracle.Quiescence{InitDone: true, Shaken: true}
	again := oracle.Quiescence{Shaken: true}
	level := control("add link read")
	breaks := func(p oracle.PropertyID) oracle.Finding { return oracle.Finding{Property: p, Detail: "signal SIGSEGV"} }
	for _, c := range []struct {
		name     string
		p        seenProgram
		decision int
		want     string
	}{
		{"a handshake that does not fit", *hung(), 9, "EPOLLOUT is missing"},
		{"an answer that does not fit", seenProgram{calls: []sim.Event{recv(40), send(10, 90), level}, program: reads,
			peer: shaken, account: asked, finding: stalls(answer)}, 5, "80 bytes of what it had offered"},
		{"an edge of room", seenProgram{calls: []sim.Event{recv(40), refused(90), control("add link read+write, edge")},
			program: oracle.Quiescence{Mask: both, Room: 4}, peer: shaken, account: asked, finding: stalls(answer)}, 15,
			"the edge of that was reported"},
		{"plaintext in the library", seenProgram{calls: []sim.Event{recv(5), recv(52), send(30, 30), level}, program: reads,
			peer: shaken, account: asked, finding: stalls(answer)}, 14, "SSL_pending"},
		{"an answer that was never made", seenProgram{calls: []sim.Event{recv(52), dry(), level}, program: reads,
			peer: shaken, account: asked, finding: stalls(answer)}, 0, "the calls do not tell"},
		{"a flight in a memory BIO", seenProgram{calls: []sim.Event{recv(149), dry(), level}, program: reads,
			finding: stalls(oracle.HandshakeDone)}, 2, "a memory BIO"},
		{"an answer to a renegotiation in a memory BIO", seenProgram{calls: []sim.Event{recv(149), dry(), level},
			program: reads, peer: again, account: asked, finding: stalls(oracle.Delivery + 4)}, 1, "a memory BIO"},
		{"bytes that nobody is told of", seenProgram{calls: []sim.Event{recv(5), control("change link nothing")},
			program: oracle.Quiescence{Room: 4, Unread: 7}, finding: stalls(oracle.SocketInput)}, 0,
			"7 bytes, is announced to nobody: it waits for nothing"},
		{"bytes whose edge is gone", seenProgram{calls: []sim.Event{recv(5), control("add link read, edge")},
			program: unread, finding: stalls(oracle.SocketInput)}, 15, "the edge of what its socket has to read, 7 bytes"},
		{"a socket that is kept", seenProgram{calls: []sim.Event{eof(), level}, program: reads,
			finding: stalls(oracle.SocketEnd)}, 23, "has not closed its socket"},
		{"a connection that is not accepted", seenProgram{program: reads, finding: stalls(oracle.HandshakeDone)}, 0,
			"it has never looked at the connection"},
		{"an alert that does not fit", seenProgram{calls: []sim.Event{recv(9), refused(24), level}, program: reads,
			peer: again, finding: stalls(oracle.HandshakeDone)}, 0, "loses-alerts"},
		{"half an alert", seenProgram{calls: []sim.Event{recv(9), send(7, 24), level}, peer: again,
			program: oracle.Quiescence{Mask: model.Readable, Room: 9, HalfAlert: true},
			finding: stalls(oracle.Delivery + 3)}, 0, "loses-alerts"},
		{"both directions are full", seenProgram{calls: []sim.Event{recv(9), refused(99)},
			program: oracle.Quiescence{Mask: model.Writable, Unread: 7},
			finding: oracle.Finding{Property: oracle.Deadlock, Obligation: oracle.SocketInput}}, 7, "both directions are full"},
		{"write interest for ever", seenProgram{calls: []sim.Event{recv(9)}, ready: model.Writable,
			program: oracle.Quiescence{Mask: both, Room: 4}, finding: breaks(oracle.BusyLoop)}, 6, "it sends nothing"},
		{"read interest while its library has to write", seenProgram{calls: []sim.Event{recv(9), refused(99)},
			ready: model.Readable, program: unread, finding: breaks(oracle.BusyLoop)}, 9, "7 unread bytes wake it"},
		{"an end for ever", seenProgram{calls: []sim.Event{eof()}, ready: model.Readable, program: reads,
			finding: breaks(oracle.BusyLoop)}, 22, "keeps its socket ready"},
		{"a close with bytes unsent", seenProgram{calls: []sim.Event{refused(99), closed()}, peer: shaken,
			finding: breaks(oracle.DataLoss)}, 3, "99 bytes of what it had offered had not left"},
		{"a close with bytes unread", seenProgram{calls: []sim.Event{send(9, 9), closed()}, peer: shaken, program: unread,
			finding: breaks(oracle.DataLoss)}, 23, "with 7 bytes unread"},
		{"a close without close_notify", seenProgram{calls: []sim.Event{dry(), closed()}, peer: shaken,
			finding: breaks(oracle.Truncation)}, 23, "had sent no close_notify"},
		{"a close_notify that does not fit", seenProgram{calls: []sim.Event{refused(24), closed()}, peer: shaken,
			finding: breaks(oracle.Truncation)}, 23, "its close_notify, by its size of 24 bytes"},
		{"a close_notify that waits for no room", seenProgram{calls: []sim.Event{eof(), refused(24), level}, program: reads,
			finding: stalls(oracle.SocketEnd)}, 5, "EPOLLOUT is missing"},
		{"a flight that fails", seenProgram{calls: []sim.Event{recv(149), refused(900), closed()},
			finding: breaks(oracle.SpuriousFailure)}, 9, "was taken for a failure"},
		{"a wakeup for nothing", seenProgram{calls: []sim.Event{dry(), closed()}, peer: shaken, wake: script.Spurious,
			finding: breaks(oracle.SpuriousFailure)}, 0, "a wait reported what was not there"},
		{"other bytes behind a short send", seenProgram{calls: []sim.Event{send(4, 9), send(9, 9)}, peer: shaken,
			finding: breaks(oracle.Corruption)}, 11, "did not take all of a send"},
		{"a crash", seenProgram{calls: []sim.Event{recv(9)}, finding: breaks(oracle.Crash)}, 0, "signal SIGSEGV"},
	} {
		s, out := c.p.tell()
		v := story.Tell(s, out).Verdict
		if text := strings.Join(v.Paragraphs, "\n"); v.Decision.Number != c.decision || !strings.Contains(text, c.want) ||
			strings.Contains(text, "(pump )") {
			t.Errorf("%s: got decision %d, want %d and %q in\n%s", c.name, v.Decision.Number, c.decision, c.want, text)
		}
		if strings.Contains(strings.Join(v.Paragraphs, "\n"), "%!") {
			t.Errorf("%s: a number is missing: %s", c.name, v.Paragraphs)
		}
		if v.Owed != "" && v.Wakeup == "" {
			t.Errorf("%s: nothing is missing", c.name)
		}
		s.Story = append(story.Explain(s, out), "a note of somebody")
		if got := story.Retell(s, out); !slices.Equal(got, s.Story) {
			t.Errorf("%s: told again: %q", c.name, got)
		}
	}
}
