package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/engine/differential"
	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// subjects are all that explain explains: every kind of name that commands print.
func subjects(c *run.Catalog) []subject {
	return slices.Concat(propertySubjects(c), pumpSubjects(c), mutantSubjects(), decisionSubjects(),
		bugSubjects(), engineSubjects(c), scenarioSubjects(c), settingSubjects(), actionSubjects(),
		attackSubjects(), strategySubjects(), traitSubjects(), obligationSubjects(), scriptSubjects(),
		dialogueSubjects(c), programSubjects(), findSubjects())
}

// mutantsOf are those that break a property.
func mutantsOf(p oracle.PropertyID) (all []pumps.Mutant) {
	for _, m := range pumps.Mutants() {
		if m.Breaks == p {
			all = append(all, m)
		}
	}
	return all
}

// bugsOf are the bugs that mutants have, in the order of pumps.Bugs.
func bugsOf(mutants []pumps.Mutant) (all []pumps.Bug) {
	for _, b := range pumps.Bugs() {
		if slices.ContainsFunc(mutants, func(m pumps.Mutant) bool {
			return slices.Contains(b.Mutants, m.Name)
		}) {
			all = append(all, b)
		}
	}
	return all
}

// bugFacts tells bugs in a line each.
func bugFacts(bugs []pumps.Bug) (facts []fact) {
	for _, b := range bugs {
		facts = append(facts, fact{b.ID + " " + b.Project, fmt.Sprintf("%s (%s)", b.What, b.Where)})
	}
	return facts
}

// mutantFacts tells mutants in a line each.
func mutantFacts(mutants []pumps.Mutant) (facts []fact) {
	for _, m := range mutants {
		facts = append(facts, fact{m.Name, fmt.Sprintf("%s (%s)", m.About, m.Breaks)})
	}
	return facts
}

// shownBy adds the commands that show how a mutant breaks its property.
func (e *explanation) shownBy(m *pumps.Mutant) {
	e.Seen = m.Name
	if script := story.ScriptOf(m); script != "" {
		e.run("show corpus/%s", script)
	}
	e.run("hunt --pump %s --scenario %s --property %s", m.Name, m.Scenario, m.Breaks)
}

func propertySubjects(c *run.Catalog) (all []subject) {
	for _, p := range c.Properties() {
		all = append(all, subject{names: []string{p.Name}, explain: func() explanation {
			e := newExplanation("property", p.Name, p.Why)
			if p.Means == "" { // an author's own
				e.tell("kind", p.Kind())
				e.run("hunt --property %s", p.Name)
				return e
			}
			e.Means = p.Means
			e.tell("judged", p.Judged)
			e.tell("takes", p.Takes)
			e.tell(p.Kind(), p.Because)
			e.tell("no violation", p.Not)
			mutants := mutantsOf(p.ID)
			bugs := bugsOf(mutants)
			e.list(fmt.Sprint(len(bugs), " public bugs that broke it, or the like of it"), bugFacts(bugs))
			e.list(fmt.Sprintf("%d mutants that break it", len(mutants)), mutantFacts(mutants))
			e.shownBy(&mutants[0])
			return e
		}})
	}
	return all
}

func pumpSubjects(c *run.Catalog) (all []subject) {
	for _, spec := range c.Pumps() {
		all = append(all, subject{names: []string{spec.Name}, explain: func() explanation {
			e := newExplanation("pump", spec.Name, spec.About)
			var barred []string
			for _, s := range c.Scenarios() {
				if spec.Restrictions.Any(s.Barred) {
					barred = append(barred, s.Name)
				}
			}
			if barred != nil {
				e.tell("not made for", strings.Join(barred, ", "))
			}
			if spec.Restrictions.NoTLS13 {
				e.tell("not made for TLS", "1.3")
			}
			e.run("hunt --pump %s", spec.Name)
			return e
		}})
	}
	return all
}

func mutantSubjects() (all []subject) {
	for _, m := range pumps.Mutants() {
		all = append(all, subject{names: []string{m.Name}, explain: func() explanation {
			e := newExplanation("mutant", m.Name, m.About)
			e.tell("is", fmt.Sprintf("pump %s with one mistake", m.Of))
			e.tell("breaks", fmt.Sprintf("%s, in scenario %s", m.Breaks, m.Scenario))
			for _, p := range oracle.Properties() {
				if m.Also.Has(p.ID) {
					e.tell("may break too", fmt.Sprintf("%s: %s", p.Name, m.Because))
				}
			}
			var numbers []string
			for _, d := range m.At.Decisions() {
				numbers = append(numbers, strconv.Itoa(d.Number))
			}
			e.tell("decides wrongly", fmt.Sprintf("%s (decisions %s of a pump); right is: %s", m.At,
				strings.Join(numbers, ", "), m.At.Right()))
			e.list("public bugs with this mistake", bugFacts(bugsOf([]pumps.Mutant{m})))
			e.shownBy(&m)
			return e
		}})
	}
	return all
}

