package cli

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/programs"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	realprog "github.com/wantwrite/wantwrite/program"
	"github.com/wantwrite/wantwrite/program/dialogue"
)

// programFlags choose a real program: one that is described, or the user's own.
type programFlags struct {
	program, listen, speaks string
	observe                 bool
	quirks                  []string

	options *realprog.Options     // of all programs: the catalog has them
	own     *realprog.Description // the user's; nil if it is none
}

func (f *programFlags) add(cmd *cobra.Command, p *program, own bool) {
	fl := cmd.Flags()
	if own { // others take the program of the script
		fl.BoolVar(&f.observe, "observe", false, "tell the stories of finds with what the program's libssl did")
		fl.StringVar(&f.program, "program", "", "a real program under test, in place of a pump: see list --programs")
	}
	fl.StringVar(&f.listen, "listen", "", "where your own server speaks TLS, such as 127.0.0.1:8443; its command\nstands behind --")
	fl.StringSliceVar(&f.quirks, "quirk", nil, "what your own server is known for, and is not to be found again:\n"+
		"no-close-notify (it ends links without), closes-unread (its reset may overtake its alert),\nno-half-close (it takes a half-close for a close),\ncaches (it keeps something of links that are gone, up to a bound),\ndeep-buffers (it stops reading late, but within 1 MiB)")
	fl.StringVar(&f.speaks, "speaks", "", "what your own server speaks: "+strings.Join(dialogueNames(), ", ")+", or a file of lines:\nsee docs/dialogues.md")
	allowNetwork(cmd, p)
	f.options = &p.real
}

// allowNetwork adds the flag that lets a real program out.
func allowNetwork(cmd *cobra.Command, p *program) {
	cmd.Flags().BoolVar(&p.real.Network, "allow-network", false,
		"let the program have the network, and sockets of other programs: such runs may\nnot repeat, and no stall is told while it has a connection there")
}

// dialogueNames lists the dialogues that have a name.
func dialogueNames() (names []string) {
	for _, d := range dialogue.All() {
		names = append(names, d.Name)
	}
	return names
}

// take adds the user's own program to a catalog, if the flags have one, and returns the arguments
// in front of --.
func (f *programFlags) take(cmd *cobra.Command, c *run.Catalog, args []string) ([]string, error) {
	dash := cmd.ArgsLenAtDash()
	switch {
	case f.listen == "" && f.speaks == "" && len(f.quirks) == 0 && dash < 0:
		return args, nil
	case f.listen == "" || f.speaks == "" || dash < 0 || dash == len(args):
		return nil, fmt.Errorf("got a part of a program of your own; want all of it: --listen ADDRESS:PORT " +
			"--speaks DIALOGUE -- COMMAND [ARGUMENT...]")
	case f.program != "":
		return nil, fmt.Errorf("got --program %s and --listen; want one of them", f.program)
	}
	d, err := f.describe(args[dash:])
	if err != nil {
		return nil, err
	}
	f.program, f.own = d.Name, &d
	o := *f.options
	o.Output = os.Stderr
	return args[:dash], programs.Add(c, d, o)
}

// describe makes a description of a command line.
func (f *programFlags) describe(command []string) (d realprog.Description, err error) {
	_, port, err := net.SplitHostPort(f.listen)
	if err == nil {
		d.Port, err = strconv.Atoi(port)
	}
	if err != nil || d.Port < 1 || d.Port > 65535 {
		return d, fmt.Errorf("got --listen %q; want an address and a port, such as 127.0.0.1:8443", f.listen)
	}
	name := strings.ToLower(filepath.Base(command[0]))
	d.Name = strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(name, "-"), "-")
	d.Name, d.About = cmp.Or(d.Name, "own"), "your own: "+strings.Join(command, " ")
	if _, err := realprog.Find(d.Name); err == nil { // it is not what is described by that name
		d.Name = "own-" + d.Name
	}
	d.Command, d.Dialogue = command, f.speaks
	for _, word := range f.quirks {
		if !new(oracle.Ledger).Quirk(word) {
			return d, fmt.Errorf("got --quirk %s; want no-close-notify, closes-unread, no-half-close, caches or deep-buffers", word)
		}
		d.Quirks = append(d.Quirks, realprog.Quirk{Name: word, Why: "the command line says so"})
	}
	if d.Dir, err = os.Getwd(); err != nil {
		return d, err
	}
	return d, nil
}

