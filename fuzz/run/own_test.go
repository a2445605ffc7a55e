package run_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestOwnPartsAreChecked: what an author writes wrong is refused before anything runs, in a
// line that says what to write.
func TestOwnPartsAreChecked(t *testing.T) {
	fine := func(*own.View) string { return "" }
	property := func(p ...own.Property) func(*model.Spec) {
		return func(s *model.Spec) { s.Properties = p }
	}
	scenario := func(sc ...own.Scenario) func(*model.Spec) {
		return func(s *model.Spec) { s.Scenarios = sc }
	}
	setting := func(key string, least, most int) func(*model.Spec) {
		return scenario(own.Scenario{Name: "x", Settings: []own.Setting{{Key: key, Least: least, Most: most}}})
	}
	action := func(a own.Action) func(*model.Spec) {
		return scenario(own.Scenario{Name: "x", Actions: []own.Action{a}})
	}
	for want, change := range map[string]func(*model.Spec){
		`got property ""; want 1 to 60 of a-z`:                         property(own.Property{Broken: fine}),
		`got property "My Rule"; want 1 to 60`:                         property(own.Property{Name: "My Rule", Broken: fine}),
		`got property "stall", which there is already`:                 property(own.Property{Name: "stall", Broken: fine}),
		`got property "a", which there is already`:                     property(own.Property{Name: "a", Broken: fine}, own.Property{Name: "a", Broken: fine}),
		`got property a without Broken; want`:                          property(own.Property{Name: "a"}),
		`got 40 properties of its own; want at most`:                   property(make([]own.Property, 40)...),
		`got dialogue d without New; want`:                             func(s *model.Spec) { s.Dialogue = &own.Dialogue{Name: "d"} },
		`got scenario "renegotiation", which there is`:                 scenario(own.Scenario{Name: "renegotiation"}),
		`scenario x: got like "nothing"; want one of request-response`: scenario(own.Scenario{Name: "x", Like: []string{"nothing"}}),
		`scenario x: got TLS "1.1"; want 1.2, 1.3 or nothing`:          scenario(own.Scenario{Name: "x", TLS: "1.1"}),
		`scenario x: got TLS 1.2 and 1.3 at once`:                      scenario(own.Scenario{Name: "x", Like: []string{"renegotiation", "key-update"}}),
		`scenario x: got setting "speed"; want one of`:                 setting("speed", 1, 2),
		`scenario x: got setting "tls"; want one of`:                   setting("tls", 0, 1),
		`scenario x: got setting bio from 9 to 8; want`:                setting("bio", 9, 8),
		`scenario x: got setting bio from 0 to 8; want`:                setting("bio", 0, 8),
		`scenario x: got verb "dance"; want one of deliver`:            action(own.Action{Verb: "dance"}),
		`scenario x: got end "middle"; want one of client`:             action(own.Action{At: "middle", Verb: "write"}),
		`scenario x: got write with weight -1 and most 0; want`:        action(own.Action{Verb: "write", Weight: -1}),
		`scenario x: got Body -1, Answer 0 and Steps 0; want none`:     scenario(own.Scenario{Name: "x", Body: -1}),
	} {
		spec := pumps.ReferenceSpec()
		spec.Name = "mypump"
		change(&spec)
		_, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec})
		if err == nil || !strings.Contains(err.Error(), "fuzz: pump mypump: "+want) {
			t.Errorf("got %v; want %q in it", err, want)
		}
	}
}

