package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
)

// libsslVariable is the environment variable that names another libssl than
// the system's usual one: a build of one's own, or an older release.
const libsslVariable = "WANTWRITE_LIBSSL"

// A program is what a command line is of: a name and a terminal, and pumps beside the
// project's.
type program struct {
	*terminal
	pumps []model.Spec
}

// catalog knows the pumps and the libraries of this machine.
func (p *program) catalog() *run.Catalog {
	c := run.NewCatalog(p.pumps...)
	c.AddEngine((*openssl.Library)(nil), func() (model.Library, error) {
		lib, err := openssl.Load(os.Getenv(libsslVariable))
		if err != nil {
			return nil, err
		}
		return lib, nil
	})
	c.AddEngine(gotls.New(), func() (model.Library, error) { return gotls.New(), nil })
	c.AddEngine(puppet.New(), func() (model.Library, error) { return puppet.New(), nil })
	return c
}

// pump is the name of the pump under test if no flag says another.
func (p *program) pump() string {
	if len(p.pumps) > 0 {
		return p.pumps[0].Name
	}
	return "kv-original"
}

// engineNames lists the libraries that the catalog knows.
func (p *program) engineNames() string { return strings.Join(p.catalog().Engines(), ", ") }

func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   p.name,
		Short: "find hangs in non-blocking TLS code, and replay them for ever",
		Long: "wantwrite runs the code between a socket, an event loop and a TLS library, the\n" +
			"pump, in a world where every interleaving is a choice. It finds the choices that\n" +
			"make it hang, spin, lose or garble data, and saves them as a short script.",
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
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	chooseLibrary(root)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newHunt(p), newCheck(p), newReplay(p), newShow(p), newShrink(p),
		newExplain(p), newList(p), newMatrix(p), newCompletion(p), newContained(p))
	root.AddCommand(topics()...)
	completions(p, root)
	for _, cmd := range append(root.Commands(), root) {
		cmd.Long, cmd.Example = p.named(cmd.Long), p.named(cmd.Example)
	}
	return root
}

// named puts the program's name into a text in which its commands begin with wantwrite.
func (t *terminal) named(text string) string {
	return strings.ReplaceAll(text, "wantwrite ", t.name+" ")
}

// chooseLibrary gives all commands --lib. It sets the variable, so that child
// processes load the same file.
func chooseLibrary(root *cobra.Command) {
	file := root.PersistentFlags().String("lib", "", "the libssl of engine openssl, as the"+
		" system's loader takes it\n(default: $"+libsslVariable+", or the one that is installed)")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if *file == "" {
			return nil
		}
		return os.Setenv(libsslVariable, *file)
	}
}

// unknownCommand is the error of a command that is not there.
func unknownCommand(root *cobra.Command, name string) error {
	var known []string
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			known = append(known, cmd.Name())
		}
	}
	return fmt.Errorf("got command %q; want one of %s; see: %s --help", name,
		strings.Join(known, ", "), root.Name())
}

// newHelp is cobra's help command, less its way to accept what is not there.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND or TOPIC]",
		Short:   "explain a command or a topic",
		Long:    "help prints what a command does, its flags and examples, or explains a topic.",
		Example: "  wantwrite help hunt\n  wantwrite help scripts",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), strings.Join(args, " "))
			}
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) (names []string,
			_ cobra.ShellCompDirective) {

			for _, c := range cmd.Root().Commands() {
				if !c.Hidden {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// flagError says what a flag wants instead of what the number parser thinks.
func flagError(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	if !errors.As(err, &value) {
		return fmt.Errorf("%w; see: %s --help", err, cmd.CommandPath())
	}
	flag := value.GetFlag()
	want := map[string]string{"uint64": "a whole number", "int": "a whole number",
		"duration": "a time such as 30s or 5m", "bool": "true or false"}[flag.Value.Type()]
	return fmt.Errorf("got --%s %q; want %s; see: %s --help", flag.Name, value.GetValue(), want,
		cmd.CommandPath())
}

// countArgs refuses any other count of arguments than least to most.
func countArgs(least, most int, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if n := len(args); n < least || n > most {
			return fmt.Errorf("got %d arguments; want %s; see: %s --help", n, want,
				cmd.CommandPath())
		}
		return nil
	}
}

// indent puts two blanks in front of each line.
func indent(lines []string) string {
	return "  " + strings.Join(lines, "\n  ")
}