// choose makes a hunt one of the program that the flags name, if they name one.
func (f *programFlags) choose(cmd *cobra.Command, h *hunt.Hunt, c *run.Catalog, args []string) (chosen bool, err error) {
	rest, err := f.take(cmd, c, args)
	switch {
	case err != nil:
		return false, err
	case f.program == "" && f.observe:
		return false, fmt.Errorf("got --observe without a program; want --program NAME, or a command behind --")
	case f.program == "":
		return false, nil
	}
	h.Inside = f.observe
	if len(rest) > 0 {
		return false, fmt.Errorf("got %d arguments in front of --; want none", len(rest))
	}
	if err := realprog.Supported(); err != nil {
		return false, err
	}
	for _, flag := range []string{"pump", "engine", "confirm", "fixed"} {
		if cmd.Flags().Changed(flag) {
			return false, fmt.Errorf("got --program and --%s; want one of them: a program has its own pump and engine", flag)
		}
	}
	h.Program, err = c.Program(f.program)
	return true, err
}

// listPrograms prints the programs that are described, whether they are here, and what brings them.
func listPrograms(t *terminal, asJSON bool) error {
	w := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	for _, d := range realprog.Known() {
		version, err := d.FindVersion()
		here, about := cmp.Or(version, "here"), d.About
		switch {
		case d.Unable != "":
			here, d.About = "can't run", d.About+": "+d.Unable
		case err != nil:
			here = "not here: apt-get install " + d.Package
		}
		if asJSON {
			if err := t.object(programJSON{d.Name, about, version, err == nil, d.Package, d.Dialogue, d.Unable, d.Quirks}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", d.Name, here, d.About)
		for _, q := range d.Quirks {
			fmt.Fprintf(w, "\t\t  %s: %s\n", q.Name, q.Why)
		}
	}
	return w.Flush()
}

// A programJSON is the object of a program.
type programJSON struct {
	Program  string `json:"program"`
	About    string `json:"about"`
	Version  string `json:"version"`
	Here     bool   `json:"here"`
	Package  string `json:"package"`
	Dialogue string `json:"dialogue"`
	Unable   string `json:"unable,omitempty"`
	// Quirks are what it does otherwise than others.
	Quirks []realprog.Quirk `json:"quirks,omitempty"`
}

func newProgram(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "program",
		Short: "look at a real program from the outside",
		Long: "program has what helps whoever adds a real program to those that hunts know. See also\n" +
			"hunt --program, hunt --listen, and list --programs.",
		Example: "  wantwrite program trace --program nginx",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	var name string
	trace := &cobra.Command{
		Use:   "trace [-- COMMAND [ARGUMENT...]]",
		Short: "show the system calls of a program until it waits",
		Long: "trace starts a program under the kernel that hunts give it, and prints a line for each system\n" +
			"call until it waits for something to come: those that wantwrite answers, and those that go on\n" +
			"to the system. It is for whoever adds a program, or a call.",
		Example: "  wantwrite program trace --program nginx\n  wantwrite program trace -- ./myserver --config my.conf",
		RunE: func(cmd *cobra.Command, args []string) error {
			d := realprog.Description{Name: "own", Command: args}
			switch {
			case name != "" && len(args) > 0, name == "" && len(args) == 0:
				return fmt.Errorf("got --program %q and %d words of a command; want one of them", name, len(args))
			case name != "":
				known, err := realprog.Find(name)
				if err != nil {
					return err
				}
				d = *known
			}
			o := p.real
			o.Output = os.Stderr
			return realprog.Trace(&d, o, p.terminal)
		},
	}
	allowNetwork(trace, p)
	trace.Flags().StringVar(&name, "program", "", "one that is described: see list --programs")
	cmd.AddCommand(trace)
	return cmd
}