// TestOwnScenario: each schedule of an author's scenario keeps to what it sets, and has what it
// was composed of.
func TestOwnScenario(t *testing.T) {
	spec := pumps.ReferenceSpec()
	spec.Name = "mypump"
	spec.Scenarios = []own.Scenario{
		{Name: "base", Like: []string{"key-update"}, Settings: []own.Setting{{Key: "links", Least: 2, Most: 2}}},
		{Name: "mine", Like: []string{"slow-reader", "base"}, Body: 300, Steps: 600,
			Settings: []own.Setting{{Key: "flight", Least: 7, Most: 90}, {Key: "reentrant", Least: 1, Most: 1}},
			Actions:  []own.Action{{At: "under", Verb: "window", Weight: 50, Most: 3}, {Verb: "spurious"}}}}
	r, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec, Scenario: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	verbs := map[script.Verb]int{}
	small, large := 0, 0
	for n := range uint64(200) {
		if _, err := r.Schedule(5, n, oracle.EveryProperty); err != nil {
			t.Fatal(err)
		}
		c, windows := r.Config(), 0
		if c.Scenario != "mine" || c.Version != model.TLS13 || c.Links != 2 || !c.Reentrant ||
			c.Sizes.Flight < 7 || c.Sizes.Flight > 90 {
			t.Fatalf("schedule %d: got %+v", n, c)
		}
		if c.Sizes.Flight < 30 {
			small++
		} else {
			large++
		}
		actions := r.World().Actions()
		for _, a := range actions {
			verbs[a.Verb]++
			if a.Verb == script.Window && model.Role(a.On&1) == c.Under {
				windows++
			}
		}
		if windows > 3 || len(actions) > 600 {
			t.Fatalf("schedule %d: got %d windows in %d actions; want at most 3 in 600", n, windows, len(actions))
		}
	}
	for _, v := range []script.Verb{script.KeyUpdate, script.Pause, script.Window, script.Write} {
		if verbs[v] == 0 {
			t.Errorf("no schedule has the verb %s", v)
		}
	}
	if verbs[script.Spurious] > 0 || small < 20 || large < 20 {
		t.Errorf("got %d spurious, flights %d small and %d large; want 0 and many of both",
			verbs[script.Spurious], small, large)
	}
}

// TestOwnScenarioNeeds: a scenario that asks for what a library or pump can't do is refused by
// name, as those of the workbench are.
func TestOwnScenarioNeeds(t *testing.T) {
	spec := pumps.ReferenceSpec()
	spec.Name = "mypump"
	spec.Restrictions.NoHalfClose = true
	spec.Scenarios = []own.Scenario{{Name: "mine", Like: []string{"half-close"}}}
	_, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec, Scenario: "mine"})
	if err == nil || !strings.Contains(err.Error(), "mypump is not made for scenario half-close") {
		t.Errorf("got %v; want what the pump is not made for", err)
	}
}

// A metered pump has a metric: how much plaintext its app has given it and it has not sent.
type metered struct {
	model.Pump
	waiting int
	gone    bool
}

// meter makes the reference a metered pump. The leaky one forgets what a close throws away.
func meter(leaky bool) model.Spec {
	spec := pumps.ReferenceSpec()
	spec.Name = "metered"
	inner := spec.New
	spec.New = func(env model.Env) model.Pump {
		p := &metered{}
		env.Last = nil
		env.Socket = gauge{env.Socket, p, leaky}
		env.Engine = counting{env.Engine, p}
		p.Pump = inner(env)
		return p
	}
	spec.Properties = []own.Property{
		{Name: "metric-is-right", Why: "the metric says less than there is",
			Broken: func(v *own.View) string {
				if p := v.Pump.(*metered); !v.Here.Gone && p.waiting < 0 {
					return fmt.Sprintf("the metric says %d bytes", p.waiting)
				}
				return ""
			}},
		{Name: "metric-comes-down", Liveness: true, Why: "the metric grows for ever",
			Broken: func(v *own.View) string {
				if p := v.Pump.(*metered); v.Here.Gone && p.waiting > 0 {
					return fmt.Sprintf("the connection is gone, and the metric says %d bytes", p.waiting)
				}
				return ""
			}}}
	return spec
}

func (p *metered) Write(b []byte) int {
	n := p.Pump.Write(b)
	if !p.gone {
		p.waiting += n
	}
	return n
}

type counting struct {
	model.Engine
	p *metered
}

func (e counting) Write(b []byte) (int, model.Status) {
	n, s := e.Engine.Write(b)
	e.p.waiting -= n
	return n, s
}

type gauge struct {
	model.Socket
	p     *metered
	leaky bool
}

func (s gauge) Close() {
	if s.p.gone = true; !s.leaky {
		s.p.waiting = 0
	}
	s.Socket.Close()
}