// decisionSubjects are the decisions, by number, by name and by the points at which pumps ask them.
func decisionSubjects() (all []subject) {
	for _, d := range pumps.Decisions() {
		number := strconv.Itoa(d.Number)
		names := []string{number, d.Name}
		for _, at := range d.Points {
			names = append(names, at.String())
		}
		called := func(name string) bool { return name == "decision "+number }
		all = append(all, subject{names, called, func() explanation {
			e := newExplanation("decision", number, "")
			e.Title = d.String()
			e.tell("pumps do", d.Choices)
			e.tell("the rule", d.Rule)
			e.tell("known from", strings.Join(d.Known, ", "))
			for _, at := range d.Points {
				e.tell("asked at", fmt.Sprintf("%s; right is: %s", at, at.Right()))
			}
			e.list("mutants that decide it wrongly", mutantFacts(d.Mutants()))
			if m := d.Shown(); m != nil {
				e.shownBy(m)
			} else {
				e.tell("not shown", d.Unshown)
			}
			return e
		}})
	}
	return all
}

func bugSubjects() (all []subject) {
	for _, b := range pumps.Bugs() {
		all = append(all, subject{[]string{b.ID}, b.Called, func() explanation {
			e := newExplanation("bug", b.ID, "")
			e.Title = b.ID + ", " + b.Project
			e.tell("what happened", b.What)
			e.tell("broke", b.Broke)
			e.tell("told in", b.Where)
			if b.Excuse != "" {
				e.tell("no mutant", b.Excuse)
				return e
			}
			e.tell("mutants", strings.Join(b.Mutants, ", "))
			if b.Note != "" {
				e.tell("note", b.Note)
			}
			e.run("explain %s", b.Mutants[0])
			return e
		}})
	}
	return all
}

func engineSubjects(c *run.Catalog) (all []subject) {
	for _, name := range c.Engines() {
		all = append(all, subject{names: []string{name}, explain: func() explanation {
			e := newExplanation("engine", name, describe(c, name))
			can, _ := c.Can(name) // the catalog has listed it
			e.tell("can", abilities(can))
			if can.UnderTest {
				e.run("hunt --engine %s", name)
			} else {
				e.tell("place", "at the peer's end only, because it breaks its promises")
				e.run("hunt --engine %s --peer-engine %s", gotls.New().Name(), name)
			}
			e.run("list --traits")
			return e
		}})
	}
	return all
}

// describe says which library an engine is, or why it can't be had here.
func describe(c *run.Catalog, name string) string {
	lib, err := c.Engine(name)
	if err != nil {
		return "not here: " + err.Error()
	}
	return lib.Describe()
}

// abilities lists what a library can do.
func abilities(can model.Capabilities) string {
	var all []string
	for _, a := range [...]struct {
		is   bool
		what string
	}{{can.RealTLS, "TLS as it is on the wire"}, {can.PSK, "pre-shared keys"},
		{can.Certificates, "certificates"}, {can.Renegotiation, "renegotiation with other libraries"},
		{can.PostAuth, "post-handshake authentication"}, {can.EarlyData, "early data"},
		{can.Attacks, "attacks"}, {can.Snapshots, "exhaustive checks"}} {
		if a.is {
			all = append(all, a.what)
		}
	}
	return strings.Join(all, ", ")
}

func scenarioSubjects(c *run.Catalog) (all []subject) {
	for _, s := range c.Scenarios() {
		all = append(all, subject{names: []string{s.Name}, explain: func() explanation {
			e := newExplanation("scenario", s.Name, s.Why)
			switch {
			case s.Only12:
				e.tell("TLS", "1.2 only")
			case s.Only13:
				e.tell("TLS", "1.3 only")
			}
			if s.Rare {
				e.tell("drawn", "one time in three, because it costs more than others")
			}
			var fall []pumps.Mutant
			for _, m := range pumps.Mutants() {
				if m.Scenario == s.Name {
					fall = append(fall, m)
				}
			}
			e.list("mutants that show their mistake in it", mutantFacts(fall))
			e.run("hunt --scenario %s", s.Name)
			return e
		}})
	}
	return all
}

