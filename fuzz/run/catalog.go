package run

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Catalog knows what the names of scripts and flags mean.
type Catalog struct {
	pumps   []model.Spec
	mutants []pumps.Mutant
	engines map[string]func() (model.Library, error)
	order   []string
	loaded  map[string]model.Library
}

// NewCatalog lists the project's pumps and mutants, more pumps of the
// caller's, and the model's engine.
func NewCatalog(more ...model.Spec) *Catalog {
	c := &Catalog{engines: map[string]func() (model.Library, error){},
		loaded: map[string]model.Library{}}
	c.pumps = append(append(c.pumps, more...), pumps.Pumps()...)
	c.mutants = pumps.Mutants()
	c.AddEngine("model", func() (model.Library, error) { return tls.NewModels(), nil })
	return c
}

// AddEngine makes a library known; load is called when it is first wanted.
func (c *Catalog) AddEngine(name string, load func() (model.Library, error)) {
	c.engines[name] = load
	c.order = append(c.order, name)
}

// Pumps lists the pumps, the caller's first; mutants are not among them.
func (c *Catalog) Pumps() []model.Spec { return c.pumps }

// Mutants lists the mutants.
func (c *Catalog) Mutants() []pumps.Mutant { return c.mutants }

// Engines lists the names of the libraries.
func (c *Catalog) Engines() []string { return c.order }

// Pump finds a pump or mutant by its name.
func (c *Catalog) Pump(name string) (*model.Spec, error) {
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
	return nil, unknown("pump", name, append(known, "a mutant (see: wantwrite list)"))
}

// HasEngine says whether a library's name is known; it does not load it.
func (c *Catalog) HasEngine(name string) error {
	if c.engines[name] == nil {
		return unknown("engine", name, c.order)
	}
	return nil
}

// Engine loads a library by its name, once.
func (c *Catalog) Engine(name string) (model.Library, error) {
	if lib := c.loaded[name]; lib != nil {
		return lib, nil
	}
	load := c.engines[name]
	if load == nil {
		return nil, unknown("engine", name, c.order)
	}
	lib, err := load()
	if err == nil {
		c.loaded[name] = lib
	}
	return lib, err
}

// Scenario finds a scenario by its name.
func (c *Catalog) Scenario(name string) (Scenario, error) {
	if sc, ok := ScenarioNamed(name); ok {
		return sc, nil
	}
	var known []string
	for _, sc := range Scenarios() {
		known = append(known, sc.Name)
	}
	return Scenario{}, unknown("scenario", name, known)
}

// Property finds a property by its name.
func (c *Catalog) Property(name string) (oracle.Property, error) {
	if p, ok := oracle.PropertyNamed(name); ok {
		return p, nil
	}
	var known []string
	for _, p := range oracle.Properties() {
		known = append(known, p.Name)
	}
	return oracle.Property{}, unknown("property", name, known)
}

// Parts finds what the names of a Config mean, and whether they go together.
func (c *Catalog) Parts(cfg *script.Config) (p sim.Parts, err error) {
	if p.Pump, err = c.Pump(cfg.Pump); err != nil {
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
	if err = speak(p.Engine, p.PeerEngine); err != nil {
		return p, err
	}
	if err = acquainted(cfg); err != nil {
		return p, err
	}
	return p, suits(&p, cfg)
}

// An unknownError is a name that means nothing here.
type unknownError struct {
	Kind, Name string
	Known      []string
}

func unknown(kind, name string, known []string) error {
	return &unknownError{kind, name, known}
}

// Error implements error.
func (e *unknownError) Error() string {
	return fmt.Sprintf("fuzz: got %s %q; want one of %s", e.Kind, e.Name,
		strings.Join(e.Known, ", "))
}
