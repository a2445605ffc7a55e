package run

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim/script"
)

// properties are the author's own of a pump, as runs judge them. A dialogue brings one of its
// own: what an app waits for comes.
func properties(s *model.Spec) []own.Property {
	if s.Dialogue == nil {
		return s.Properties
	}
	all := slices.Clone(s.Properties)
	return append(all, own.Property{Name: s.Dialogue.Name + "-owed", Liveness: true, Broken: unanswered,
		Why: "an app waits for something that nobody is going to say"})
}

// PropertyName is the name of a property that a pump's runs judge.
func PropertyName(id oracle.PropertyID, s *model.Spec) string {
	all := properties(s)
	if i := int(id) - int(oracle.Own); 0 <= i && i < len(all) {
		return all[i].Name
	}
	return id.String()
}

// unanswered says what is still owed on a link that no fault and no app has ended. What was
// said and not heard is the business of stall and data-loss, which know when that is right.
func unanswered(v *own.View) string {
	for _, s := range [...]*own.Side{&v.Here, &v.There} {
		if s.Told || s.Closing || s.HalfClosing || s.Gone || v.Faulty || s.Backlog+s.Transit > 0 {
			return ""
		}
	}
	switch {
	case v.Here.Owed != "":
		return "its app still waits for " + v.Here.Owed
	case v.There.Owed != "":
		return "its peer's app still waits for " + v.There.Owed
	}
	return ""
}

// dialogue finds what the apps of a world speak. It may be any pump's, for a replay may put
// another pump in the place of the script's.
func (c *Catalog) dialogue(name string) (*own.Dialogue, error) {
	if name == "" {
		return nil, nil
	}
	var known []string
	for i := range c.pumps {
		if d := c.pumps[i].Dialogue; d != nil {
			if d.Name == name {
				return d, nil
			}
			known = append(known, d.Name)
		}
	}
	return nil, unknown("dialogue", name, append(known, "no such line"))
}

// scenariosOf lists all scenarios that a pump has: the workbench's, and its author's.
func scenariosOf(s *model.Spec) []Scenario {
	all := scenarios()
	for i := range s.Scenarios {
		all = append(all, composed(&s.Scenarios[i], all))
	}
	return all
}

// composed makes an author's scenario of those that it is like. Names that are not known were
// refused by checkOwn.
func composed(o *own.Scenario, known []Scenario) Scenario {
	sc := Scenario{Name: o.Name, Why: o.Why, own: o, Only12: o.TLS == "1.2", Only13: o.TLS == "1.3",
		Needs: needs(o)}
	for _, name := range o.Like {
		if like := named(known, name); like != nil {
			sc.like = append(sc.like, *like)
			sc.Only12, sc.Only13 = sc.Only12 || like.Only12, sc.Only13 || like.Only13
		}
	}
	sc.shape = func(d *drawer) {
		for i := range sc.like {
			sc.like[i].shape(d)
		}
		d.compose(o)
	}
	return sc
}

