package cli

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/engine/differential"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// listName is the command that tells of engines that are not here.
const listName = "list"

func newList(p *program) *cobra.Command {
	var asJSON, traits, decisions, programs bool
	cmd := &cobra.Command{
		Use:   listName,
		Short: "list pumps, mutants, engines, scenarios, settings, attacks and properties",
		Long: "list prints the names that flags and scripts know, and the engines of this machine.\n\n" +
			"With --traits it prints what the engines do differently, call by call. A differential\n" +
			"test checks the list against the libraries.\n\n" +
			"With --decisions it prints what every pump must decide, what is right, which bugs come\n" +
			"of a wrong decision, and the script that shows it.\n\n" +
			"With --programs it prints the real programs that hunts know, which of them are on this\n" +
			"machine, and which package brings the others.",
		Example: "  wantwrite list\n  wantwrite list --json\n  wantwrite list --traits\n" +
			"  wantwrite list --decisions\n  wantwrite list --programs",
		Args: countArgs(0, 0, "none"),
		RunE: func(*cobra.Command, []string) error {
			switch {
			case programs && (traits || decisions):
				return fmt.Errorf("got --programs with --traits or --decisions; want one of them")
			case programs:
				return listPrograms(p.terminal, asJSON)
			case traits && decisions:
				return fmt.Errorf("got --traits and --decisions; want one of them")
			case traits:
				return listTraits(p.terminal, asJSON)
			case decisions:
				return listDecisions(p.terminal, asJSON)
			}
			return list(p.terminal, p.catalog(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	cmd.Flags().BoolVar(&traits, "traits", false, "what the engines do differently")
	cmd.Flags().BoolVar(&programs, "programs", false, "the real programs that are described, and which are here")
	cmd.Flags().BoolVar(&decisions, "decisions", false, "what every pump decides, and what is right")
	return cmd
}

// An entry is a line of the list.
type entry struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	About string `json:"about"`
}

// entries are all lines of the list, in order.
func entries(c *run.Catalog) []entry {
	var all []entry
	for _, p := range c.Pumps() {
		all = append(all, entry{"pump", p.Name, p.About})
	}
	for _, m := range c.Mutants() {
		all = append(all, entry{"mutant", m.Name,
			fmt.Sprintf("%s (of %s; breaks %s in %s; bugs %s)", m.About, m.Of, m.Breaks,
				m.Scenario, strings.Join(m.Bugs, ", "))})
	}
	for _, name := range c.Engines() {
		all = append(all, entry{"engine", name, describe(c, name)})
	}
	for _, s := range c.Scenarios() {
		all = append(all, entry{"scenario", s.Name, s.Why})
	}
	for _, d := range script.Dimensions() {
		all = append(all, entry{"setting", d.Key, d.String()})
	}
	for v := range script.NumVerbs {
		all = append(all, entry{"action", v.String(), v.Usage() + ": " + v.About()})
	}
	for a := range attack.Count {
		about := a.About()
		if n := a.Argument(); n != "" {
			about += " (N: " + n + ")"
		}
		all = append(all, entry{"attack", a.String(), about})
	}
	for _, p := range c.Properties() {
		all = append(all, entry{"property", p.Name, p.Kind() + ": " + p.Why})
	}
	for _, p := range c.Pumps() {
		if d := p.Dialogue; d != nil {
			all = append(all, entry{"dialogue", d.Name, d.About})
		}
	}
	for _, s := range run.Strategies() {
		all = append(all, entry{"strategy", s.Name, s.About})
	}
	return append(all, entry{"strategy", "script", scriptStrategy})
}

func list(t *terminal, c *run.Catalog, asJSON bool) error {
	all := entries(c)
	if asJSON {
		for _, e := range all {
			if err := t.object(e); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	kind := ""
	for _, e := range all {
		if e.Kind != kind {
			kind = e.Kind
			fmt.Fprintf(w, "%s\t\n", t.bold(kind))
		}
		fmt.Fprintf(w, "  %s\t%s\n", e.Name, e.About)
	}
	return w.Flush()
}

// A traitJSON is the object of a trait.
type traitJSON struct {
	Name    string `json:"trait"`
	Call    string `json:"call"`
	Model   string `json:"model"`
	OpenSSL string `json:"openssl"`
	GoTLS   string `json:"gotls"`
}

// listTraits prints each trait: the call, and what each engine does.
func listTraits(t *terminal, asJSON bool) error {
	w := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	for _, d := range differential.Traits() {
		if asJSON {
			if err := t.object(traitJSON(d)); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s: %s\n", t.bold(d.Name), d.Call)
		fmt.Fprintf(w, "  model\t%s\n  openssl\t%s\n  gotls\t%s\n", d.Model, d.OpenSSL, d.GoTLS)
	}
	return w.Flush()
}

// A decisionJSON is the object of a decision.
type decisionJSON struct {
	Decision int    `json:"decision"`
	Name     string `json:"name"`
	Choices  string `json:"choices"`
	Right    string `json:"right"`
	Bugs     string `json:"bugs"`
	// Asked names the points at which correct pumps decide it.
	Asked   []string `json:"asked"`
	Mutant  string   `json:"mutant,omitempty"`
	Script  string   `json:"script,omitempty"`
	Unshown string   `json:"unshown,omitempty"`
}

// listDecisions prints the decisions.
func listDecisions(t *terminal, asJSON bool) error {
	for _, d := range pumps.Decisions() {
		points := []string{}
		for _, at := range d.Points {
			points = append(points, at.String())
		}
		script, known := story.ScriptOf(d.Shown()), strings.Join(d.Known, ", ")
		if script != "" {
			script = "corpus/" + script
		}
		if asJSON {
			if err := t.object(decisionJSON{d.Number, d.Name, d.Choices, d.Rule, known, points, d.Mutant,
				script, d.Unshown}); err != nil {
				return err
			}
			continue
		}
		t.printf("%2d  %s\n", d.Number, t.bold(d.Name))
		for _, line := range []string{"right: " + d.Rule, "pumps: " + d.Choices, "bugs: " + known,
			"asked at: " + cmp.Or(strings.Join(points, ", "), "no point of its own"),
			"shown by: " + cmp.Or(script, d.Unshown)} {
			t.printf("%s\n", t.wrapped(line, 4))
		}
	}
	return t.broken
}
