package run

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// checkSpecs says what is wrong with a program's own pumps: each by itself, and their names
// together and beside those of the project.
//
// Story 121: a pump was called MyPump. Its scripts were saved, and from then on the parser
// refused each of them: the name stands in their headers. And a pump that was called
// reference became the peer of all.
func (c *Catalog) checkSpecs(own []model.Spec) error {
	for i := range own {
		s := &own[i]
		if err := checkSpec(s); err != nil {
			return err
		}
		for j := range own[:i] {
			if own[j].Name == s.Name {
				return fmt.Errorf("fuzz: got two pumps named %q; want a name of its own for each: it "+
					"is the word of scripts, folders and --pump", s.Name)
			}
		}
		if theirs, err := c.Pump(s.Name); err == nil && !same(theirs, s) {
			return fmt.Errorf("fuzz: got pump name %q, which one of the project's pumps has; want "+
				"another, such as %q; see: wantwrite list", s.Name, "my-"+s.Name)
		}
	}
	return nil
}

// same says whether two specs of one name are of one pump, which may be wrapped: they say the same
// of it. Functions can't be compared.
func same(a, b *model.Spec) bool {
	return a.About == b.About && a.Restrictions == b.Restrictions
}

// checkSpec says what is wrong with the description of a pump.
func checkSpec(s *model.Spec) error {
	if s == nil {
		return errors.New("fuzz: got no pump; want a model.Spec of one")
	}
	if err := checkPumpName(s.Name); err != nil {
		return err
	}
	switch r := &s.Restrictions; {
	case s.New == nil:
		return fmt.Errorf("fuzz: got pump %q without New; want model.Spec.New to make one from a "+
			"model.Env", s.Name)
	case r.NoPair && r.NoAttached:
		return fmt.Errorf("fuzz: got pump %q with NoPair and NoAttached; want one of them at most: "+
			"there is no third transport", s.Name)
	}
	if err := checkOwn(s); err != nil {
		return err
	}
	return checkConfigure(s)
}

// checkPumpName says why scripts, folders or flags can't have the name of a pump.
func checkPumpName(name string) error {
	err := script.CheckName("pump name", name)
	var input *script.InputError
	switch {
	case errors.As(err, &input):
		return fmt.Errorf("fuzz: %s, such as %q", input.Msg, betterName(name))
	case err != nil:
		return err
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' {
			return fmt.Errorf("fuzz: got pump name %q; want no part that is empty or begins with a "+
				"dot, such as %q: scripts are saved in a folder of that name", name, betterName(name))
		}
	}
	return nil
}

// betterName makes a good name of a bad one.
func betterName(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if good := strings.Join(words, "-"); good != "" {
		return good[:min(len(good), 40)]
	}
	return "mypump"
}

// checkConfigure calls Configure as worlds do, for each kind of end.
func checkConfigure(s *model.Spec) (err error) {
	if s.Configure == nil {
		return nil
	}
	defer func() {
		if fault := recover(); fault != nil {
			where := (&Outcome{Places: places(true)}).Where()
			err = fmt.Errorf("fuzz: the Configure of pump %q panicked: %v (%s); want it to set fields "+
				"of the model.EngineConfig that it gets, for each role, version and transport",
				s.Name, fault, where)
		}
	}()
	for _, role := range []model.Role{model.Client, model.Server} {
		for _, version := range []model.Version{model.TLS12, model.TLS13} {
			for _, transport := range []model.Transport{model.Pair, model.Attached} {
				s.Configure(&model.EngineConfig{Role: role, Version: version, Transport: transport})
			}
		}
	}
	return nil
}
