package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// DefaultEngine is the name of the library that runs use where none is named: the model.
const DefaultEngine = "model"

// A Catalog knows what the names of scripts and flags mean. It belongs to one goroutine.
type Catalog struct {
	pumps    []model.Spec
	mutants  []pumps.Mutant
	engines  []engine
	programs []*Program
	err      error // of the caller's pumps
}

// An engine is a library as the catalog knows it.
type engine struct {
	name   string
	can    model.Capabilities
	load   func() (model.Library, error)
	loaded model.Library // nil until somebody wants it
}

// NewCatalog lists the caller's pumps, the project's pumps and mutants, and the model. If there is
// something wrong with the caller's pumps Err says it, and so does all that looks up a pump.
func NewCatalog(more ...model.Spec) *Catalog {
	c := &Catalog{pumps: pumps.Pumps(), mutants: pumps.Mutants()}
	c.err = c.checkSpecs(more)
	c.pumps = append(more[:len(more):len(more)], c.pumps...)
	c.AddEngine(tls.NewModels(), func() (model.Library, error) { return tls.NewModels(), nil })
	return c
}

// AddEngine makes a library known. Only the Name and Can of like are called, so that it need
// not be loaded. load is called when the library is first wanted, and by Another.
func (c *Catalog) AddEngine(like model.Library, load func() (model.Library, error)) {
	c.engines = append(c.engines, engine{name: like.Name(), can: like.Can(), load: load})
}

// Err says in a line what is wrong with the caller's pumps: a name that scripts can't have or that
// is another's, a New that is missing, a Configure that panics.
func (c *Catalog) Err() error { return c.err }

// Pumps lists the pumps, the caller's first; mutants are not among them.
func (c *Catalog) Pumps() []model.Spec { return c.pumps }

// Mutants lists the mutants.
func (c *Catalog) Mutants() []pumps.Mutant { return c.mutants }

// Engines lists the names of the libraries.
func (c *Catalog) Engines() []string {
	return c.EnginesThat(func(model.Capabilities) bool { return true })
}

// EnginesThat lists the names of the libraries whose capabilities are right.
func (c *Catalog) EnginesThat(right func(model.Capabilities) bool) (names []string) {
	for i := range c.engines {
		if right(c.engines[i].can) {
			names = append(names, c.engines[i].name)
		}
	}
	return names
}

// Pump finds a pump or mutant by its name.
func (c *Catalog) Pump(name string) (*model.Spec, error) {
	if c.err != nil {
		return nil, c.err
	}
	var known []string
	for i := range c.pumps {
		if c.pumps[i].Name == name {
			return &c.pumps[i], nil
		}
		known = append(known, c.pumps[i].Name)
	}
	for i := range c.mutants {
		if c.mutants[i].Name == name {
			return &c.mutants[i].Spec, nil
		}
	}
	var mutants []string
	for i := range c.mutants {
		mutants = append(mutants, c.mutants[i].Name)
	}
	return nil, unknown("pump", name, append(known, "a mutant (see: wantwrite list)"), mutants...)
}

// isOwn says whether a pump is the caller's, and not one of the project's that the caller has given.
func (c *Catalog) isOwn(name string) bool {
	named := func(s model.Spec) bool { return s.Name == name }
	return slices.ContainsFunc(c.pumps, named) && !slices.ContainsFunc(pumps.Pumps(), named) &&
		!slices.ContainsFunc(c.mutants, func(m pumps.Mutant) bool { return m.Name == name })
}

// Can says what a library can do, and all those that are named with it. It loads none, and
// empty names do not count.
func (c *Catalog) Can(name string, more ...string) (model.Capabilities, error) {
	e, err := c.engine(name)
	if err != nil {
		return model.Capabilities{}, err
	}
	can := e.can
	for _, name := range more {
		if name == "" {
			continue
		}
		if e, err = c.engine(name); err != nil {
			return model.Capabilities{}, err
		}
		can = can.Both(e.can)
	}
	return can, nil
}

// Engine loads a library by its name, once.
func (c *Catalog) Engine(name string) (model.Library, error) {
	e, err := c.engine(name)
	if err == nil && e.loaded == nil {
		e.loaded, err = e.load()
	}
	if err != nil {
		return nil, err
	}
	return e.loaded, nil
}

// Another loads a library once more, for a goroutine of its own.
func (c *Catalog) Another(name string) (model.Library, error) {
	e, err := c.engine(name)
	if err != nil {
		return nil, err
	}
	return e.load()
}

