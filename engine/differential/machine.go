package differential

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/model"
)

// Property lets rapid drive both links as a state machine: it chooses the setting and each call,
// and shrinks what differs. What it drew is not printed: the setting and the calls say it.
func (c *Comparison) Property(t *testing.T) { c.property(quiet{t}) }

// property is Property for anything that rapid can tell.
func (c *Comparison) property(t rapid.TB) {
	t.Helper()
	var last *difference
	defer func() { // rapid ends a test that has failed from inside Check
		if last != nil {
			t.Logf("%s", c.shrink(t, last))
		}
	}()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.Custom(func(rt *rapid.T) Setting { return drawSetting(choose(rt)) }).Draw(rt, "link")
		if c.adapt != nil {
			c.adapt(&s)
		}
		m := &machine{meeting: c.meet(rt, s), last: &last}
		defer m.end()
		rt.Repeat(rapid.StateMachineActions(m))
	})
}

// choose lets rapid make choices.
func choose(rt *rapid.T) choice {
	return func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
}

// A machine is a meeting as rapid drives it. Its exported methods are the actions. Most are those
// of an ordinary pump, so that sequences get somewhere; Odd is all others. An action on a link
// whose comparison is over does nothing.
type machine struct {
	*meeting
	calls []call
	found *difference
	last  **difference // what failed last, which is the shortest
}

// Shake is a whole handshake, with room for everything.
func (m *machine) Shake(*rapid.T) {
	for _, c := range shake() {
		m.make(c)
	}
}

// Exchange moves what each end has for the other, and lets it read.
func (m *machine) Exchange(rt *rapid.T) {
	on := whose(rt)
	for _, c := range []call{{opDrain, on.Peer(), all}, {opFeed, on, all}, {opRead, on, all}} {
		m.make(c)
	}
}

// The calls that pumps make all the time.

func (m *machine) Handshake(rt *rapid.T) { m.make(call{op: opHandshake, on: whose(rt)}) }

func (m *machine) Read(rt *rapid.T) { m.make(call{opRead, whose(rt), size(rt)}) }

func (m *machine) Write(rt *rapid.T) { m.make(call{opWrite, whose(rt), size(rt)}) }

func (m *machine) Drain(rt *rapid.T) { m.make(call{opDrain, whose(rt), size(rt)}) }

func (m *machine) Feed(rt *rapid.T) { m.make(call{opFeed, whose(rt), size(rt)}) }

func (m *machine) FeedRecord(rt *rapid.T) { m.make(call{op: opFeedRecord, on: whose(rt)}) }

// Odd is any call, most often one that pumps make seldom.
func (m *machine) Odd(rt *rapid.T) {
	m.make(rapid.Custom(func(rt *rapid.T) call { return drawCall(choose(rt)) }).Draw(rt, "call"))
}

// whose draws who makes a call.
func whose(rt *rapid.T) model.Role {
	return rapid.SampledFrom([]model.Role{model.Client, model.Server}).Draw(rt, "end")
}

// size draws a number of bytes.
func size(rt *rapid.T) int {
	return rapid.Custom(func(rt *rapid.T) int { return drawSize(choose(rt)) }).Draw(rt, "bytes")
}

// make makes a call, if nothing has ended the comparison.
func (m *machine) make(c call) {
	if m.found != nil {
		return
	}
	m.calls = append(m.calls, c)
	if m.found = m.do(c); m.found == nil {
		return
	}
	m.found.calls = m.calls
	if m.found.trait != "" {
		m.count(m.found.trait)
	}
}

// Check is what holds after each action: no difference that no trait explains.
func (m *machine) Check(rt *rapid.T) {
	if m.found != nil && m.found.trait == "" {
		*m.last = m.found
		rt.Fatal("the library is not like the model")
	}
}

// quiet is a test that leaves out what rapid says of each draw.
type quiet struct{ rapid.TB }

func (q quiet) Logf(format string, args ...any) {
	q.Helper()
	if !strings.HasPrefix(format, "[rapid] draw ") {
		q.TB.Logf(format, args...)
	}
}
