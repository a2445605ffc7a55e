package sim

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim/script"
)

// foreignWorld is a world with a fake, drawn from a seed.
func foreignWorld(m mistake, seed uint64) (script.Config, *Parts) {
	r := Rand(seed)
	c := benchConfig()
	c.Pump, c.Program, c.ProgramVersion, c.Dialogue = "", "fake", "1", echoed.Name
	c.Seed, c.Links, c.Version = r.Uint64(), 1+int(r.Below(2)), model.Version(r.Below(2))
	c.Sizes.Flight, c.Sizes.Window = r.Between(100, 3000), r.Between(100, 3000)
	c.Sizes.Chain = int(r.Below(2)) * 600
	c.LastingPause = r.OneIn(4)
	p := parts()
	p.Pump, p.Engine, p.Dialogue = nil, nil, &echoed
	p.Program, p.Quiet = newFake(&c, m), newFake(&c, m)
	if m == saysBare {
		p.Quirks = []string{"no-close-notify"}
	}
	return c, p
}

// foreignPlan is what happens there: no faults but those that a program has to bear.
func foreignPlan(seed uint64) *Plan {
	r := Rand(seed ^ 0xf0)
	p := &Plan{Steps: r.Between(30, 200), Portions: [4]uint16{2, 4, 4, 8}, Body: 3000, Most: 2000,
		Programs: [2]bool{1: true}}
	for role := range 2 {
		p.Weights[role][script.Deliver], p.Weights[role][script.Poll] = 40, 60
	}
	client, server := &p.Weights[0], &p.Weights[1]
	client[script.Write], p.Budget[0][script.Write] = 10, uint16(r.Between(1, 6))
	client[script.Pause], client[script.Resume] = 2, 4
	if r.OneIn(2) {
		client[script.KeyUpdate], client[script.Shut] = 1, uint16(r.Below(2))
		client[script.Close] = 1
	}
	server[script.Spurious], server[script.Squeeze], server[script.Ease] = 3, 3, 2
	server[script.Split], server[script.Thread] = 3, 3
	return p
}

// strategies are all that draw workloads.
func strategies() map[string]Searcher {
	return map[string]Searcher{"random": &Random{}, "pct": &PCT{}, "pos": &POS{}, "surw": &SURW{},
		"delay": &Delay{}, "variation": &Variation{}}
}

// seek runs schedules of a fake until one finds something.
func seek(t *testing.T, m mistake, name string, s Searcher, n uint64) (w *World, cfg script.Config, p *Parts,
	r Result) {

	t.Helper()
	w = NewWorld()
	t.Cleanup(w.Close)
	for seed := range n {
		cfg, p = foreignWorld(m, seed)
		s.Restart(foreignPlan(seed), seed)
		schedulers := []Scheduler{s}
		if trier, ok := s.(Trier); ok {
			schedulers = []Scheduler{trier.Trial(), s}
		}
		for _, scheduler := range schedulers {
			rebuild(t, w, cfg, p, oracle.EveryProperty)
			if r = w.Run(scheduler); r.Found || w.Err() != nil {
				return w, cfg, p, r
			}
		}
	}
	return w, cfg, p, r
}

// TestMistakesOfPrograms: each mistake is found by its property, with every strategy.
func TestMistakesOfPrograms(t *testing.T) {
	for _, c := range []struct {
		mistake  mistake
		property oracle.PropertyID
		detail   string
		also     oracle.PropertyID // where it strikes at another moment
	}{
		{forgetsWrite, oracle.Stall, "", 0},
		{forgetsForTime, oracle.Stall, "until a timer of the program, ", 0},
		{forgetsRead, oracle.Stall, "", 0},
		{keepsSocket, oracle.Stall, "", 0},
		{spins, oracle.BusyLoop, "no byte moves", 0},
		{garbles, oracle.Corruption, "other bytes", oracle.DataLoss},
		{repeats, oracle.Corruption, "other bytes", oracle.DataLoss},
		{dropsAll, oracle.DataLoss, "an answer is missing", 0},
		{givesUp, oracle.SpuriousFailure, "gave the link up", 0},
		{startles, oracle.SpuriousFailure, "nobody closed", oracle.DataLoss},
		{dies, oracle.Crash, "SIGSEGV", 0},
		{leaks, oracle.UnboundedBuffer, "grows", 0},
	} {
		for name, s := range strategies() {
			w, cfg, _, r := seek(t, c.mistake, name, s, 400)
			if err := w.Err(); err != nil {
				t.Fatal(err)
			}
			f := &r.Violation
			if c.also != 0 && r.Found && f.Property == c.also && f.End&1 == 1 {
				continue
			}
			if !r.Found || f.Property != c.property || !strings.Contains(f.Detail, c.detail) || f.End&1 != 1 {
				t.Errorf("mistake %d, %s: got %v, %s; want %s: %s\n%s", c.mistake, name, r.Found, f, c.property,
					c.detail, (&script.Script{Config: cfg, Actions: w.Actions()}).Format())
			}
		}
	}
}

