package run_test

import (
	"sort"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/example"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// specs makes pumps of the example.
func specs(changes ...func(*model.Spec)) (all []model.Spec) {
	for _, change := range changes {
		s := example.Spec()
		change(&s)
		all = append(all, s)
	}
	return all
}

func named(name string) func(*model.Spec) { return func(s *model.Spec) { s.Name = name } }

// TestSpecsAreLookedAtWhereTheyAreGiven: a name that scripts or folders can't have, a name that is
// taken, no New, restrictions that leave nothing, a Configure that panics: the catalog says it in
// one line, with what to write instead, and so does each way to run such a pump (story 121).
func TestSpecsAreLookedAtWhereTheyAreGiven(t *testing.T) {
	for want, given := range map[string][]model.Spec{
		`got pump name "MyPump"; want 1 to 80 of a-z, 0-9, -, ., _ and /, such as "mypump"`: specs(named("MyPump")),
		`got pump name ""; want 1 to 80 of`:                                                 specs(named("")),
		`got pump name "my pump"; want 1 to 80 of`:                                          specs(named("my pump")),
		`such as "a-b"`: specs(named("a/../b")),
		`begins with a dot, such as "hidden": scripts`:                                                          specs(named(".hidden")),
		`got two pumps named "mine"; want a name of`:                                                            specs(named("mine"), named("mine")),
		`got pump name "reference", which one of the project's pumps has; want another, such as "my-reference"`: specs(named("reference")),
		`got pump name "no-flush-after-read", which one of`:                                                     specs(named("no-flush-after-read")),
		`got pump "example" without New; want model.Spec.New`:                                                   specs(func(s *model.Spec) { s.New = nil }),
		`with NoPair and NoAttached; want one of them`: specs(func(s *model.Spec) {
			s.Restrictions.NoPair, s.Restrictions.NoAttached = true, true
		}),
		`the Configure of pump "example" panicked: no TLS 1.3 (spec_test.go:`: specs(func(s *model.Spec) {
			s.Configure = func(c *model.EngineConfig) {
				if c.Version == model.TLS13 {
					panic("no TLS 1.3")
				}
			}
		}),
	} {
		c := run.NewCatalog(given...)
		_, lookup := c.Pump("reference")
		_, parts := c.Parts(&script.Config{Pump: given[0].Name, Peer: "reference"})
		_, runner := run.NewRunner(c, run.Options{Pump: &given[0]})
		for way, err := range map[string]error{"Err": c.Err(), "Pump": lookup, "Parts": parts,
			"NewRunner": runner} {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "fuzz: ") ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: got %v; want %q in one line", way, err, want)
			}
		}
	}
	if _, err := run.NewRunner(run.NewCatalog(), run.Options{}); err == nil ||
		!strings.Contains(err.Error(), "got no pump") {
		t.Errorf("got %v; want no runner without a pump", err)
	}
	for _, good := range [][]model.Spec{specs(named("my.pump_2")), specs(named("team/pump")),
		{pumps.ReferenceSpec()}, nil} {
		if err := run.NewCatalog(good...).Err(); err != nil {
			t.Errorf("got %v; want %d good specs", err, len(good))
		}
	}
}

// A lost pump panics in its first turn, in a function that the standard library calls for it.
type lost struct {
	model.Pump
	at []int
}

func (p *lost) Ready(model.Events) { sort.Sort(p) }
func (p *lost) Len() int           { return 2 }
func (p *lost) Swap(i, j int)      { p.at[i], p.at[j] = p.at[j], p.at[i] }
func (p *lost) Less(i, j int) bool { return p.at[i] < p.at[j] }

// TestAPanicHasAPlace: a replay says where in the pump's source it panicked: the pump's own frames
// with file and line, innermost first, and none of the workbench, of Go or of who runs the test.
// No address is in it, and nothing of it is in the result.
func TestAPanicHasAPlace(t *testing.T) {
	spec := example.Spec()
	spec.Name, spec.New = "lost", func(env model.Env) model.Pump { return &lost{Pump: example.New(env)} }
	r, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := &script.Script{Config: r.Draw(1, 0)}
	for _, trace := range []bool{false, true} {
		out, err := run.Replay(r, s, run.ReplayOptions{Trace: trace, Loose: true})
		if err != nil {
			t.Fatal(err)
		}
		var functions []string
		for _, place := range out.Places {
			file, function, _ := strings.Cut(place, ": ")
			if !strings.HasPrefix(file, "spec_test.go:") {
				t.Errorf("got %q; want a line of this file", place)
			}
			functions = append(functions, function)
		}
		want := "run_test.(*lost).Less run_test.(*lost).Ready"
		if got := strings.Join(functions, " "); got != want {
			t.Errorf("trace %v: got %s; want %s", trace, got, want)
		}
		if d := out.Result.Violation.String(); !strings.Contains(d, "index out of range") ||
			strings.Contains(d, ".go") {
			t.Errorf("got %s; want the panic, and no place", d)
		}
	}
}

// TestADeathHasAPlace: so has the stack that a process prints when it dies.
func TestADeathHasAPlace(t *testing.T) {
	var out run.Outcome
	out.Die(`runtime: goroutine stack exceeds 1000000000-byte limit
fatal error: stack overflow

runtime stack:
runtime.throw({0x5a1b2c?, 0x0?})
	/usr/local/go/src/runtime/panic.go:1101 +0x48

goroutine 7 gp=0xc000003dc0 m=3 mp=0xc000080008 [running]:
panic({0x1234, 0x5678})
	/usr/local/go/src/runtime/panic.go:783 +0x132
example.com/mypump.(*pump).read(0xc000212000, {0x0, 0x0, 0x0})
	/home/me/mypump/pump.go:42 +0x1d
github.com/wantwrite/wantwrite/sim.(*tap).Read(...)
	/home/me/go/wantwrite/sim/tap.go:90
main.(*pump).Ready(...)
	C:/me/main.go:31
github.com/wantwrite/wantwrite/fuzz/run.(*Runner).run(...)
	/home/me/go/wantwrite/fuzz/run/runner.go:60 +0x9
example.com/mypump.TestPump(0xc000212000)
	/home/me/mypump/pump_test.go:9 +0x25

goroutine 1 [chan receive]:
example.com/mypump.other()
	/home/me/mypump/pump.go:99 +0x1d
`)
	want := "pump.go:42: mypump.(*pump).read, called at main.go:31: main.(*pump).Ready"
	if got := out.Where(); got != want {
		t.Errorf("got %s; want %s", got, want)
	}
	if out.Die("exit status 2"); out.Where() != "" {
		t.Errorf("got %s; want nothing", out.Where())
	}
}
