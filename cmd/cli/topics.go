package cli

import "github.com/spf13/cobra"

// A topic is what help explains that is no command.
type topic struct{ Use, Short, Long, Example string }

// topics are the commands that stand for them. Of those cobra prints the text
// alone, so the examples are part of it.
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
that begin with # tell the story.

  deliver server all      bytes in flight to the server arrive: byte, part, record, all,
                          or so many
  poll server             its loop looks, and calls the pump if it is ready
  write client 100 50     its app sends a request of 100 bytes, and wants 50 back
  renegotiate client      and other verbs of apps: keyupdate, pause, resume, shut, close
  reset server            and other faults: fin, window, spurious, mutate
  tick 5                  virtual time passes

After the last action the world heals: all is delivered, everybody reads, and there are
no more faults. What is owed then, with nothing armed that could move it, is a stall.

An action that can't happen where it stands is an error with its line, or with --loose
is left out. A changed script has another hash; replay says so.`,
		Example: "  wantwrite replay corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite replay --loose --pump reference " +
			"corpus/stall/kv-original-idle-renegotiation.script",
	},
	{
		Use:   "exit-codes",
		Short: "what commands exit with, and what --json prints",
		Long: `  0  nothing was found, or no script fails
  1  a violation
  2  a usage or input error, or an interrupt: one line on stderr says which
  3  an internal error: a run that was repeated and differs, or a defect of wantwrite

With --json a command prints one object a line on stdout, under stable names, and
nothing on how far it is. hunt prints one for each find ("result":"violation") as it is
made, and one for its end: clean, done or interrupted.`,
		Example: "  wantwrite hunt --json --schedules 2000",
	},
	{
		Use:   "pictures",
		Short: "how a run is looked at: story, page, capture, live page",
		Long: `show draws a run as text and says what is wrong in sentences. On a terminal it has
colour.

show --html writes one page that needs nothing but a browser: a scrubber and keys to
step and play, what both ends hold, wait for and owe at each step, a search, a jump to
the lost wakeup. With a second script, or --against a pump or engine, two runs are side
by side.

show --pcap writes a capture for Wireshark and tshark. Seconds are ticks of virtual
time, microseconds are steps, comments say what the engine did. The secrets of real
libraries are in it, so that records are shown decrypted; --keylog writes them to a
file.

hunt --http serves a page of the hunt while it runs, with the pages of its finds, and
/metrics for Prometheus. Other machines can't reach it, unless --http-open says so.`,
		Example: "  wantwrite show --html stall.html corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --html two.html --against kv-landed " +
			"corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --engine openssl --pcap stall.pcapng --keylog keys.txt " +
			"corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite hunt --time 10m --http 8080",
	},
	{
		Use:   "testing",
		Short: "how a pump of one's own is tested with go test",
		Long: `Implement model.Pump, describe it in a model.Spec, and write two lines:

  func TestPump(t *testing.T) { fuzz.Check(t, mypump.Spec()) }
  func FuzzPump(f *testing.F) { fuzz.Fuzz(f, mypump.Spec()) }

A failure prints the story, the path of the script that is saved in testdata/wantwrite,
and the commands that replay it and that write its page. With -wantwrite.html DIR the
page of each failing run is written to that folder, which is relative to the test's:

  go test -run '^TestPump$' -wantwrite.html pages

A saved script is replayed first from then on. What properties mean says explain.

All of these commands work with a pump of your own too, in a program of your own:

  package main

  func main() { cli.Main(mypump.Spec()) }

Package cli is github.com/wantwrite/wantwrite/cmd/cli. Its hunt and check test your pump
unless --pump says otherwise, and its replay, show and shrink run the scripts that go test
has saved in testdata/wantwrite.`,
		Example: "  wantwrite explain busy-loop\n  wantwrite hunt --pump reference --schedules 2000",
	},
}
