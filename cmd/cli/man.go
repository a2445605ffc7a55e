package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/story"
)

func newMan(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "write the manual pages into a folder",
		Long: "man writes a page of the manual for each command, and one for each topic, into man1\n" +
			"and man7 below the folder. If the folder is part of $MANPATH, man finds them there.",
		Example: "  wantwrite man manual    # and man -l manual/man1/wantwrite-hunt.1",
		Args:    countArgs(1, 1, "a folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.manual(cmd.Root(), args[0])
		},
	}
}

// manual writes all pages.
func (p *program) manual(root *cobra.Command, folder string) error {
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		if cmd.Hidden {
			continue
		}
		page := newPage(root, cmd, settingsOf(buildInfo())["vcs.time"])
		path := filepath.Join(folder, "man"+page.section, page.name+"."+page.section)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("cannot make a folder for the manual: %w", err)
		}
		if err := corpus.Replace(path, []byte(page.String())); err != nil {
			return err
		}
		p.printf("%s\n", path)
	}
	return p.broken
}

// A manPage is a page of the manual, in the macros of man(7).
type manPage struct {
	strings.Builder
	name, section string
	begun         bool // the section has a paragraph
}

// sectionOf is 1 for a command, and 7 for a topic.
func sectionOf(cmd *cobra.Command) string {
	if cmd.Runnable() {
		return "1"
	}
	return "7"
}

// pageOf names the page of a command or topic.
func pageOf(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// newPage makes the page of a command or a topic. The date, if there is one, is that of the build.
func newPage(root, cmd *cobra.Command, date string) *manPage {
	m := &manPage{name: pageOf(cmd), section: sectionOf(cmd)}
	date, _, _ = strings.Cut(date, "T")
	fmt.Fprintf(m, ".TH %s %s %q %s\n", roff(strings.ToUpper(m.name)), m.section, date, roff(root.Name()))
	m.head("NAME")
	fmt.Fprintf(m, "%s \\- %s\n", roff(m.name), roff(cmd.Short))
	if cmd.Runnable() {
		m.head("SYNOPSIS")
		use := strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath())
		fmt.Fprintf(m, ".B %s\n%s\n", roff(cmd.CommandPath()), roff(strings.TrimSpace(use)))
	}
	m.head("DESCRIPTION")
	about, _, _ := strings.Cut(cmd.Long, "\n\nExamples:\n") // which topics have in their text
	m.text(about)
	m.options("OPTIONS", cmd.NonInheritedFlags())
	if cmd.Runnable() {
		m.options("OPTIONS OF ALL COMMANDS", cmd.InheritedFlags())
	}
	m.head("EXAMPLES")
	m.literal(strings.Split(cmd.Example, "\n"))
	m.see(root, cmd)
	return m
}

// head begins a section.
func (m *manPage) head(title string) {
	fmt.Fprintf(m, ".SH %s\n", title)
	m.begun = false
}

// apart begins a paragraph, unless a section has just begun.
func (m *manPage) apart() {
	if m.begun {
		m.WriteString(".PP\n")
	}
	m.begun = true
}

// text writes paragraphs. Lines that are indented stay as they are.
func (m *manPage) text(text string) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(paragraph, "  ") {
			m.literal(strings.Split(paragraph, "\n"))
			continue
		}
		m.apart()
		m.fill(paragraph)
	}
}

// fill writes a text for man to break into lines.
func (m *manPage) fill(text string) {
	for line := range strings.SplitSeq(story.Wrap(roff(text), 0, 78), "\n") {
		fmt.Fprintf(m, "%s\n", noMacro(strings.TrimSpace(line)))
	}
}

// literal writes lines as they are.
func (m *manPage) literal(lines []string) {
	m.apart()
	m.WriteString(".nf\n")
	for _, line := range lines {
		fmt.Fprintf(m, "%s\n", noMacro(roff(line)))
	}
	m.WriteString(".fi\n")
}

// options writes the flags.
func (m *manPage) options(title string, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if title != "" {
			m.head(title)
			title = ""
		}
		kind, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if kind != "" {
			kind = ` " ` + roff(kind) + `"`
		}
		fmt.Fprintf(m, ".TP\n.BI \"%s\"%s\n", roff(name), kind)
		m.fill(usage)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			fmt.Fprintf(m, "(default: %s)\n", roff(f.DefValue))
		}
	})
}

// see names the other pages.
func (m *manPage) see(root, cmd *cobra.Command) {
	m.head("SEE ALSO")
	var pages []string
	for _, other := range append([]*cobra.Command{root}, root.Commands()...) {
		if !other.Hidden && other != cmd {
			pages = append(pages, fmt.Sprintf(".BR %s (%s)", roff(pageOf(other)), sectionOf(other)))
		}
	}
	m.WriteString(strings.Join(pages, ",\n") + "\n")
}

// roff escapes text that is no macro.
func roff(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "~", `\(ti`, "^", `\(ha`, "`", `\(ga`,
		"'", `\(aq`, `"`, `\(dq`).Replace(text)
}

// noMacro is a line that does not begin with a dot, for which it would be a macro.
func noMacro(line string) string {
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}