// TestWaysOfPrograms: nothing is found in a correct program, whatever its ways are.
func TestWaysOfPrograms(t *testing.T) {
	for _, m := range []mistake{none, saysBare, answersOnce, takesItsTime, hangsUp, ticks} {
		for name, s := range strategies() {
			w, cfg, _, r := seek(t, m, name, s, 60)
			if r.Found || w.Err() != nil {
				t.Errorf("way %d, %s: got %s, %v\n%s", m, name, &r.Violation, w.Err(),
					(&script.Script{Config: cfg, Actions: w.Actions()}).Format())
			}
		}
	}
}

// fakeWorld is a calm world with a fake, for scripts by hand.
func fakeWorld(t *testing.T, m mistake, links int, change ...func(*script.Config)) (*World, *fake, *Trace) {
	t.Helper()
	cfg, p := foreignWorld(m, 1)
	cfg.Links, cfg.Version, cfg.LastingPause = links, model.TLS13, false
	cfg.Sizes.Flight, cfg.Sizes.Window, cfg.Sizes.Chain = 16384, 16384, 0
	for _, f := range change {
		f(&cfg)
	}
	p.Program, p.Quiet = newFake(&cfg, m), newFake(&cfg, m)
	w, trace := NewWorld(), &Trace{}
	t.Cleanup(w.Close)
	w.SetTrace(trace)
	rebuild(t, w, cfg, p, oracle.EveryProperty)
	return w, p.Program.(*fake), trace
}

// shake is a whole handshake of the first link.
const shake = `
	poll client
	deliver server all
	poll server
	deliver client all
	poll client
	deliver server all
	poll server`

// TestConnectionArrives: which of two connections comes first is a choice, and so is how much of
// it has come when it is accepted. Before that nothing can happen to it.
func TestConnectionArrives(t *testing.T) {
	w, f, _ := fakeWorld(t, none, 2)
	for _, step := range []struct {
		action   string
		possible bool
		accepts  int // links that wait to be accepted
	}{
		{"poll server", false, 0},
		{"reset server", false, 0},
		{"squeeze server 100", false, 0},
		{"spurious server read", true, 0}, // its listener
		{"deliver server2 all", true, 1},  // without a byte
		{"deliver server all", true, 2},
		{"poll server2 alone", true, 1},
		{"squeeze server2 100", true, 1},
		{"spurious server2 write", true, 1},
		{"poll client", true, 1},
		{"deliver server part", true, 1},
		{"poll server alone", true, 0},
	} {
		a := scripted(t, step.action)[0]
		if got := w.Can(a); got != step.possible {
			t.Fatalf("%s: can be done: %v; want %v", a, got, step.possible)
		}
		if step.possible && !w.Do(a) {
			t.Fatalf("%s ended the run: %v", a, w.Violation())
		}
		accepts := 0
		for _, e := range f.ends {
			if e.wire.Arrived() && e.pump == nil {
				accepts++
			}
		}
		if accepts != step.accepts {
			t.Errorf("%s: %d connections wait; want %d", a, accepts, step.accepts)
		}
	}
	if r := w.End(); r.Found {
		t.Error(&r.Violation)
	}
}

