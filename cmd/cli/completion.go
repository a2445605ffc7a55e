package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// shells are those that have a completion script.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print the completion script of a shell",
		Long: "completion prints a script that completes commands, flags and names in " +
			strings.Join(shells, ", ") + ".\nbash needs the package bash-completion.",
		Example: "  wantwrite completion bash >wantwrite.bash && . ./wantwrite.bash\n" +
			"  wantwrite completion zsh >_wantwrite    # and put it where $fpath leads\n" +
			"  wantwrite completion fish >wantwrite.fish",
		Args: countArgs(1, 1, "one of "+strings.Join(shells, ", ")),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(p, true)
			case "zsh":
				return root.GenZshCompletion(p)
			case "fish":
				return root.GenFishCompletion(p, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(p)
			}
			return fmt.Errorf("got shell %q; want one of %s%s", args[0], strings.Join(shells, ", "),
				script.Suggest(args[0], shells))
		},
		ValidArgs: shells,
	}
}

// completions lets shells complete the values of flags, and arguments that are scripts.
func completions(p *program, root *cobra.Command) {
	c := p.catalog()
	pumps, engines := p.pumpNames(), c.Engines()
	for flag, names := range map[string][]string{
		"pump": pumps, "peer": pumps, "against": slices.Concat(pumps, engines),
		"engine": engines, "peer-engine": engines, "confirm": engines,
		"scenario": scenarioNames(c), "property": propertyNames(c), "profile": run.Profiles(),
		"strategy": strings.Split(strategyNames(), ", "), "tls": {"1.2", "1.3"},
		"trigger": {"level", "edge", "oneshot"}, "transport": {"pair", "attached"},
		"mutant": mutantNames(), "under": {"client", "server"},
		"modes": {"whole-writes", "fixed-buffer", "reentrant"},
	} {
		complete := cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)
		for _, cmd := range root.Commands() {
			if cmd.Flags().Lookup(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, complete) // the flag exists
			}
		}
	}
	scripts := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{strings.TrimPrefix(corpus.Ext, ".")}, cobra.ShellCompDirectiveFilterFileExt
	}
	for _, cmd := range root.Commands() {
		if strings.Contains(cmd.Use, " FILE") {
			cmd.ValidArgsFunction = scripts
		}
		if cmd.Flags().Lookup("fixed") != nil {
			_ = cmd.RegisterFlagCompletionFunc("fixed", scripts)
		}
	}
}

// pumpNames are the pumps and the mutants.
func (p *program) pumpNames() (names []string) {
	for _, spec := range p.catalog().Pumps() {
		names = append(names, spec.Name)
	}
	return append(names, mutantNames()...)
}

func mutantNames() (names []string) {
	for _, m := range pumps.Mutants() {
		names = append(names, m.Name)
	}
	return names
}

func scenarioNames(c *run.Catalog) (names []string) {
	for _, s := range c.Scenarios() {
		names = append(names, s.Name)
	}
	return names
}

func propertyNames(c *run.Catalog) (names []string) {
	for _, p := range c.Properties() {
		names = append(names, p.Name)
	}
	return names
}