// named finds a scenario in a list; nil if there is none.
func named(list []Scenario, name string) *Scenario {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// needs says what libraries must be able to do for what an author sets.
func needs(o *own.Scenario) (c model.Capabilities) {
	for _, s := range o.Settings {
		on := s.Most > 0
		switch s.Key {
		case "answer-at-read", "ignore-reneg", "soft-refusal", "strict-reneg":
			c.AllTraits = c.AllTraits || on
		case "early":
			c.EarlyData = c.EarlyData || on
		case "post-auth":
			c.PostAuth = c.PostAuth || on
		case "hostile":
			c.Attacks = c.Attacks || on
		}
	}
	for _, a := range o.Actions {
		v, _ := verbNamed(a.Verb)
		on := a.Weight > 0
		c.Attacks = c.Attacks || on && v == script.Attack
		c.Renegotiation = c.Renegotiation || on && v == script.Renegotiate && o.TLS != "1.3"
	}
	return c
}

// verbNamed finds a verb of a pump's end by its word.
func verbNamed(word string) (script.Verb, bool) {
	for v := range script.NumVerbs {
		if v.String() == word && !v.Foreign() {
			return v, true
		}
	}
	return 0, false
}

// compose draws what an author's scenario sets.
func (d *drawer) compose(o *own.Scenario) {
	for i := range o.Actions {
		d.odds(&o.Actions[i])
	}
	for i := range o.Settings {
		d.setting(&o.Settings[i])
	}
	if o.Body > 0 {
		d.plan.Body = d.body(o.Body)
	}
	if o.Answer > 0 {
		d.plan.Answer = d.body(o.Answer)
	}
	if o.Steps > 0 {
		d.plan.Steps = d.rand.Between((o.Steps+9)/10, o.Steps)
	}
}

// odds sets an action's odds, with what the verb needs.
func (d *drawer) odds(a *own.Action) {
	v, _ := verbNamed(a.Verb)
	switch {
	case a.Weight == 0:
	case v == script.Attack:
		d.attacks()
	case v == script.Mutate:
		d.mutations()
	}
	for _, role := range d.roles(a.At) {
		d.set(role, v, uint16(a.Weight), uint16(a.Most))
	}
}

// roles are the ends that a word of own.Action means.
func (d *drawer) roles(at string) []model.Role {
	switch at {
	case "client":
		return []model.Role{client}
	case "server":
		return []model.Role{server}
	case "under":
		return []model.Role{d.cfg.Under}
	case "peer":
		return []model.Role{d.cfg.Under.Peer()}
	}
	return []model.Role{client, server}
}

// setting draws a dimension. Of a size that has a wide range small values are as likely as large
// ones.
func (d *drawer) setting(s *own.Setting) {
	dimension := script.DimensionNamed(s.Key)
	span := s.Most - s.Least
	if dimension.Size && span >= 64 {
		span >>= d.rand.Below(6)
	}
	value := d.rand.Between(s.Least, s.Least+span)
	dimension.Set(&d.cfg, value)
	if dimension.Size {
		d.fixed = append(d.fixed, fixed{dimension, value})
	}
	switch {
	case s.Key == "eager-peer" && d.cfg.EagerPeer:
		d.hurries()
	case s.Key == "hostile" && d.cfg.Hostile:
		d.attacks()
	}
}

// A fixed is a size that a scenario has drawn for good.
type fixed struct {
	dimension *script.Dimension
	value     int
}

// hold keeps the sizes that a scenario has drawn for good, whatever was widened since.
func (d *drawer) hold() {
	for _, f := range d.fixed {
		f.dimension.Set(&d.cfg, f.value)
	}
}

// checkOwn is an error that says what is wrong with what a pump's author has added.
func checkOwn(s *model.Spec) error {
	for _, err := range []error{checkProperties(s), checkDialogue(s), checkScenarios(s)} {
		if err != nil {
			return fmt.Errorf("fuzz: pump %s: %w", s.Name, err)
		}
	}
	return nil
}

func checkProperties(s *model.Spec) error {
	all := properties(s)
	if len(all) > oracle.MostOwn {
		return fmt.Errorf("got %d properties of its own; want at most %d", len(all), oracle.MostOwn)
	}
	taken := []string{oracle.NoProperty.String()}
	for _, p := range oracle.Properties() {
		taken = append(taken, p.Name)
	}
	for _, p := range all {
		if err := checkName("property", p.Name, taken); err != nil {
			return err
		}
		if p.Broken == nil {
			return fmt.Errorf("got property %s without Broken; want a function that says what is wrong",
				p.Name)
		}
		taken = append(taken, p.Name)
	}
	return nil
}

func checkDialogue(s *model.Spec) error {
	d := s.Dialogue
	if d == nil {
		return nil
	}
	if d.New == nil {
		return fmt.Errorf("got dialogue %s without New; want a function that makes a speaker", d.Name)
	}
	return checkName("dialogue", d.Name, nil)
}

func checkScenarios(s *model.Spec) error {
	taken := scenarioNames()
	for i := range s.Scenarios {
		o := &s.Scenarios[i]
		if err := checkName("scenario", o.Name, taken); err != nil {
			return err
		}
		if err := checkScenario(o, taken); err != nil {
			return fmt.Errorf("scenario %s: %w", o.Name, err)
		}
		taken = append(taken, o.Name)
	}
	for _, sc := range scenariosOf(s) {
		if sc.Only12 && sc.Only13 {
			return fmt.Errorf("scenario %s: got TLS 1.2 and 1.3 at once; want scenarios of one version",
				sc.Name)
		}
	}
	return nil
}

// checkScenario looks at all that has a name or a range.
func checkScenario(o *own.Scenario, known []string) error {
	for _, like := range o.Like {
		if !slices.Contains(known, like) {
			return errors.New(oneOf("like", like, known))
		}
	}
	if !slices.Contains([]string{"", "1.2", "1.3"}, o.TLS) {
		return fmt.Errorf("got TLS %q; want 1.2, 1.3 or nothing", o.TLS)
	}
	for i := range o.Settings {
		if err := checkSetting(&o.Settings[i]); err != nil {
			return err
		}
	}
	for i := range o.Actions {
		if err := checkAction(&o.Actions[i]); err != nil {
			return err
		}
	}
	if o.Body < 0 || o.Answer < 0 || o.Steps < 0 {
		return fmt.Errorf("got Body %d, Answer %d and Steps %d; want none below 0", o.Body, o.Answer,
			o.Steps)
	}
	return nil
}

func checkSetting(s *own.Setting) error {
	var known []string
	for _, d := range script.Dimensions() {
		if d.Line != d.Key || d.Key == "links" || d.Key == "early" {
			known = append(known, d.Key)
		}
	}
	if !slices.Contains(known, s.Key) {
		return errors.New(oneOf("setting", s.Key, known))
	}
	d := script.DimensionNamed(s.Key)
	if s.Least > s.Most || !d.Legal(s.Least) || !d.Legal(s.Most) {
		return fmt.Errorf("got setting %s from %d to %d; want a range within %s", s.Key, s.Least, s.Most, d)
	}
	return nil
}

func checkAction(a *own.Action) error {
	ends := []string{"client", "server", "under", "peer"}
	if a.At != "" && !slices.Contains(ends, a.At) {
		return errors.New(oneOf("end", a.At, append(ends, `"", which is both`)))
	}
	if _, ok := verbNamed(a.Verb); !ok {
		var known []string
		for v := range script.NumVerbs {
			if !v.Foreign() {
				known = append(known, v.String())
			}
		}
		return errors.New(oneOf("verb", a.Verb, known))
	}
	if a.Weight < 0 || a.Most < 0 || a.Weight > math.MaxUint16 || a.Most > math.MaxUint16 {
		return fmt.Errorf("got %s with weight %d and most %d; want 0 to %d", a.Verb, a.Weight, a.Most,
			math.MaxUint16)
	}
	return nil
}

// checkName accepts a word of scripts and folders that is not taken.
func checkName(kind, name string, taken []string) error {
	odd := strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-")
	switch {
	case name == "" || odd != "" || len(name) > 60:
		return fmt.Errorf("got %s %q; want 1 to 60 of a-z, 0-9 and -", kind, name)
	case slices.Contains(taken, name):
		return fmt.Errorf("got %s %q, which there is already; want another name", kind, name)
	}
	return nil
}