// TestKernelOfPrograms: what the actions of a program's end do to its socket, its waits and its
// threads.
func TestKernelOfPrograms(t *testing.T) {
	w, f, trace := fakeWorld(t, none, 2)
	wire := f.ends[0].wire
	for _, step := range []struct {
		actions string
		is      func() bool
		what    string
	}{
		{shake, func() bool { return w.ends[0].shaken }, "the handshake is done"},
		{"squeeze server 400", func() bool { return wire.Room() == 400 }, "there is room for 400 bytes"},
		{"write client 2000 0\ndeliver server all\npoll server", func() bool { return wire.Room() == 0 },
			"there is no room"},
		{"ease server", func() bool { return wire.Room() == 16384-400 }, "there is room again"},
		{"squeeze server 20000", func() bool { return wire.Room() == 16384-400 }, "no more than the world's"},
		{"split server 2", func() bool { return wire.Split() == 2 && wire.Split() == 0 }, "the number is told once"},
		{"thread server 3", func() bool { return f.backward }, "thread 3 of two is thread 1"},
		{"thread server 2", func() bool { return !f.backward }, "thread 2 of two is thread 0"},
		{"deliver server2 all\npoll server alone", func() bool { return f.ends[1].pump == nil },
			"a wait that reports one link leaves the other"},
		{"poll server2", func() bool { return f.ends[1].pump != nil }, "a wait reports all that is ready"},
		{"spurious server read", func() bool { return !f.ends[0].heard }, "nothing was there"},
	} {
		for _, a := range scripted(t, step.actions) {
			if !w.Do(a) {
				t.Fatalf("%s can't be done, or ended the run: %v", a, w.Violation())
			}
		}
		if !step.is() {
			t.Errorf("after %q: want that %s", strings.TrimSpace(step.actions), step.what)
		}
	}
	if r := w.End(); r.Found || w.Err() != nil {
		t.Error(&r.Violation, w.Err())
	}
	var calls []string
	for _, ev := range trace.Events {
		if ev.Text != "" && ev.End&1 == 1 {
			calls = append(calls, fmt.Sprint(ev.End, ": ", ev))
		}
	}
	for _, want := range []string{"server: wait returns for 0: 0", "server: watch 0 read: 0",
		"server2: wait returns for 1: 0", "server: watch 0 read+write: 0"} {
		if !strings.Contains("\n"+strings.Join(calls, "\n")+"\n", "\n"+want+"\n") {
			t.Errorf("got calls %q; want %q", calls, want)
		}
	}
}

// TestViewsOfPrograms: a view of a program's end has what can be seen.
func TestViewsOfPrograms(t *testing.T) {
	w, _, trace := fakeWorld(t, none, 1)
	for _, a := range scripted(t, shake+"\nwrite client 5 0\ndeliver server 7") {
		w.Do(a)
	}
	v := trace.Views[len(trace.Views)-1]
	server := v[1]
	if q := &server.Account.Quiescence; q.Unread != 7 || q.Mask != model.Readable || server.Ready != model.Readable ||
		!server.Account.Foreign || server.Account.Received == 0 || v[0].InFlight != 0 {
		t.Errorf("got %+v", server)
	}
	if v[0].Account.Owed == "" {
		t.Error("our end waits for an answer, and its view does not say so")
	}
}

// TestOneHash: the same actions give the same run, with a trace or without, whether quiet runs
// were made before or not, and after any other run.
func TestOneHash(t *testing.T) {
	for _, m := range []mistake{none, garbles, answersOnce, takesItsTime, startles} {
		w, cfg, p, first := seek(t, m, "random", &Random{}, 40)
		actions := append([]script.Action(nil), w.Actions()...)
		text := (&script.Script{Config: cfg, Actions: actions}).Format()
		s, err := script.Parse(strings.NewReader(string(text)), "x.script")
		if err != nil {
			t.Fatal(err)
		}
		for n := range 20 {
			switch n % 4 {
			case 1:
				w.SetTrace(&Trace{})
			case 2:
				w = NewWorld()
				t.Cleanup(w.Close)
				p.Program, p.Quiet = newFake(&cfg, m), newFake(&cfg, m)
			case 3:
				p.Quiet = newFake(&cfg, m)
				w.SetTrace(nil)
			}
			scripted := newScripted(s.Actions, false)
			rebuild(t, w, s.Config, p, oracle.EveryProperty)
			again := w.Run(scripted)
			if again != first || scripted.Stuck >= 0 {
				t.Fatalf("mistake %d, run %d: got %+v, stuck at %d; want %+v", m, n, again, scripted.Stuck, first)
			}
		}
	}
}

