package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wantwrite/wantwrite/sim/script"
)

// flagError says what a flag wants, where the error of pflag is one of package strconv.
func flagError(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return fmt.Errorf("%w; see: %s --help%s", err, cmd.CommandPath(),
			script.Suggest("--"+unknown.GetSpecifiedName(), flagsOf(cmd)))
	}
	if !errors.As(err, &value) {
		return fmt.Errorf("%w; see: %s --help", err, cmd.CommandPath())
	}
	flag := value.GetFlag()
	want := map[string]string{"uint64": "a whole number", "int": "a whole number",
		"duration": "a time such as 30s or 5m", "bool": "true or false"}[flag.Value.Type()]
	return fmt.Errorf("got --%s %q; want %s; see: %s --help", flag.Name, value.GetValue(), want,
		cmd.CommandPath())
}

// flagsOf lists the flags that a command takes, as they are written.
func flagsOf(cmd *cobra.Command) (all []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { all = append(all, "--"+f.Name) })
	return all
}

// countArgs accepts from least to most arguments.
func countArgs(least, most int, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if n := len(args); n < least || n > most {
			return fmt.Errorf("got %d arguments; want %s; see: %s --help", n, want,
				cmd.CommandPath())
		}
		return nil
	}
}

// parseWord returns the value whose String is a flag's word.
func parseWord[T fmt.Stringer](flag, word string, values ...T) (T, error) {
	var known []string
	for _, v := range values {
		if v.String() == word {
			return v, nil
		}
		known = append(known, v.String())
	}
	return values[0], notOneOf(flag, word, known)
}

// notOneOf is the error of a flag whose word is none of those that it takes.
func notOneOf(flag, word string, known []string) error {
	return fmt.Errorf("got --%s %q; want one of %s%s", flag, word, strings.Join(known, ", "),
		script.Suggest(word, known))
}

// words splits a list at its commas, and drops words that come twice.
func words(list string) (all []string) {
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" && !slices.Contains(all, word) {
			all = append(all, word)
		}
	}
	return all
}