// TestOwnLiveness: a planted mistake that only the author's liveness property sees is found,
// shrunk to a short script, told by the author's words, and found again by its script.
func TestOwnLiveness(t *testing.T) {
	spec := meter(true)
	c := run.NewCatalog(spec)
	rep := hunted(t, c, hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 1, Schedules: 2000})
	if len(rep.Failures) != 1 {
		t.Fatalf("got %d failures; want one", len(rep.Failures))
	}
	f := rep.Failures[0]
	if f.Script.Property != "metric-comes-down" || len(f.Script.Actions) > 8 || f.Original < 10 {
		t.Errorf("got %s with %d actions of %d", f.Script.Property, len(f.Script.Actions), f.Original)
	}
	fuzztest.Wants(t, strings.Join(f.Story, "\n"), "metric-comes-down: the metric grows for ever",
		"the connection is gone, and the metric says")

	text := f.Script.Format()
	s, err := script.Parse(bytes.NewReader(text), "saved")
	if err != nil {
		t.Fatal(err)
	}
	r := fuzztest.Runner(t, spec)
	out, err := run.Replay(r, s, run.ReplayOptions{})
	if err != nil || out.Confirms(s) != nil {
		t.Errorf("got %v, %v; want the saved failure", err, out.Confirms(s))
	}
	mended := meter(false)
	out, err = run.Replay(fuzztest.Runner(t, mended), s, run.ReplayOptions{Loose: true})
	if err != nil || out.Result.Found {
		t.Errorf("got %v, %s; want the mended pump to pass", err, out.Result.Violation)
	}
	_, err = run.Replay(r, s, run.ReplayOptions{Loose: true, Pump: "reference"})
	if err == nil || !strings.Contains(err.Error(), `got property "metric-comes-down"; want one of stall`) ||
		!strings.Contains(err.Error(), "reference") {
		t.Errorf("got %v; want that the reference has no such property", err)
	}
	clean := hunted(t, run.NewCatalog(mended), hunt.Hunt{Options: run.Options{Pump: &mended}, Seed: 1, Schedules: 1000})
	if len(clean.Failures) > 0 {
		t.Errorf("got %s; want the mended pump to pass", clean.Failures[0].Result.Violation)
	}
}

func hunted(t *testing.T, c *run.Catalog, h hunt.Hunt) *hunt.Report {
	t.Helper()
	rep, err := h.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return &rep
}

// TestOwnPropertyPanics: a panic of the author's check breaks the property. It is no crash of
// the pump.
func TestOwnPropertyPanics(t *testing.T) {
	spec := pumps.ReferenceSpec()
	spec.Name = "mypump"
	spec.Properties = []own.Property{{Name: "mine", Why: "it matters",
		Broken: func(v *own.View) string { return v.Pump.(fmt.Stringer).String() }}}
	res, err := fuzztest.Runner(t, spec).Schedule(1, 0, oracle.EveryProperty)
	if err != nil {
		t.Fatal(err)
	}
	if v := res.Violation; v.Violated() != "mine" || !strings.Contains(v.Detail, "its own check panicked") {
		t.Errorf("got %s; want mine", v)
	}
}

// A frames speaker is the dialogue of the tests: a question of 4 bytes names the length of its
// answer. The forgetful one swallows an answer of 3 bytes.
type frames struct {
	server    bool
	forgetful bool
	question  []byte
	owed      int
}

func (f *frames) Begins() bool { return !f.server && f.owed < 1000 }
func (f *frames) Over() bool   { return false }

func (f *frames) Begin(dst []byte, _, answer int) []byte {
	f.owed += answer
	return binary.BigEndian.AppendUint32(dst, uint32(answer))
}

func (f *frames) Hear(dst, p []byte) []byte {
	if !f.server {
		f.owed -= len(p)
		return dst
	}
	for _, c := range p {
		if f.question = append(f.question, c); len(f.question) < 4 {
			continue
		}
		n := int(binary.BigEndian.Uint32(f.question))
		f.question = f.question[:0]
		for i := 0; i < n && !(f.forgetful && n == 3); i++ {
			dst = append(dst, byte(i)^byte(i>>8))
		}
	}
	return dst
}

func (f *frames) Owed() string {
	if f.owed > 0 {
		return fmt.Sprintf("%d bytes of an answer", f.owed)
	}
	return ""
}

func (f *frames) Snapshot(s *model.Snapshot) {
	s.Int(&f.owed)
	s.Bytes(&f.question)
}

