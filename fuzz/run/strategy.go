package run

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Strategy is a way to search: how the actions of schedules are picked.
type Strategy struct {
	// Name is the word of --strategy, and About a clause that says what the strategy does.
	Name, About string

	methods []method
}

// A method is one way to pick actions. The portfolio has them all, other strategies have one.
type method struct {
	name, about string
	make        func() sim.Searcher
}

const (
	// random is the strategy of a Runner that got no other.
	random = "random"
	// Portfolio is the strategy of a hunt that names none.
	Portfolio = "portfolio"
)

// methods lists them. pct and delay take a number n, as in pct:3 and delay:2; 0 is their
// default.
func methods(n int) []method {
	return []method{
		{random, "draws each action by the schedule's odds: a random walk",
			func() sim.Searcher { return &sim.Random{} }},
		{"pct", "priorities and a few change points; pct:D for bugs of depth D (Burckhardt 2010)",
			func() sim.Searcher { return &sim.PCT{Depth: n} }},
		{"pos", "random priorities, drawn anew by events that race (partial order sampling, Yuan 2018)",
			func() sim.Searcher { return &sim.POS{} }},
		{"surw", "makes orders of the TLS events about equally likely, after a trial (Zhao 2025)",
			func() sim.Searcher { return &sim.SURW{} }},
		{"delay", "takes turns, and is delayed a few times; delay:N for N delays (Emmi 2011)",
			func() sim.Searcher { return &sim.Delay{Delays: n} }},
		{"coverage", "varies the schedules that reached something new",
			func() sim.Searcher { return &sim.Variation{} }},
	}
}

// learns says whether a method needs to know what earlier schedules did.
func (m *method) learns() bool {
	_, varies := m.make().(*sim.Variation)
	return varies
}

// Strategies lists the portfolio, and then the strategies of one method.
func Strategies() []Strategy {
	each := methods(0)
	all := []Strategy{{Name: Portfolio, methods: each,
		About: "all of the following: what still finds something new gets more schedules"}}
	for i, m := range each {
		all = append(all, Strategy{m.name, m.about, each[i : i+1]})
	}
	return all
}

// StrategyNamed finds a strategy by its name. A number may follow behind a colon, as in pct:3.
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
	return nil, unknown("strategy", word, known)
}

// numberedStrategy is pct or delay with a number, which name ends with.
func numberedStrategy(s *Strategy, name, number string) (*Strategy, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > sim.MaxDepth || s.Name != "pct" && s.Name != "delay" {
		return nil, unknown("strategy", name, []string{"pct:1 to pct:" + strconv.Itoa(sim.MaxDepth),
			"delay:1 to delay:" + strconv.Itoa(sim.MaxDepth)})
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
	return slices.ContainsFunc(s.methods, func(m method) bool { return m.learns() })
}

// On is the strategy with libraries of these abilities. Nothing is learned from a library that
// may take its process along, for what was learned would go with it.
func (s *Strategy) On(can model.Capabilities) (*Strategy, error) {
	if can.InProcess {
		return s, nil
	}
	return s.Unlearned()
}

// Unlearned is the strategy without the methods that learn. The others have equal shares.
func (s *Strategy) Unlearned() (*Strategy, error) {
	rest := *s
	rest.methods = slices.DeleteFunc(slices.Clone(s.methods),
		func(m method) bool { return m.learns() })
	if len(rest.methods) == 0 {
		return nil, fmt.Errorf("fuzz: got strategy %q for a library of the machine; want one that "+
			"does not learn, or the model's engine and --confirm", s.Name)
	}
	return &rest, nil
}

// Methods are the names of the strategy's methods.
func (s *Strategy) Methods() []string {
	names := make([]string, len(s.methods))
	for i, m := range s.methods {
		names[i] = m.name
	}
	return names
}

// A Task is a schedule that has been decided. A run follows from its task alone: it is the same
// wherever and however often it is done.
type Task struct {
	// N is the number of the schedule.
	N uint64
	// Seed is that of the workload, and World that of the world and the plan.
	Seed, World uint64
	// Method is an index of Strategy.Methods.
	Method int
	// Parent is an earlier schedule whose actions are varied; nil if none is.
	Parent *Task

	// Actions are what the schedule did, and Around the index of the action that reached
	// something new. Only a Parent has them.
	Actions []script.Action
	Around  int
}

// NewTask is schedule number n of a hunt's seed.
func NewTask(seed, n uint64, method int) Task {
	s := seedOf(seed, n)
	return Task{N: n, Seed: s + 1, World: s, Method: method}
}

// Use makes the runner use a strategy for its schedules. A strategy that learns knows nothing
// here: only a hunt teaches it.
func (r *Runner) Use(s *Strategy) {
	r.searchers = nil
	for _, m := range s.methods {
		r.searchers = append(r.searchers, m.make())
	}
}

// Perform runs a task and looks for the watched properties. A method may want a trial run
// first, and a failure of that counts too.
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
	res = r.run(s)
	return res, r.world.Err()
}
