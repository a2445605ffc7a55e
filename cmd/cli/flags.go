package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
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
	if limited, ok := flag.Value.(interface{ want() string }); ok {
		want = limited.want()
	}
	return fmt.Errorf("got --%s %q; want %s; see: %s --help", flag.Name, value.GetValue(), want,
		cmd.CommandPath())
}

// flagsOf lists the flags that a command takes, as they are written.
func flagsOf(cmd *cobra.Command) (all []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { all = append(all, "--"+f.Name) })
	return all
}

// These bound what a flag can make a command allocate, or count to.
const (
	// mostWorkers is more than the cores of most machines. Each worker has worlds or caches of
	// its own, of some megabytes.
	mostWorkers = 256
	// mostSchedules take years.
	mostSchedules = 1_000_000_000_000
	// mostSeeds is more than a median needs.
	mostSeeds = 1000
)

// workersOf is the value of each command's --workers, and schedulesOf that of --schedules.
func workersOf(at *int) *count[int]         { return &count[int]{at, 1, mostWorkers} }
func schedulesOf(at *uint64) *count[uint64] { return &count[uint64]{at, 1, mostSchedules} }

// A count is the value of a flag that is a whole number within limits.
//
// Story 111: check had a limit for its workers, and hunt and matrix had none. With 200,000 of
// them a hunt took 3.9 GB before its first schedule.
type count[T int | uint64] struct {
	at          *T
	least, most T
}

// String implements pflag.Value.
func (c *count[T]) String() string { return fmt.Sprint(*c.at) }

// Type implements pflag.Value.
func (c *count[T]) Type() string { return fmt.Sprintf("%T", *c.at) }

// Set implements pflag.Value.
func (c *count[T]) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || T(n) < c.least || T(n) > c.most {
		return errors.New("not within the limits")
	}
	*c.at = T(n)
	return nil
}

// want says which values are right.
func (c *count[T]) want() string {
	return fmt.Sprintf("a whole number from %d to %d", c.least, c.most)
}

// countArgs accepts from least to most arguments.
func countArgs(least, most int, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		n := len(args)
		if listen := cmd.Flags().Lookup("listen"); listen != nil && listen.Changed && cmd.ArgsLenAtDash() >= 0 {
			n = cmd.ArgsLenAtDash() // behind it stands the command of a program
		}
		if n < least || n > most {
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
