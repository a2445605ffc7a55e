package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/sim/script"
)

// A topic is a text of help that is not about one command.
type topic struct{ Use, Short, Long, Example string }

// topics makes a command of each topic. Cobra prints only the text of a command that can't
// run, so the text includes the examples.
func topics() (all []*cobra.Command) {
	for _, t := range topicTexts {
		all = append(all, &cobra.Command{Use: t.Use, Short: t.Short, Example: t.Example,
			Long: t.Long + "\n\nExamples:\n" + t.Example})
	}
	return all
}

var topicTexts = []topic{
	{
		Use:   "scripts",
		Short: "what is in a script, and how one is changed",
		Long: `A script is a run as text: a header with the world, and the actions, one a line. It
replays for ever, on any machine, on the model and on real libraries.

The header names pump, peer and engine, the scenario, who is under test, the sizes of
all buffers in bytes, the property that does not hold, and the hash of the run. Lines
that begin with # tell the story. The script of a real program may say how often its run
is repeated to weigh the program's memory: repeats.

  deliver server all      bytes in flight to the server arrive: byte, part, record, all,
                          or so many
  poll server             its loop looks, and calls the pump if it is ready
  write client 100 50     its app sends a request of 100 bytes, and wants 50 back
  renegotiate client      and other verbs of apps: keyupdate, pause, resume, shut, close
  reset server            and other faults: fin, window, spurious, mutate
  tick 5                  virtual time passes

After the last action the world quiesces: all bytes are delivered, both ends read, and
there are no more faults. If something is still owed then and no wakeup is armed that
could move it, the run is a stall.

An action that can't happen where it stands is an error with its line; --loose leaves it
out. A changed script has another hash; replay says so.`,
		Example: "  wantwrite replay corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite replay --loose --pump reference " +
			"corpus/stall/kv-original-idle-renegotiation.script",
	},
	{
		Use:   "exit-codes",
		Short: "the exit codes of commands, and what --json prints",
		Long: "Commands exit with\n\n" + codesText() + `
With --json a command prints one object a line on stdout, and nothing about its progress.
schema prints the JSON Schema of each command's objects; their field schema is its version.
hunt prints one for each failure ("result":"violation") as
soon as it is saved, and one at its end: clean, done or interrupted.`,
		Example: "  wantwrite hunt --json --schedules 2000",
	},
	{
		Use:   "pictures",
		Short: "ways to look at a run: story, page, capture, live page",
		Long: `show draws a run as text and says in sentences what is wrong. On a terminal it has
colours.

show --html writes one page that needs only a browser. It steps through the run with a
slider or with keys, and shows at each step what both ends hold, wait for and owe; it has
a search and a jump to the lost wakeup. With a second script, or --against a pump or
engine, it shows two runs side by side.

show --pcap writes a capture for Wireshark and tshark. Seconds are ticks of virtual
time, microseconds are steps, and comments say what the engine did. The secrets of real
libraries are part of it, so that records are shown decrypted; --keylog writes them to a
file.

hunt --http serves a page of the hunt while it runs, with a page of each failure, and
/metrics for Prometheus. Other machines can't reach it without --http-open.`,
		Example: "  wantwrite show --html stall.html corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --html two.html --against kv-landed " +
			"corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --engine openssl --pcap stall.pcapng --keylog keys.txt " +
			"corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite hunt --time 10m --http 8080",
	},
	{
		Use:   "testing",
		Short: "how to test your own pump with go test",
		Long: `Implement model.Pump, describe it in a model.Spec, and write two lines:

  func TestPump(t *testing.T) { fuzz.Check(t, mypump.Spec()) }
  func FuzzPump(f *testing.F) { fuzz.Fuzz(f, mypump.Spec()) }

The first failure prints the story, the line of your source, the path of the script, which
is saved in testdata/wantwrite/mypump, and the commands that replay it and write its page.
-wantwrite.html DIR writes a page of a failing run to a folder, which is relative to that of
the test:

  go test -run '^TestPump$' -wantwrite.html pages

From then on the test replays the saved scripts first, each as a subtest. explain says what
the properties mean.

All commands work with your own pump too, in your own program:

  package main

  func main() { cli.Main(mypump.Spec()) }

Package cli is github.com/wantwrite/wantwrite/cmd/cli. Its hunt and check test your pump
unless --pump says otherwise, and its replay, show and shrink run the scripts that go test
has saved in testdata/wantwrite.`,
		Example: "  wantwrite explain busy-loop\n  wantwrite hunt --pump reference --schedules 2000",
	},
}

// unknownCommand is the error of a command that does not exist.
func unknownCommand(root *cobra.Command, name string) error {
	var known []string
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			known = append(known, cmd.Name())
		}
	}
	return fmt.Errorf("got command %q; want one of %s; see: %s --help%s", name,
		strings.Join(known, ", "), root.Name(), script.Suggest(name, known))
}

// newHelp is like the help command of cobra, but an unknown command is an error.
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
