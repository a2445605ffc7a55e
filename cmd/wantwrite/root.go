package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/model"
)

// engineNames are those that newCatalog knows.
const engineNames = "model, openssl"

// newCatalog knows the project's pumps and the libraries of this machine.
func newCatalog() *fuzz.Catalog {
	c := fuzz.NewCatalog()
	c.AddEngine("openssl", func() (model.Library, error) {
		lib, err := openssl.Load("")
		if err != nil {
			return nil, err
		}
		return lib, nil
	})
	return c
}

func newRoot(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "wantwrite",
		Short: "find hangs in non-blocking TLS code, and replay them for ever",
		Long: "wantwrite runs the code between a socket, an event loop and a TLS library, the\n" +
			"pump, in a world where every interleaving is a choice. It finds the choices that\n" +
			"make it hang, spin, lose or garble data, and saves them as a short script.",
		Example: "  wantwrite hunt\n" +
			"  wantwrite hunt --pump reference --schedules 1000000\n" +
			"  wantwrite replay corpus/stall/*.script\n" +
			"  wantwrite show corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite list",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return fmt.Errorf("got command %q; want one of hunt, replay, show, list; "+
				"see: wantwrite --help", args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see: %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(newHunt(t), newReplay(t), newShow(t), newList(t))
	return root
}

// indent puts two blanks in front of each line.
func indent(lines []string) string {
	return "  " + strings.Join(lines, "\n  ")
}