// TestWhatEndsARun: a call that is not understood, and a thread that does not wait after all, are
// errors and no verdicts.
func TestWhatEndsARun(t *testing.T) {
	w, _, _, r := seek(t, unsupported, "random", &Random{}, 1)
	if err := w.Err(); r.Found || err == nil || !strings.Contains(err.Error(), "io_uring_setup") {
		t.Errorf("got %v, %v; want an error that names the call", r.Found, err)
	}
	cfg, p := foreignWorld(forgetsWrite, 3)
	cfg.Sizes.Flight = 100
	p.Program.(*fake).settled = errors.New("thread 2 runs")
	rebuild(t, w, cfg, p, oracle.EveryProperty)
	if r := w.Run(nothing{}); r.Found || w.Err() == nil || w.Err().Error() != "thread 2 runs" {
		t.Errorf("got %v, %v; want the error of Settled", r.Found, w.Err())
	}
	rebuild(t, w, cfg, p, oracle.EveryProperty)
	p.Program.(*fake).settled = fmt.Errorf("a connection: %w", foreign.ErrOutside)
	if r := w.Run(nothing{}); r.Found || w.Err() != nil {
		t.Errorf("got %v, %v; want no verdict on what may come from outside", r.Found, w.Err())
	}
	rebuild(t, w, cfg, p, oracle.EveryProperty)
	if p.Program.(*fake).settled = nil; w.Err() != nil {
		t.Errorf("a new run begins with the error of the last: %v", w.Err())
	}
	rebuild(t, w, cfg, p, oracle.EveryProperty)
	if r := w.Run(nothing{}); !r.Found || r.Violation.Property != oracle.Stall {
		t.Errorf("got %v, %v; want a stall", r.Found, w.Err())
	}
	p.Dialogue = nil
	if err := w.Reset(&cfg, p, oracle.EveryProperty); err == nil || !strings.Contains(err.Error(), "does not judge") {
		t.Errorf("got %v; want that the dialogue does not judge", err)
	}
}

// TestUnansweredRenegotiation: a program refuses a renegotiation or carries it on. One that says
// nothing stalls, and it is no way of it that it does so in quiet too (story 180).
func TestUnansweredRenegotiation(t *testing.T) {
	for _, m := range []mistake{ignores, refuses, none} {
		w, _, _ := fakeWorld(t, m, 1, func(c *script.Config) { c.Version = model.TLS12 })
		for _, a := range scripted(t, shake+"\ndeliver client all\npoll client\nrenegotiate client") {
			if !w.Do(a) {
				t.Fatalf("%s can't be done, or ended the run: %v", a, w.Violation())
			}
		}
		r := w.End()
		if found := m == ignores; r.Found != found || found && !r.Violation.Obligation.Always() {
			t.Errorf("way %d: got %v, %s", m, r.Found, &r.Violation)
		}
	}
}

// TestEndsAtRenegotiations: a program may end its links at renegotiations, the first or a later one, and
// drops what waits then. Quiet runs show that, and that one goes on (story 195). A second renegotiation
// may meet the close_notify of one that has left at the first.
func TestEndsAtRenegotiations(t *testing.T) {
	const asked = shake + `
		squeeze server 50
		deliver client all
		poll client
		write client 300 0
		renegotiate client
		deliver server all
		poll server`
	const another = shake + `
		deliver client all
		poll client
		renegotiate client
		deliver server all
		poll server
		deliver client record
		poll client
		renegotiate client`
	const whole = shake + `
		deliver client all
		poll client
		renegotiate client
		deliver server all
		poll server
		deliver client all
		poll client
		deliver server all
		poll server
		deliver client all
		poll client
		squeeze server 50
		write client 300 0
		renegotiate client
		deliver server all
		poll server`
	for _, c := range []struct {
		name     string
		mistake  mistake
		text     string
		property oracle.PropertyID
	}{
		{"it goes on", none, asked, oracle.NoProperty},
		{"it refuses, and goes on", refuses, asked, oracle.NoProperty},
		{"it leaves, and an answer waits", leaves, asked, oracle.NoProperty},
		{"it leaves, and another begins", leaves, another, oracle.NoProperty},
		{"it leaves at the second, and an answer waits", leavesSecond, whole, oracle.NoProperty},
		{"it goes on, and drops the answer", cutsAtHello, asked, oracle.DataLoss},
		{"it leaves at the second, and drops the answer at the first", cutsFirst, asked, oracle.DataLoss},
		{"it leaves without close_notify", leavesBare, asked, oracle.SpuriousFailure},
	} {
		w, _, _ := fakeWorld(t, c.mistake, 1, func(c *script.Config) {
			c.Version, c.SoftRefusal = model.TLS12, true
		})
		for _, a := range scripted(t, c.text) {
			if !w.Do(a) {
				t.Fatalf("%s: %s can't be done, or ended the run: %v", c.name, a, w.Violation())
			}
		}
		if r := w.End(); r.Violation.Property != c.property || w.Err() != nil {
			t.Errorf("%s: got %s, %v; want %s", c.name, &r.Violation, w.Err(), c.property)
		}
	}
}

