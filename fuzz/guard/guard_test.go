package guard_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim/script"
)

const (
	// asGuarded makes a test process the child of a Guard.
	asGuarded = "WANTWRITE_TEST_GUARDED"
	// fatalSeed and fatalWay make the fragile engine take its process with it,
	// in the run whose world has that seed.
	fatalSeed = "WANTWRITE_TEST_FATAL_SEED"
	fatalWay  = "WANTWRITE_TEST_FATAL_WAY"
)

// TestMain lets the test binary be the child of a Guard.
func TestMain(m *testing.M) {
	if os.Getenv(asGuarded) != "" {
		beGuarded()
	}
	os.Exit(m.Run())
}

// A fragile library is the model's under another name, and dies on purpose.
type fragile struct {
	*tls.Models
	fatal bool // of the run at hand
}

func (l *fragile) Name() string { return "fragile" }

func (l *fragile) Can() model.Capabilities {
	return model.Capabilities{RealTLS: true, UnderTest: true, PSK: true, Certificates: true,
		Renegotiation: true, PostAuth: true, EarlyData: true}
}

func (l *fragile) Begin(seed uint64) {
	l.fatal = os.Getenv(fatalSeed) == fmt.Sprint(seed)
}

func (l *fragile) New(cfg *model.EngineConfig) (model.Engine, error) {
	e, err := l.Models.New(cfg)
	if l.fatal && cfg.Role == model.Client {
		return &doomed{e}, err
	}
	return e, err
}

// A doomed engine dies when it is to make its first flight.
type doomed struct{ model.Engine }

func (e *doomed) Handshake() model.Status { return e.die() }

func (e *doomed) Read([]byte) (int, model.Status) { return 0, e.die() }

func (e *doomed) Write([]byte) (int, model.Status) { return 0, e.die() }

func (e *doomed) die() model.Status {
	switch os.Getenv(fatalWay) {
	case "crash":
		go func() { panic("the engine fell") }() // nothing recovers this one
	case "kill":
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
	}
	for { // "hang"
		time.Sleep(time.Hour)
	}
}

func fragileCatalog() *run.Catalog {
	c := run.NewCatalog()
	c.AddEngine(&fragile{}, func() (model.Library, error) {
		return &fragile{Models: tls.NewModels()}, nil
	})
	return c
}

