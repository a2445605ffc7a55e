// Package cli is the command line: it hunts in the pumps of a program, and replays,
// shows and shrinks the scripts of what was found.
//
// Command wantwrite is this package with the project's own pumps. A program of yours
// has your pump too:
//
//	package main
//
//	func main() { cli.Main(mypump.Spec()) }
//
// It hunts in that pump unless --pump says otherwise, and it replays the scripts that
// package fuzz saves in testdata/wantwrite when go test fails.
package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/programs"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	realprog "github.com/wantwrite/wantwrite/program"
)

// Main executes the command line of this process and exits. Pumps are the program's
// own, beside those of the project; the first one is what hunt and check test by
// default. The name in messages is that of the program's file.
//
// Engines of real libraries run in child processes, which are this program again:
// call Main before the program does anything else.
//
// The first interrupt ends a hunt in good order, the second one the process. A closed
// pipe is an error of the next write and not a signal, so that a hunt can end in good
// order then too.
func Main(pumps ...model.Spec) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	p := &program{terminal: &terminal{name: name, out: os.Stdout, err: os.Stderr}, pumps: pumps}
	os.Exit(execute(ctx, p, os.Args[1:]))
}

// execute executes a command line and returns the exit code.
func execute(ctx context.Context, p *program, args []string) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			p.complain(fmt.Errorf("internal error: %v", fault))
			code = exitInternal
		}
	}()
	if err := p.catalog().Err(); err != nil {
		return p.exit(err)
	}
	root := newRoot(p)
	root.SetArgs(args)
	root.SetOut(p)
	root.SetErr(p.err)
	return p.exit(root.ExecuteContext(ctx))
}

// A program is a terminal, and the pumps that a program has besides the project's.
type program struct {
	*terminal
	pumps []model.Spec
	real  realprog.Options // of the real programs under test
}

// catalog makes a catalog of all pumps and of the libraries of this machine.
func (p *program) catalog() *run.Catalog { return p.catalogOn(p.real.CPU) }

// catalogOn is a catalog whose programs run on a CPU: see program.Options.
func (p *program) catalogOn(cpu int) *run.Catalog {
	c := run.NewCatalog(p.pumps...)
	engines.AddTo(c)
	o := p.real
	o.CPU = cpu
	if err := programs.AddTo(c, o); err != nil {
		panic(err) // a description names a dialogue that there is not
	}
	return c
}

// pump is the name of the pump under test by default.
func (p *program) pump() string {
	if len(p.pumps) > 0 {
		return p.pumps[0].Name
	}
	return "kv-original"
}

// engineNames lists the libraries that the catalog knows.
func (p *program) engineNames() string { return strings.Join(p.catalog().Engines(), ", ") }

// newRoot makes the command line: the root command and all others.
func newRoot(p *program) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   p.name,
		Short: "find hangs in non-blocking TLS code, and replay them for ever",
		Long: "wantwrite runs the code between a socket, an event loop and a TLS library, the\n" +
			"pump, in a world where every interleaving is a choice. It finds the choices that\n" +
			"make it hang, spin, lose or garble data, and saves them as a short script.\n\n" +
			"To install the newest version:\n\n  " + installed,
		Example: "  wantwrite hunt\n" +
			"  wantwrite hunt --pump reference --schedules 1000000\n" +
			"  wantwrite check --pump reference --scenario idle-renegotiation\n" +
			"  wantwrite replay corpus/stall/*.script\n" +
			"  wantwrite show corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite shrink found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite explain stall\n" +
			"  wantwrite list",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(*cobra.Command, []string) error {
			if version {
				p.printf("%s", p.version(buildInfo()))
			} else {
				p.overview()
			}
			return p.broken
		},
	}
	root.Flags().BoolVar(&version, "version", false, "print the version and the libraries that were found")
	chooseLibrary(root)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newHunt(p), newCheck(p), newReplay(p), newShow(p), newShrink(p),
		newExplain(p), newList(p), newMatrix(p), newProgram(p), newSchema(p), newMan(p), newCompletion(p), newContained(p))
	root.AddCommand(topics()...)
	completions(p, root)
	for _, cmd := range append(root.Commands(), root) {
		cmd.Long, cmd.Example = p.named(cmd.Long), p.named(cmd.Example)
	}
	return root
}

// overview is what the program prints without arguments: what it is for, and how to begin.
func (p *program) overview() {
	p.printf("%s finds hangs in non-blocking TLS code, and replays them.\n\n", p.name)
	w := tabwriter.NewWriter(p, 0, 0, 3, ' ', 0)
	for _, line := range [...][2]string{
		{"hunt", "look for failures in the pump " + p.pump() + ", and save them as scripts"},
		{"show kv-original-idle-renegotiation", "see a hang, step by step"},
		{"--help", "all commands and topics"},
	} {
		fmt.Fprintf(w, "  %s %s\t%s\n", p.name, line[0], line[1])
	}
	w.Flush()
}

// named replaces wantwrite by the program's name where a text has one of its commands.
func (t *terminal) named(text string) string {
	return strings.ReplaceAll(text, "wantwrite ", t.name+" ")
}

// chooseLibrary gives all commands the flag --lib. The flag sets engines.LibsslVariable, so that
// child processes load the same file. The first of them only tries whether it can be loaded. That it
// can't be is an error, except of list, which says what there is.
//
// Story 112: matrix confirms on the libraries that are there. One that was named with --lib and
// is not there was passed over, and the table said that all was confirmed.
func chooseLibrary(root *cobra.Command) {
	file := root.PersistentFlags().String("lib", "", "the libssl of engine openssl, as the"+
		" system's loader takes it\n(default: $"+engines.LibsslVariable+", or the one that is installed)")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if *file == "" {
			return nil
		}
		if err := os.Setenv(engines.LibsslVariable, *file); err != nil || cmd.Name() == listName {
			return err
		}
		g, err := newGuard()
		if err != nil {
			return err
		}
		return g.Load((*openssl.Library)(nil).Name())
	}
}

// libraryNamed says whether --lib or engines.LibsslVariable names the libssl to use. Then it has to be there.
func libraryNamed() bool { return os.Getenv(engines.LibsslVariable) != "" }
