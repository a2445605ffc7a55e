package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/sim/script"
)

func newExplain(p *program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain NAME",
		Short: "say what a name means: a property, a mutant, a bug and others",
		Long: "explain says what a property asks of a pump, when it is judged, which public bugs\n" +
			"broke it, and which mutant and script of the corpus show it. It explains every other\n" +
			"name too that commands print: pumps, mutants, engines, scenarios, settings, actions,\n" +
			"attacks, strategies, traits, what may be owed, scripts of the corpus, the number of a\n" +
			"decision in a verdict, and bugs, by their number in the project's table or as people\n" +
			"call them.",
		Example: "  wantwrite explain stall\n" +
			"  wantwrite explain no-flush-after-read\n" +
			"  wantwrite explain 5\n" +
			"  wantwrite explain A1\n" +
			"  wantwrite explain MB-53428\n" +
			"  wantwrite explain --json idle-renegotiation",
		Args: countArgs(1, math.MaxInt, "the name of a property, mutant, decision or bug"),
		RunE: func(_ *cobra.Command, args []string) error {
			return explain(p, strings.Join(args, " "), asJSON)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string,
			cobra.ShellCompDirective) {

			return explainable(p), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// A subject is something that can be explained, by one of its names.
type subject struct {
	names []string
	// called, if not nil, says of other words whether they are a name of it too.
	called  func(name string) bool
	explain func() explanation
}

// An explanation is what is told of a subject, and its object.
type explanation struct {
	// Kind is the word of list for what it is.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Title is the name in full, if that is longer, and About what it is in a clause.
	Title string `json:"title,omitempty"`
	About string `json:"about,omitempty"`
	// Means is a paragraph.
	Means string     `json:"means,omitempty"`
	Facts []fact     `json:"facts"`
	Lists []factList `json:"lists"`
	// Seen names a mutant that shows it, and Commands are what to run to see it.
	Seen     string   `json:"seen,omitempty"`
	Commands []string `json:"commands"`
}

// A fact is a word and what it says.
type fact struct {
	Word string `json:"word"`
	Text string `json:"text"`
}

// A factList is several facts under a heading.
type factList struct {
	Title string `json:"title"`
	Facts []fact `json:"facts"`
}

// newExplanation has nothing but a name.
func newExplanation(kind, name, about string) explanation {
	return explanation{Kind: kind, Name: name, About: about, Facts: []fact{}, Lists: []factList{},
		Commands: []string{}}
}

// tell adds a fact.
func (e *explanation) tell(word, text string) { e.Facts = append(e.Facts, fact{word, text}) }

// list adds a list. It leaves out an empty one.
func (e *explanation) list(title string, facts []fact) {
	if len(facts) > 0 {
		e.Lists = append(e.Lists, factList{title, facts})
	}
}

// run adds a command of the program.
func (e *explanation) run(format string, args ...any) {
	e.Commands = append(e.Commands, fmt.Sprintf("wantwrite "+format, args...))
}

// explainable are the names that explain knows.
func explainable(p *program) (names []string) {
	for _, s := range subjects(p.catalog()) {
		names = append(names, s.names...)
	}
	return names
}

// isPath says whether a name is that of a script.
func isPath(name string) bool { return strings.Contains(name, "/") }

// explain explains all that has a name.
func explain(p *program, name string, asJSON bool) error {
	var found []explanation
	for _, s := range subjects(p.catalog()) {
		if s.is(name) {
			found = append(found, s.explain())
		}
	}
	if found == nil {
		known := slices.DeleteFunc(explainable(p), isPath) // which would make most beginnings ambiguous
		return fmt.Errorf("got %q; want a property, a mutant (see: %s list), the number of a "+
			"decision that a verdict names, a bug, such as A1 or MB-53428, or another name that a "+
			"command prints%s", name, p.name, script.Suggest(name, known))
	}
	for i, e := range found {
		for j := range e.Commands {
			e.Commands[j] = p.named(e.Commands[j])
		}
		if asJSON {
			if err := p.object(e); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			p.printf("\n")
		}
		p.write(&e)
	}
	return p.broken
}

// is says whether a name is the subject's. Case does not count.
func (s *subject) is(name string) bool {
	for _, n := range s.names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return s.called != nil && s.called(name)
}

// write prints an explanation for people.
func (t *terminal) write(e *explanation) {
	title := e.Name
	if e.Title != "" {
		title = e.Title
	}
	if e.About != "" {
		t.printf("%s\n\n", strings.Replace(t.wrapped(title+": "+e.About, 0), title, t.bold(title), 1))
	} else {
		t.printf("%s\n\n", t.bold(title))
	}
	if e.Means != "" {
		t.printf("%s\n\n", strings.ReplaceAll(t.wrapped(e.Means, 2), "\n    ", "\n  "))
	}
	for _, f := range e.Facts {
		t.printf("%s\n", t.wrapped(f.Word+": "+f.Text, 2))
	}
	for _, list := range e.Lists {
		t.printf("\n%s\n", t.bold(list.Title))
		for _, f := range list.Facts {
			t.printf("%s\n", t.wrapped(f.Word+": "+f.Text, 2))
		}
	}
	if e.Seen != "" {
		t.printf("\n%s\n", t.bold("see it: "+e.Seen))
	} else if len(e.Commands) > 0 {
		t.printf("\n")
	}
	for _, command := range e.Commands {
		t.printf("  %s\n", command)
	}
}
