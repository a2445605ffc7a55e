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

// hungProgram is the run of a server whose flight does not fit: its send finds the socket full, and
// it waits for input. mask is what it waits with.
func hungProgram(mask model.Events) (*script.Script, *run.Outcome) {
	cfg := script.Config{Program: "memcached", ProgramVersion: "1.6.18", Peer: "reference", Engine: "puppet",
		PeerEngine: "puppet", Under: model.Server, Version: model.TLS13, Transport: model.Attached, Links: 1}
	const server = script.End(1)
	deliver := script.Action{Verb: script.Deliver, On: server, Arg: script.All}
	poll := script.Action{Verb: script.Poll, On: server}
	trace := &sim.Trace{Events: []sim.Event{
		{Step: 1, End: server, Action: deliver, Data: make([]byte, 149)},
		{Step: 2, End: server, Action: poll, Ready: model.Readable},
		{Step: 2, End: server, Call: "accept", Text: "link"},
		{Step: 2, End: server, Call: "recv", N: 149},
		{Step: 2, End: server, Call: "send", N: 400},
		{Step: 2, End: server, Call: "send", Status: uint8(model.WouldBlock)},
		{Step: 2, End: server, Call: "epoll_ctl", Text: "add link " + mask.String()},
		{Step: 3, End: 0, Action: script.Action{Verb: script.Deliver, Arg: script.All}, Data: make([]byte, 400)},
	}}
	at := func(room int) []sim.View {
		views := make([]sim.View, 2)
		views[1].Account = oracle.Account{Foreign: true, Quiescence: oracle.Quiescence{Mask: mask, Room: room}}
		return views
	}
	trace.Views = [][]sim.View{at(400), at(400), at(0), at(400)}
	f := oracle.Finding{Property: oracle.Stall, End: 1, Obligation: oracle.HandshakeDone}
	return &script.Script{Config: cfg, Property: "stall"}, &run.Outcome{Config: cfg, Trace: trace,
		Result: sim.Result{Found: true, Violation: sim.Violation{Finding: f, Step: 3}}}
}

// TestStoryOfAProgram: what a program is to blame for is told from its calls.
func TestStoryOfAProgram(t *testing.T) {
	s, out := hungProgram(model.Readable)
	want := []string{
		"stall: something is owed and no wakeup will ever move it: a hang",
		"at step 3, at the server (program memcached): a handshake was begun and nobody carries it on",
		"its last turn was step 2: accept link, recv 149, send 400, send: would-block, epoll_ctl add link read",
		"nothing can happen any more: interest is read, the socket has room, nothing is in flight",
		"missing: write interest: at step 2 its send found the socket full, and it waits with interest read",
	}
	if got := story.Explain(s, out); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	s.Story = append(slices.Clone(want), "found in Debian 12")
	if got := story.Retell(s, out); !slices.Equal(got, append(want, "found in Debian 12")) {
		t.Errorf("told again: %q", got)
	}
	told := story.Tell(s, out)
	if got, want := told.Verdict.Brief(), "memcached at the server: a handshake was begun and nobody carries it on, "+
		"and there is no wakeup: write interest: at step 2 its send found the socket full, and it waits with "+
		"interest read"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	text := told.Text(story.TextOptions{})
	for _, line := range []string{"memcached at the server against reference", "● epoll_ctl add link read",
		"── send: would-block ──", "── recv 149 ──", "the program's own"} {
		if !strings.Contains(text, line) {
			t.Errorf("got the picture\n%s\nwant %q in it", text, line)
		}
	}
}

// TestOtherWakeupsOfAProgram: what is missing depends on what waits, and on what it waits with.
func TestOtherWakeupsOfAProgram(t *testing.T) {
	for _, c := range []struct {
		mask model.Events
		owed oracle.Obligation
		want string
	}{
		{0, oracle.SocketInput, "missing: write interest: at step 2 its send found the socket full, and it waits " +
			"with interest none"},
		{model.Writable, oracle.SocketInput, "missing: read interest: it waits with interest write"},
		{model.Readable | model.Writable, oracle.SocketInput, "missing: the read itself: read interest is armed, " +
			"and its wait has reported what came"},
		{model.Readable | model.Writable, oracle.SocketEnd, "missing: " + oracle.SocketEnd.Wakeup()},
	} {
		s, out := hungProgram(c.mask)
		out.Result.Violation.Obligation = c.owed
		if lines := story.Explain(s, out); lines[len(lines)-1] != c.want {
			t.Errorf("%s, %s: got %q; want %q", c.mask, c.owed, lines[len(lines)-1], c.want)
		}
	}
}