// TestWhereARenegotiationBegins: behind all that our end has sent or still has to send, however its engine
// is joined to the socket.
func TestWhereARenegotiationBegins(t *testing.T) {
	for _, tr := range []model.Transport{model.Pair, model.Attached} {
		w, _, _ := fakeWorld(t, none, 1, func(c *script.Config) { c.Version, c.Transport = model.TLS12, tr })
		for _, a := range scripted(t, shake+"\ndeliver client all\npoll client\nwrite client 40 0") {
			if !w.Do(a) {
				t.Fatalf("%s can't be done, or ended the run: %v", a, w.Violation())
			}
		}
		a := w.ends[0].acct
		sent := a.Sent
		if w.Do(scripted(t, "renegotiate client")[0]); a.Renegotiations != 1 || a.RenegotiatesAt != sent || a.Sent <= sent {
			t.Errorf("transport %v: got %d at %d, and %d bytes sent; want 1 at %d", tr, a.Renegotiations, a.RenegotiatesAt,
				a.Sent, sent)
		}
	}
}

// TestEndsThatAreDue: our app half-closes while an answer waits for room. Each party must send
// close_notify, so a program that never does is found, unless its description says so .
// One that drops the answer takes a half-close for a close, which is a way that stifled quiet runs
// show; but it is none where the dialogue says that all is answered.
func TestEndsThatAreDue(t *testing.T) {
	finishing := echoed
	finishing.Finishes = true
	for _, c := range []struct {
		mistake  mistake
		dialogue *own.Dialogue
		size     int // of the message
		property oracle.PropertyID
	}{
		{none, &finishing, 900, oracle.NoProperty},
		{closesBare, &echoed, 1, oracle.Truncation},
		{saysBare, &echoed, 1, oracle.NoProperty},
		{halfIsWhole, &echoed, 900, oracle.NoProperty},
		{halfIsWhole, &finishing, 900, oracle.DataLoss},
	} {
		w, _, _ := fakeWorld(t, c.mistake, 1)
		w.parts.Dialogue = c.dialogue
		for _, a := range scripted(t, shake+fmt.Sprintf("\nsqueeze server 100\n"+
			"write client %d 0\ndeliver server all\npoll server\nshut client\ndeliver server all\npoll server", c.size)) {
			if !w.Do(a) {
				t.Fatalf("%s can't be done, or ended the run: %v", a, w.Violation())
			}
		}
		if r := w.End(); r.Violation.Property != c.property || w.Err() != nil {
			t.Errorf("way %d, finishing %v: got %s, %v; want %s", c.mistake, c.dialogue.Finishes, &r.Violation, w.Err(), c.property)
		}
	}
}

// TestHoard: a program that reads on while it can't answer is found, and one that stops is not.
func TestHoard(t *testing.T) {
	for _, m := range []mistake{hoards, none} {
		w, _, _ := fakeWorld(t, m, 1, func(c *script.Config) { c.LastingPause = true })
		w.SetTrace(nil)
		cfg, p, more := w.cfg, w.parts, true
		rebuild(t, w, cfg, &p, oracle.EveryProperty)
		for _, a := range scripted(t, shake+"\npause client") {
			more = w.Do(a)
		}
		for n := 0; n < 400 && more; n++ {
			for _, a := range [...]script.Action{{Verb: script.Write, Arg: 30000}, {Verb: script.Poll},
				{Verb: script.Deliver, On: 1, Arg: script.All}, {Verb: script.Poll, On: 1},
				{Verb: script.Deliver, Arg: script.All}} {
				if w.Can(a) {
					more = more && w.Do(a)
				}
			}
		}
		r := w.End()
		if found := m == hoards; r.Found != found || found && r.Violation.Property != oracle.UnboundedBuffer {
			t.Errorf("mistake %d: got %v, %s", m, r.Found, &r.Violation)
		}
	}
}

// TestTimersOfPrograms: the clock goes to the program's next timer, and a wait returns for it.
func TestTimersOfPrograms(t *testing.T) {
	w, f, _ := fakeWorld(t, hangsUp, 1)
	for _, a := range scripted(t, shake+"\ntick 4000") {
		if !w.Do(a) {
			t.Fatal(a)
		}
	}
	if w.Can(script.Action{Verb: script.Poll, On: 1}) || w.nextTimer() != 5000 {
		t.Fatalf("the next timer is %d; want 5000, and no wait returns before", w.nextTimer())
	}
	w.Do(script.Action{Verb: script.Tick, Arg: 1000})
	if !w.Can(script.Action{Verb: script.Poll, On: 1}) || !w.tainted[0] {
		t.Error("the timer has run out; want a wait that returns, and a link that counts as touched")
	}
	w.Do(script.Action{Verb: script.Poll, On: 1})
	if f.ends[0].again != 0 && f.ends[0].again <= 5000 {
		t.Error("the program did not see its timer")
	}
}

