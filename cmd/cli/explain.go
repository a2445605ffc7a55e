package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

func newExplain(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "explain NAME",
		Short: "say what a property means, and which bugs broke it",
		Long: "explain says what a property asks of a pump, when it is judged, which public bugs\n" +
			"broke it, and which mutant and script of the corpus show it. It also explains a mutant\n" +
			"by its name, a decision of a pump by its number in a verdict, and a bug by its number\n" +
			"in the project's table.",
		Example: "  wantwrite explain stall\n" +
			"  wantwrite explain no-flush-after-read\n" +
			"  wantwrite explain 5\n" +
			"  wantwrite explain A1",
		Args: countArgs(1, 1, "the name of a property, mutant, decision or bug"),
		RunE: func(_ *cobra.Command, args []string) error { return explain(p.terminal, args[0]) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string,
			cobra.ShellCompDirective) {

			return explainable(), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// explainable are the names that explain knows, without the numbers.
func explainable() []string { return append(propertyNames(), mutantNames()...) }

// explain explains a property, a mutant, a decision or a bug.
func explain(t *terminal, name string) error {
	if p, ok := oracle.PropertyNamed(name); ok {
		explainProperty(t, p)
		return t.broken
	}
	for _, m := range pumps.Mutants() {
		if m.Name == name {
			explainMutant(t, &m)
			return t.broken
		}
	}
	for _, d := range pumps.Decisions() {
		if strconv.Itoa(d.Number) == name {
			explainDecision(t, d)
			return t.broken
		}
	}
	for _, b := range pumps.Bugs() {
		if strings.EqualFold(b.ID, name) {
			explainBug(t, &b)
			return t.broken
		}
	}
	return fmt.Errorf("got %q; want a property, a mutant (see: %s list), the number of a "+
		"decision that a verdict names, or of a bug, such as A1", name, t.name)
}

// paragraph prints a word and a text, in lines of 96 columns.
func (t *terminal) paragraph(word, text string) {
	t.printf("%s\n", story.Wrap(word+": "+text, 2, 96))
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

func explainProperty(t *terminal, p oracle.Property) {
	t.printf("%s: %s\n\n", t.bold(p.Name), p.Why)
	t.printf("%s\n\n", strings.ReplaceAll(story.Wrap(p.Means, 2, 98), "\n    ", "\n  "))
	t.paragraph("judged", p.Judged)
	t.paragraph("takes", p.Takes)
	t.paragraph(p.Kind(), p.Because)
	t.paragraph("no violation", p.Not)
	mutants := mutantsOf(p.ID)
	bugs := bugsOf(mutants)
	t.printf("\n%s\n", t.bold(fmt.Sprint(len(bugs), " public bugs that broke it, or the like of it")))
	for _, b := range bugs {
		t.printf("%s\n", bugLine(&b))
	}
	t.printf("\n%s\n", t.bold(fmt.Sprintf("%d mutants that break it", len(mutants))))
	for _, m := range mutants {
		t.printf("%s\n", story.Wrap(m.Name+": "+m.About, 2, 96))
	}
	seen(t, &mutants[0])
}

// bugLine is a bug as indented text.
func bugLine(b *pumps.Bug) string {
	return story.Wrap(fmt.Sprintf("%s %s: %s (%s)", b.ID, b.Project, b.What, b.Where), 2, 96)
}

// seen prints the commands that show how a mutant breaks its property.
func seen(t *terminal, m *pumps.Mutant) {
	t.printf("\n%s\n", t.bold("see it: "+m.Name))
	if script := story.ScriptOf(m); script != "" {
		t.printf("  %s show corpus/%s\n", t.name, script)
	}
	t.printf("  %s hunt --pump %s --scenario %s --property %s\n", t.name, m.Name, m.Scenario, m.Breaks)
}

func explainMutant(t *terminal, m *pumps.Mutant) {
	t.printf("%s: %s\n\n", t.bold(m.Name), m.About)
	t.paragraph("is", fmt.Sprintf("pump %s with one mistake", m.Of))
	t.paragraph("breaks", fmt.Sprintf("%s, in scenario %s", m.Breaks, m.Scenario))
	for _, p := range oracle.Properties() {
		if m.Also.Has(p.ID) {
			t.paragraph("may break too", fmt.Sprintf("%s: %s", p.Name, m.Because))
		}
	}
	var numbers []string
	for _, d := range m.At.Decisions() {
		numbers = append(numbers, strconv.Itoa(d.Number))
	}
	t.paragraph("decides wrongly", fmt.Sprintf("%s (decisions %s of a pump); right is: %s", m.At,
		strings.Join(numbers, ", "), m.At.Right()))
	t.printf("\n%s\n", t.bold("public bugs with this mistake"))
	for _, b := range bugsOf([]pumps.Mutant{*m}) {
		t.printf("%s\n", bugLine(&b))
	}
	seen(t, m)
}

func explainDecision(t *terminal, d pumps.Decision) {
	t.printf("%s\n\n", t.bold(d.String()))
	t.paragraph("pumps do", d.Choices)
	t.paragraph("the rule", d.Rule)
	t.paragraph("known from", strings.Join(d.Known, ", "))
	t.printf("\n%s\n", t.bold("mutants that decide it wrongly"))
	for _, m := range d.Mutants() {
		t.printf("%s\n", story.Wrap(fmt.Sprintf("%s: %s (%s)", m.Name, m.About, m.Breaks), 2, 96))
	}
	if m := d.Shown(); m != nil {
		seen(t, m)
	} else {
		t.paragraph("not shown", d.Unshown)
	}
}

func explainBug(t *terminal, b *pumps.Bug) {
	t.printf("%s\n\n", t.bold(b.ID+", "+b.Project))
	t.paragraph("what happened", b.What)
	t.paragraph("broke", b.Broke)
	t.paragraph("told in", b.Where)
	if b.Excuse != "" {
		t.paragraph("no mutant", b.Excuse)
		return
	}
	t.paragraph("mutants", strings.Join(b.Mutants, ", "))
	if b.Note != "" {
		t.paragraph("note", b.Note)
	}
	t.printf("\n  %s explain %s\n", t.name, b.Mutants[0])
}