func settingSubjects() (all []subject) {
	for _, d := range script.Dimensions() {
		all = append(all, subject{names: []string{d.Key}, explain: func() explanation {
			e := newExplanation("setting", d.Key, d.String())
			e.tell("stands in", fmt.Sprintf("the line %q of a script's header", d.Line+":"))
			e.run("help scripts")
			return e
		}})
	}
	return all
}

func actionSubjects() (all []subject) {
	for v := range script.NumVerbs {
		all = append(all, subject{names: []string{v.String()}, explain: func() explanation {
			e := newExplanation("action", v.String(), v.About())
			e.tell("in scripts", v.Usage())
			e.run("help scripts")
			return e
		}})
	}
	return all
}

func dialogueSubjects(c *run.Catalog) (all []subject) {
	for _, spec := range c.Pumps() {
		if d := spec.Dialogue; d != nil {
			all = append(all, subject{names: []string{d.Name}, explain: func() explanation {
				e := newExplanation("dialogue", d.Name, d.About)
				e.tell("of pump", spec.Name)
				e.run("hunt --pump %s", spec.Name)
				return e
			}})
		}
	}
	return all
}

func attackSubjects() (all []subject) {
	for a := range attack.Count {
		all = append(all, subject{names: []string{a.String()}, explain: func() explanation {
			e := newExplanation("attack", a.String(), a.About())
			usage := "attack client " + a.String()
			if n := a.Argument(); n != "" {
				e.tell("N", n)
				usage += " N"
			}
			e.tell("in scripts", usage)
			e.run("hunt --pump reference --scenario hostile-peer")
			e.run("hunt --pump reference --engine %s --peer-engine %s", gotls.New().Name(),
				puppet.New().Name())
			return e
		}})
	}
	return all
}

func strategySubjects() (all []subject) {
	for _, s := range run.Strategies() {
		all = append(all, subject{names: []string{s.Name}, explain: func() explanation {
			e := newExplanation("strategy", s.Name, s.About)
			e.run("hunt --strategy %s", s.Name)
			return e
		}})
	}
	return append(all, subject{names: []string{"script"}, explain: func() explanation {
		e := newExplanation("strategy", "script", scriptStrategy)
		e.run("help replay")
		return e
	}})
}

// scriptStrategy says what the strategy does that replays have.
const scriptStrategy = "does what a saved script says: see replay"

func traitSubjects() (all []subject) {
	for _, trait := range differential.Traits() {
		all = append(all, subject{names: []string{trait.Name}, explain: func() explanation {
			e := newExplanation("trait", trait.Name, trait.Call)
			e.tell(run.DefaultEngine, trait.Model)
			e.tell((*openssl.Library)(nil).Name(), trait.OpenSSL)
			e.tell(gotls.New().Name(), trait.GoTLS)
			e.run("list --traits")
			return e
		}})
	}
	return all
}

// obligationSubjects are what an end may owe, as --json names it.
func obligationSubjects() (all []subject) {
	for o := oracle.NoObligation + 1; o.What() != oracle.NoObligation.What(); o++ { // behind the last is nothing
		all = append(all, subject{names: []string{o.String()}, explain: func() explanation {
			e := newExplanation("obligation", o.String(), o.What())
			e.tell("moved by", o.Wakeup())
			return e
		}})
	}
	return all
}

// scriptSubjects are the scripts of the corpus, by name, with and without the folder.
func scriptSubjects() (all []subject) {
	for _, name := range corpus.Names() {
		all = append(all, subject{names: []string{"corpus/" + name, name}, explain: func() explanation {
			e := newExplanation("script", "corpus/"+name, "")
			s, err := script.Parse(bytes.NewReader(corpus.Text(name)), name)
			if err != nil {
				panic(err) // a part of the program
			}
			e.tell("breaks", s.Property)
			kind := "pump"
			if s.Config.Program != "" {
				kind = "program"
			}
			e.tell(kind, fmt.Sprintf("%s against %s", s.Config.Subject(), s.Config.Peer))
			e.tell("scenario", s.Config.Scenario)
			for _, line := range s.Story {
				e.tell("story", line)
			}
			e.run("show corpus/%s", name)
			return e
		}})
	}
	return all
}