// TestNothingByHalves: a wakeup is spurious only if nothing is there (story 115).
func TestNothingByHalves(t *testing.T) {
	w, f, _ := fakeWorld(t, none, 1)
	for _, a := range scripted(t, shake+"\nwrite client 5 0\ndeliver server all\nspurious server read+write") {
		w.Do(a)
	}
	if e := f.ends[0]; e.wire.Unread() == 0 {
		t.Error("a spurious wakeup has told the program of bytes")
	}
	w.Do(script.Action{Verb: script.Poll, On: 1})
	calls := w.steps
	w.Do(scripted(t, "spurious server read")[0])
	if e := f.ends[0]; e.wire.Unread() > 0 || w.steps == calls || e.heard {
		t.Error("a spurious wakeup with nothing there did not come, or found something")
	}
}

// TestResetComesBehind: what a program has sent before it closed arrives, whatever our end sends
// to the closed socket (story 116).
func TestResetComesBehind(t *testing.T) {
	w, f, _ := fakeWorld(t, answersOnce, 1)
	do := func(text string) {
		for _, a := range scripted(t, text) {
			if !w.Do(a) {
				t.Fatalf("%s can't be done, or ended the run: %v", a, w.Violation())
			}
		}
	}
	do(shake + "\nwrite client 499 0\ndeliver server all\npoll server")
	f.ends[0].Close()
	do("keyupdate client quiet\ndeliver server all\ndeliver client all\npoll client")
	if a := w.ends[0].acct; !a.Told || a.Why != model.Clean || a.Delivered != 500 || !w.ends[1].acct.Gone {
		t.Errorf("our app was given %d bytes and told %v: %s; want 500, and a clean end", a.Delivered, a.Told, a.Why)
	}
}

// TestHalfAlert: of the last record only a part was sent, and it is an alert.
func TestHalfAlert(t *testing.T) {
	alert12 := []byte{21, 3, 3, 0, 26, 1, 2, 3}
	alert13 := []byte{23, 3, 3, 0, 19, 1, 2, 3}
	data := append([]byte{23, 3, 3, 0, 30}, make([]byte, 30)...)
	behind := func(p []byte) []byte { return append(data[:len(data):len(data)], p...) }
	for _, c := range []struct {
		name  string
		sent  []byte
		offer uint64 // where the last send would have ended
		v     model.Version
		half  bool
	}{
		{"a part of an alert of TLS 1.2", alert12, 31, model.TLS12, true},
		{"a part of one of TLS 1.3 behind data", behind(alert13), 59, model.TLS13, true},
		{"it is data in TLS 1.2", alert13, 24, model.TLS12, false},
		{"a part of some data", data[:20], 35, model.TLS13, false},
		{"all of it", data, 35, model.TLS13, false},
		{"a part of the header of an alert", alert12[:4], 31, model.TLS12, true},
		{"a byte of it, and no more was offered", alert12[:1], 1, model.TLS12, true},
		{"a byte of it, behind data", behind(alert12[:1]), 66, model.TLS12, true},
		{"a byte of one of TLS 1.3, behind data", behind(alert13[:1]), 59, model.TLS13, true},
		{"a byte of some data", behind(alert13[:1]), 60, model.TLS13, false},
		{"a byte of what has this length in TLS 1.2", behind(alert13[:1]), 59, model.TLS12, false},
		{"nothing of it, behind data", data, 66, model.TLS12, false},
		{"nothing", nil, 0, model.TLS12, false},
	} {
		for _, look := range []bool{false, true} { // the framing may have gone on before
			var s stream
			s.restart(1000, 1000)
			s.send(c.sent)
			if look {
				s.deliver(s.record())
				s.record()
			}
			end := s.recordEnd
			_, behind, alert := s.lastRecord(c.v, c.offer)
			if got := alert && behind > s.tail; got != c.half || s.recordEnd != end {
				t.Errorf("%s: got %v; want %v, and an untouched stream", c.name, got, c.half)
			}
		}
	}
}
