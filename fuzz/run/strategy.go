package run

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Strategy is a way to search: how the actions of schedules are picked.
type Strategy struct {
	// Name is the word of --strategy.
	Name string
	// About says in a clause what it does.
	About string

	methods []method
}

// A method makes storms. The portfolio has several, the others one each.
type method struct {
	name string
	make func() sim.Searcher
}

// Random and Portfolio are the strategies that stand where none is named: of a
// Runner, which runs schedules one by one, and of a Hunt.
const (
	Random    = "random"
	Portfolio = "portfolio"
)

// methods are all there are. pct and delay take a number: pct:3, delay:2.
func methods(n int) []method {
	return []method{
		{Random, func() sim.Searcher { return &sim.Random{} }},
		{"pct", func() sim.Searcher { return &sim.PCT{Depth: n} }},
		{"pos", func() sim.Searcher { return &sim.POS{} }},
		{"surw", func() sim.Searcher { return &sim.SURW{} }},
		{"delay", func() sim.Searcher { return &sim.Delay{Delays: n} }},
		{"coverage", func() sim.Searcher { return &sim.Variation{} }},
	}
}

var aboutMethods = [...]string{
	"draws each action by the schedule's odds: a random walk",
	"priorities and a few change points; pct:D for bugs of depth D (Burckhardt 2010)",
	"random priorities, drawn anew by events that race (partial order sampling, Yuan 2018)",
	"makes orders of the TLS events about equally likely, after a trial (Zhao 2025)",
	"takes turns, and is delayed a few times; delay:N for N delays (Emmi 2011)",
	"varies the schedules that reached something new",
}

// Strategies lists them all, the portfolio first.
func Strategies() []Strategy {
	each := methods(0)
	all := []Strategy{{Name: Portfolio, methods: each,
		About: "all of the following: what still finds something new gets more schedules"}}
	for i, m := range each {
		all = append(all, Strategy{m.name, aboutMethods[i], each[i : i+1]})
	}
	return all
}

// StrategyNamed finds a strategy by its name, with its number behind a colon.
func StrategyNamed(name string) (*Strategy, error) {
	word, number, numbered := strings.Cut(name, ":")
	var known []string
	for _, s := range Strategies() {
		known = append(known, s.Name)
		if s.Name != word {
			continue
		}
		if !numbered {
			return &s, nil
		}
		return numberedStrategy(&s, name, number)
	}
	return nil, unknown("strategy", name, known)
}

// numberedStrategy is pct or delay with a number.
func numberedStrategy(s *Strategy, name, number string) (*Strategy, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > sim.MaxDepth || s.Name != "pct" && s.Name != "delay" {
		return nil, unknown("strategy", name, []string{"pct:1 to pct:" + strconv.Itoa(sim.MaxDepth),
			"delay:1 to delay:" + strconv.Itoa(sim.MaxDelays)})
	}
	for _, m := range methods(n) {
		if m.name == s.Name {
			s.methods = []method{m}
		}
	}
	s.Name = name
	return s, nil
}

// Learns says whether the strategy needs to know what earlier schedules did.
func (s *Strategy) Learns() bool {
	for _, m := range s.methods {
		if _, ok := m.make().(*sim.Variation); ok {
			return true
		}
	}
	return false
}

// On is the strategy as it is on libraries that can do this: with one that does not run in
// this process nothing is learned.
func (s *Strategy) On(can model.Capabilities) (*Strategy, error) {
	if can.InProcess {
		return s, nil
	}
	return s.Unlearned()
}

// Unlearned is the strategy without what learns, as it is on a library of the
// machine: that may take its process with it, and all that was learned there.
// The methods that are left have equal shares.
func (s *Strategy) Unlearned() (*Strategy, error) {
	rest := *s
	rest.methods = nil
	for _, m := range s.methods {
		if _, ok := m.make().(*sim.Variation); !ok {
			rest.methods = append(rest.methods, m)
		}
	}
	if len(rest.methods) == 0 {
		return nil, fmt.Errorf("fuzz: got strategy %q for a library of the machine; want one that "+
			"does not learn, or the model's engine and --confirm", s.Name)
	}
	return &rest, nil
}

// A Task is a schedule as it has been decided. All that is done with it, where
// and how often, follows from it.
type Task struct {
	N      uint64    // the number of the schedule
	Seed   uint64    // of its storm
	World  uint64    // the seed of its world and plan
	Method int       // of the strategy: an index of Methods
	Parent *Ancestor // whose storm is varied; nil if none is
}

// An Ancestor is a schedule that reached something new, for others to vary.
type Ancestor struct {
	World   uint64
	Actions []script.Action
	Around  int // where it did so
}

// NewTask is schedule number n of a seed.
func NewTask(seed, n uint64, method int) Task {
	s := seedOf(seed, n)
	return Task{N: n, Seed: s + 1, World: s, Method: method}
}

// Methods are the names of the ways in which it makes storms: its own, or of the
// portfolio several.
func (s *Strategy) Methods() []string {
	names := make([]string, len(s.methods))
	for i, m := range s.methods {
		names[i] = m.name
	}
	return names
}

// Use makes the runner's schedules those of a strategy. One that learns starts
// from nothing in each: only a Hunt teaches it.
func (r *Runner) Use(s *Strategy) {
	r.searchers = nil
	for _, m := range s.methods {
		r.searchers = append(r.searchers, m.make())
	}
}

// Perform runs a task and looks for the watched properties. A searcher may want
// a trial first; what that finds counts too.
func (r *Runner) Perform(t *Task, watch oracle.PropertySet) (res sim.Result, err error) {
	r.drawer.draw(r.menu, t.World)
	s := r.searchers[t.Method]
	s.Restart(&r.drawer.plan, t.Seed)
	if v, ok := s.(*sim.Variation); ok && t.Parent != nil {
		v.Vary(t.Parent.Actions, t.Parent.Around)
	}
	if err = r.reset(watch); err != nil {
		return res, err
	}
	if trier, ok := s.(sim.Trier); ok {
		if res = r.run(trier.Trial()); res.Found {
			return res, nil
		}
		if err = r.reset(watch); err != nil {
			return res, err
		}
	}
	return r.run(s), nil
}