func (c *Catalog) engine(name string) (*engine, error) {
	for i := range c.engines {
		if c.engines[i].name == name {
			return &c.engines[i], nil
		}
	}
	return nil, unknown("engine", name, c.Engines())
}

// Scenarios lists the workbench's scenarios and those of the pumps' authors, each name once.
func (c *Catalog) Scenarios() []Scenario {
	all := scenarios()
	for i := range c.pumps {
		if len(c.pumps[i].Scenarios) == 0 {
			continue
		}
		for _, sc := range scenariosOf(&c.pumps[i])[len(scenarios()):] {
			if named(all, sc.Name) == nil {
				all = append(all, sc)
			}
		}
	}
	return all
}

// Properties lists the workbench's properties and those of the pumps' authors, each name once. What
// an author's has is its Name, Why and Liveness.
func (c *Catalog) Properties() []oracle.Property {
	all := oracle.Properties()
	for i := range c.pumps {
		for _, p := range properties(&c.pumps[i]) {
			if !slices.ContainsFunc(all, func(known oracle.Property) bool { return known.Name == p.Name }) {
				all = append(all, oracle.Property{Name: p.Name, Why: p.Why, Liveness: p.Liveness})
			}
		}
	}
	return all
}

// Scenario finds a scenario by its name, any pump's own included.
func (c *Catalog) Scenario(name string) (Scenario, error) {
	all := c.Scenarios()
	if sc := named(all, name); sc != nil {
		return *sc, nil
	}
	return Scenario{}, unknown("scenario", name, namesOf(all))
}

// Property finds a property by its name: the workbench's, or one of the pump's author.
func (c *Catalog) Property(name string, pump *model.Spec) (oracle.Property, error) {
	if p, ok := oracle.PropertyNamed(name); ok {
		return p, nil
	}
	var known []string
	for _, p := range oracle.Properties() {
		known = append(known, p.Name)
	}
	for i, p := range properties(pump) {
		if p.Name == name {
			return oracle.Property{ID: oracle.Own + oracle.PropertyID(i), Name: p.Name, Why: p.Why,
				Liveness: p.Liveness}, nil
		}
		known = append(known, p.Name)
	}
	return oracle.Property{}, fmt.Errorf("fuzz: got property %q; want one of %s, for pump %s has no other%s",
		name, strings.Join(known, ", "), pump.Name, script.Suggest(name, known))
}

// Watched is the property that a script is about, as its pump has it; all of them if it names
// none.
func (c *Catalog) Watched(s *script.Script, pump string) (set oracle.PropertySet, err error) {
	if s.Property == "" || s.Property == oracle.NoProperty.String() {
		return oracle.EveryProperty, nil
	}
	spec := &model.Spec{} // a program has no properties of its own
	if s.Config.Program == "" {
		if spec, err = c.Pump(pump); err != nil {
			return 0, err
		}
	}
	p, err := c.Property(s.Property, spec)
	return oracle.EveryProperty.Only(p.ID), err
}

// Parts finds what the names of a Config mean, and whether they go together.
func (c *Catalog) Parts(cfg *script.Config) (p sim.Parts, err error) {
	var program *Program
	if cfg.Program != "" {
		if program, err = c.Program(cfg.Program); err != nil {
			return p, err
		}
		p.Pump = &program.spec
	} else if p.Pump, err = c.Pump(cfg.Pump); err != nil {
		return p, err
	}
	if p.Peer, err = c.Pump(cfg.Peer); err != nil {
		return p, err
	}
	if p.Engine, err = c.Engine(cfg.Engine); err != nil {
		return p, err
	}
	if p.PeerEngine, err = c.Engine(cfg.PeerEngine); err != nil {
		return p, err
	}
	if program == nil {
		if p.Dialogue, err = c.dialogue(cfg.Dialogue); err != nil {
			return p, err
		}
		p.Properties = properties(p.Pump)
	}
	o := Options{Pump: p.Pump, Program: program, Peer: p.Peer, Engine: p.Engine, PeerEngine: p.PeerEngine}
	if why := c.Compatible(&o, cfg); why != "" {
		return p, errors.New("fuzz: " + why)
	}
	return p, nil
}

// unknown is the error of a name that means nothing here. More are names that are known too,
// but too many to be listed.
func unknown(kind, name string, known []string, more ...string) error {
	return errors.New("fuzz: " + oneOf(kind, name, known, more...))
}

// oneOf says in a sentence that a name is unknown, and which one it may be.
func oneOf(kind, name string, known []string, more ...string) string {
	return fmt.Sprintf("got %s %q; want one of %s%s", kind, name, strings.Join(known, ", "),
		script.Suggest(name, append(more, known...)))
}