// beGuarded is what a child process does in the place of tests.
func beGuarded() {
	if err := guard.Serve(fragileCatalog(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A nursery is a Guard that knows its children.
type nursery struct {
	guard.Guard
	children []*exec.Cmd
}

func newNursery(t *testing.T, env ...string) *nursery {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n := &nursery{}
	n.Command = func() *exec.Cmd {
		child := exec.Command(self)
		child.Env = append(append(os.Environ(), asGuarded+"=1"), env...)
		n.children = append(n.children, child)
		return child
	}
	return n
}

// hunted is a hunt in children on the fragile engine.
func (n *nursery) hunted(t *testing.T, ctx context.Context, h *hunt.Hunt) hunt.Report {
	t.Helper()
	rep, err := n.Hunt(ctx, h, guard.Engines{Engine: "fragile"})
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range n.children {
		if child.ProcessState == nil {
			t.Error("a child is left")
		}
	}
	return rep
}

// here is the same hunt in this process.
func here(t *testing.T, h hunt.Hunt) hunt.Report {
	t.Helper()
	h.Engine = &fragile{Models: tls.NewModels()}
	rep, err := h.Run(context.Background(), fragileCatalog())
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// kv is a hunt that soon finds a stall, and then nothing any more.
func kv() hunt.Hunt {
	spec := pumps.Named("kv-original")
	return hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 1, Schedules: 150,
		Watch: oracle.EveryProperty.Only(oracle.Stall).With(oracle.Truncation)}
}

// seedOf is the seed of the world of a schedule.
func seedOf(t *testing.T, h hunt.Hunt, n uint64) string {
	t.Helper()
	h.Engine = &fragile{Models: tls.NewModels()}
	r, err := run.NewRunner(fragileCatalog(), h.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Schedule(h.Seed, n, oracle.EveryProperty); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(r.Config().Seed)
}

// A hunt in children finds what one in this process finds: the same schedules,
// scripts, stories and hashes.
func TestContainedHuntFindsTheSame(t *testing.T) {
	t.Parallel()
	h := kv()
	h.Watch = 0
	want := here(t, h)
	got := newNursery(t).hunted(t, context.Background(), &h)
	if diff := cmp.Diff(fuzztest.Digest(want), fuzztest.Digest(got)); diff != "" {
		t.Error(diff)
	}
	if got.Steps != want.Steps || len(got.Failures) < 2 {
		t.Errorf("got %d steps, %d finds; want %d steps, and at least 2", got.Steps,
			len(got.Failures), want.Steps)
	}
	if diff := cmp.Diff(want.Coverage, got.Coverage); diff != "" || got.Coverage.Cells.Reached < 20 {
		t.Errorf("got another coverage, or none (%d cells): %s", got.Coverage.Cells.Reached, diff)
	}
}

// An engine that crashes, hangs or kills its process costs one schedule. That
// one is saved with its actions and fails again, contained; the hunt goes on
// and finds all the rest.
func TestDeathCostsOneSchedule(t *testing.T) {
	t.Parallel()
	for way, how := range map[string]string{"crash": "panic: the engine fell",
		"kill": "kill", "hang": "it was silent for 1s and was killed"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			h := kv()
			want := here(t, h)
			n := newNursery(t, fatalSeed+"="+seedOf(t, h, 100), fatalWay+"="+way)
			if way == "hang" {
				n.Patience = time.Second
			}
			got := n.hunted(t, context.Background(), &h)
			if diff := cmp.Diff(fuzztest.Digest(want), fuzztest.Digest(got)); diff != "" {
				t.Error(diff)
			}
			failure := crashIn(t, got)
			if failure.Schedule != 100 || failure.Script.Config.Engine != "fragile" {
				t.Errorf("got schedule %d on %s; want 100 on fragile", failure.Schedule,
					failure.Script.Config.Engine)
			}
			fuzztest.Wants(t, strings.Join(failure.Story, "\n"), "schedule 100 of seed 1 died", how,
				"run alone in another process the same happens")
			if way == "crash" { // the source that did it, without arguments and addresses
				fuzztest.Wants(t, strings.Join(failure.Story, "\n"), "\nlook at guard_test.go:",
					": guard_test.(*doomed).die.func1")
			}
			if len(n.children) != 3 {
				t.Errorf("got %d children; want one before, one alone, one after", len(n.children))
			}
			lostAgain(t, n, failure, how)
		})
	}
}

// crashIn is the one crash among the finds.
func crashIn(t *testing.T, rep hunt.Report) *hunt.Failure {
	t.Helper()
	var found []*hunt.Failure
	for _, f := range rep.Failures {
		if f.Script.Property == "crash" {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d crashes; want one", len(found))
	}
	return found[0]
}

// lostAgain replays a crash from its text. The same actions without the last,
// in which the engine fell, may be survived: so that was the one.
func lostAgain(t *testing.T, n *nursery, failure *hunt.Failure, how string) {
	t.Helper()
	s, err := script.Parse(strings.NewReader(string(failure.Script.Format())), "saved")
	if err != nil {
		t.Fatal(err)
	}
	out, err := n.Replay(s, run.ReplayOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !out.Lost || !out.Result.Found || out.Result.Violation.Property != oracle.Crash {
		t.Errorf("got %+v; want a crash again", out.Result)
	}
	fuzztest.Wants(t, out.Result.Violation.String(), "crash at the", "the process died: ", how)
	if len(s.Actions) == 0 || s.Actions[len(s.Actions)-1].On&1 != script.End(model.Client) {
		t.Errorf("got %v; want the last action to be the client's, whose engine fell", s.Actions)
	}
	c, err := n.Confirm(s, "model")
	if err != nil {
		t.Fatal(err)
	}
	fuzztest.Wants(t, c.String(), "fragile only: the process that ran it died: ")
}

// Somebody kills a child in mid-hunt, with a signal that it can't see coming:
// the hunt goes on.
func TestKilledFromOutside(t *testing.T) {
	t.Parallel()
	n, h := newNursery(t), kv()
	h.Schedules = 6000 // the pipe holds the news of many: a short hunt would be over
	same, killed := h, false
	h.Progress = func(s hunt.Stats) {
		if s.Schedules >= 100 && !killed {
			killed = true
			_ = n.children[0].Process.Kill()
		}
	}
	want, got := here(t, same), n.hunted(t, context.Background(), &h)
	if diff := cmp.Diff(fuzztest.Digest(want), fuzztest.Digest(got)); diff != "" {
		t.Error(diff)
	}
	failure := crashIn(t, got)
	fuzztest.Wants(t, strings.Join(failure.Story, "\n"), "died: ", "does no harm")
	if out, err := n.Replay(failure.Script, run.ReplayOptions{}); err != nil || out.Result.Found {
		t.Errorf("got %v, %v; want a clean replay: the schedule was not to blame", out.Result, err)
	}
}

// The schedule is survived, its shrinking is not (it sets the world's seed to
// 1): the failure is kept as it was.
func TestDeathWhileShrinking(t *testing.T) {
	t.Parallel()
	h := kv()
	h.First = true
	n := newNursery(t, fatalSeed+"=1", fatalWay+"=crash")
	rep := n.hunted(t, context.Background(), &h)
	if len(rep.Failures) != 1 {
		t.Fatalf("got %d finds; want the first", len(rep.Failures))
	}
	f, want := rep.Failures[0], here(t, h).Failures[0]
	if f.Schedule != want.Schedule || f.Script.Property != want.Script.Property ||
		len(f.Script.Actions) != f.Original {
		t.Errorf("got %s of %d actions in schedule %d; want %s of all %d in %d",
			f.Script.Property, len(f.Script.Actions), f.Schedule, want.Script.Property,
			want.Original, want.Schedule)
	}
	fuzztest.Wants(t, strings.Join(f.Story, "\n"), "not shrunk: the process that tried died")
}

// An interrupt ends the child after the schedule at hand, in good order.
func TestContainedHuntInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h := kv()
	h.Schedules = 0
	h.Progress = func(s hunt.Stats) {
		if s.Schedules == 50 {
			cancel()
		}
	}
	rep := newNursery(t).hunted(t, ctx, &h)
	if !rep.Interrupted || rep.Schedules < 50 || len(rep.Failures) != 1 {
		t.Errorf("got interrupted %v after %d schedules with %d finds; want what was found by then",
			rep.Interrupted, rep.Schedules, len(rep.Failures))
	}
}

// What is wrong with a hunt is told as it would be without children, and a
// child that can't even start is an error, not a failure.
func TestContainedErrors(t *testing.T) {
	t.Parallel()
	n, h := newNursery(t), kv()
	check := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v; want %q", err, want)
		}
	}
	_, err := n.Hunt(context.Background(), &h, guard.Engines{Engine: "nope"})
	check(err, `got engine "nope"; want one of model, fragile`)
	_, err = n.Hunt(context.Background(), &h, guard.Engines{Engine: "fragile", Peer: "model"})
	check(err, "want the model at both ends or at none")
	check(n.Load("nope"), `got engine "nope"`)
	if err := n.Load("fragile"); err != nil {
		t.Error(err)
	}
	s := &script.Script{Config: here(t, h).Failures[0].Script.Config, Lines: []int{77},
		Actions: []script.Action{{Verb: script.Deliver, On: 0}}}
	_, err = n.Replay(s, run.ReplayOptions{})
	check(err, `line 77: got "deliver client byte", which is not enabled here`)

	n.Command = func() *exec.Cmd { return exec.Command(os.Args[0], "-test.run", "^$") }
	_, err = n.Hunt(context.Background(), &h, guard.Engines{Engine: "fragile"})
	check(err, "fuzz: a child process died before its first schedule")
	n.Command = func() *exec.Cmd { return exec.Command("./no such program") }
	_, err = n.Hunt(context.Background(), &h, guard.Engines{Engine: "fragile"})
	check(err, "a child process can't be started")
}

// TestGuardShrinks: a child shrinks as this process does, tells how far it is,
// and comes to an end when it is interrupted.
func TestGuardShrinks(t *testing.T) {
	n := newNursery(t)
	spec := pumps.Named("kv-original")
	r, err := run.NewRunner(fragileCatalog(), run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	h := hunt.Hunt{Options: run.Options{Pump: &spec, Scenario: "renegotiation"}, Seed: 1, Schedules: 20000,
		Watch: oracle.EveryProperty.Only(oracle.Stall), First: true, Unshrunk: true}
	rep, err := h.Run(context.Background(), run.NewCatalog())
	if err != nil || len(rep.Failures) != 1 {
		t.Fatalf("got %d failures, %v; want one", len(rep.Failures), err)
	}
	s := rep.Failures[0].Script
	s.Hash, s.Story = 0, nil
	s.Config.Engine, s.Config.PeerEngine = "fragile", "fragile"
	here, there, cut := *s, *s, *s
	want, err := shrink.Shrink(context.Background(), r, &here, shrink.Options{})
	if err != nil || !want.Fails {
		t.Fatalf("got %+v, %v in this process; want a script that fails", want, err)
	}
	reports := 0
	st, err := n.Shrink(context.Background(), &there,
		shrink.Options{Progress: func(shrink.Shrunk) { reports++ }})
	if err != nil || st != want || string(there.Format()) != string(here.Format()) {
		t.Errorf("got %+v, %v in a child; want %+v\n%s", st, err, want, there.Format())
	}
	if reports == 0 {
		t.Error("the child did not tell how far it was")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	st, err = n.Shrink(ctx, &cut, shrink.Options{Progress: func(shrink.Shrunk) { cancel() }})
	if err != nil || !st.Fails || st.After != len(cut.Actions) {
		t.Errorf("got %+v, %v and %d actions", st, err, len(cut.Actions))
	}
}

// TestGuardShrinksWhatKills: a script that its process does not survive stays
// as it is, and the error says how the process died.
func TestGuardShrinksWhatKills(t *testing.T) {
	n := newNursery(t, fatalSeed+"=1", fatalWay+"=crash")
	s := fuzztest.Script(t, "stall/kv-original-idle-renegotiation.script")
	s.Property, s.Config.Seed = "crash", 1
	s.Config.Engine, s.Config.PeerEngine = "fragile", "fragile"
	text := string(s.Format())
	_, err := n.Shrink(context.Background(), s, shrink.Options{})
	if err == nil || !strings.Contains(err.Error(), "the engine fell") ||
		!strings.Contains(err.Error(), "it stays as it was") {
		t.Errorf("got %v; want how the process died", err)
	}
	if string(s.Format()) != text {
		t.Errorf("got\n%s", s.Format())
	}
	bad := fuzztest.Script(t, "stall/kv-original-idle-renegotiation.script")
	bad.Config.Pump = "nope"
	if _, err := n.Shrink(context.Background(), bad, shrink.Options{}); err == nil ||
		!strings.Contains(err.Error(), `got pump "nope"`) {
		t.Errorf("got %v; want the child's error", err)
	}
}