// speaking is a pump whose apps speak in frames.
func speaking(spec model.Spec, forgetful bool) model.Spec {
	spec.Dialogue = &own.Dialogue{Name: "frames", New: func(at own.Place) own.Speaker {
		return &frames{server: at.Server, forgetful: forgetful}
	}}
	return spec
}

// TestOwnDialogue: the reference holds with another dialogue in each scenario, and mutants
// break what they break.
func TestOwnDialogue(t *testing.T) {
	sound := speaking(pumps.ReferenceSpec(), false)
	sound.Name = "mypump"
	rep := hunted(t, run.NewCatalog(sound), hunt.Hunt{Options: run.Options{Pump: &sound}, Seed: 3, Schedules: 2000})
	for _, f := range rep.Failures {
		t.Errorf("schedule %d: %s\n%s", f.Schedule, f.Result.Violation, f.Script.Format())
	}
	for _, m := range fuzztest.Exemplars(t)[:4] {
		spec := speaking(m.Spec, false)
		spec.Name = "mypump"
		rep := hunted(t, run.NewCatalog(spec), hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 3,
			Schedules: 20000, Until: oracle.EveryProperty.Only(m.Breaks)})
		found := false
		for _, f := range rep.Failures {
			found = found || f.Result.Violation.Property == m.Breaks
			if f.Script.Config.Dialogue != "frames" {
				t.Errorf("%s: got dialogue %q; want the script to name it", m.Name, f.Script.Config.Dialogue)
			}
		}
		if !found {
			t.Errorf("%s: %s was not found", m.Name, m.Breaks)
		}
	}
}

// TestOwnDialogueOwes: an answer that nobody gives is found by the dialogue's own property, in
// hunts and in an exhaustive check.
func TestOwnDialogueOwes(t *testing.T) {
	spec := speaking(pumps.ReferenceSpec(), true)
	spec.Name = "mypump"
	c := run.NewCatalog(spec)
	rep := hunted(t, c, hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 3, Schedules: 2000})
	if len(rep.Failures) != 1 || rep.Failures[0].Script.Property != "frames-owed" {
		t.Fatalf("got %d failures; want one, of frames-owed", len(rep.Failures))
	}
	fuzztest.Wants(t, rep.Failures[0].Result.Violation.Detail, "3 bytes of an answer")

	for forgetful, want := range map[bool]string{true: "frames-owed", false: ""} {
		spec := speaking(pumps.ReferenceSpec(), forgetful)
		spec.Name = "mypump"
		got := exhausted(t, spec, [2]uint32{0, 3})
		if got != want {
			t.Errorf("forgetful %v: check found %q; want %q", forgetful, got, want)
		}
	}
}

// TestOwnSafetyInCheck: an exhaustive check judges the author's safety property in each state.
func TestOwnSafetyInCheck(t *testing.T) {
	spec := pumps.ReferenceSpec()
	spec.Name = "mypump"
	for limit, want := range map[int]string{20: "few-in-flight", 1 << 16: ""} {
		spec.Properties = []own.Property{{Name: "few-in-flight", Why: "it floods",
			Broken: func(v *own.View) string {
				if v.There.InFlight > limit && v.Here.Arrived == 0 {
					return "too much is in flight"
				}
				return ""
			}}}
		if got := exhausted(t, spec, [2]uint32{5, 5}); got != want {
			t.Errorf("limit %d: check found %q; want %q", limit, got, want)
		}
	}
}

// exhausted is the property that a check of one small scenario finds broken.
func exhausted(t *testing.T, spec model.Spec, write [2]uint32) string {
	t.Helper()
	within := check.DefaultWithin()
	c := run.NewCatalog(spec)
	s, err := within.Search(c, run.Options{Pump: &spec, Scenario: "request-response", TLS: "1.3"})
	if err != nil {
		t.Fatal(err)
	}
	for role := range s.Bounds.Writes {
		s.Bounds.Writes[role] = [][2]uint32{write}
	}
	rep, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if rep.Counterexample == nil {
		if rep.States < 100 {
			t.Errorf("got %d states; want more", rep.States)
		}
		return ""
	}
	return rep.Counterexample.Script().Property
}
