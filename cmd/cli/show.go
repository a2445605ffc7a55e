package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim"
)

// showFlags are the flags of show.
type showFlags struct {
	replayFlags
	all                bool
	pcap, keylog, html string
	against            string
}

func newShow(p *program) *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show FILE [FILE]",
		Short: "explain a saved script",
		Long: "show runs a script and draws what happened between app, pump, engine, socket, link and\n" +
			"peer, as far as it matters, and then what the buffers hold at the end. The verdict says\n" +
			"what is owed, which wakeup was lost at which step or which rule was broken, and which\n" +
			"decision of a pump was wrong.\n\n" +
			"With --pcap it writes a capture file for Wireshark and tshark, as the end under test\n" +
			"sees the run: seconds are ticks of virtual time, microseconds are steps, and comments\n" +
			"say what the engine did and what is wrong. It includes the secrets of real engines.\n\n" +
			"With --html it writes a page to step through the run, which needs only a browser. With a\n" +
			"second script the page has both runs side by side. With --against it has the script's\n" +
			"own run and one with another pump or engine, in which actions that are not enabled are\n" +
			"left out. The first difference is marked.",
		Example: "  wantwrite show found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --all --engine openssl found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --engine openssl --pcap stall.pcapng " +
			"corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --html stall.html corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --html two.html --against reference " +
			"corpus/stall/kv-original-idle-renegotiation.script",
		Args: countArgs(1, 2, "one file, or two with --html"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 2 && f.html == "":
				return fmt.Errorf("got 2 arguments; want one file, or two with --html; see: %s --help",
					cmd.CommandPath())
			case f.against != "" && (len(args) == 2 || f.html == ""):
				return fmt.Errorf("got --against %s; want it with --html and one file; see: %s --help",
					f.against, cmd.CommandPath())
			}
			return f.show(p, args)
		},
	}
	f.add(cmd, p.engineNames())
	cmd.Flags().BoolVar(&f.all, "all", false, "show all steps and calls, not only those that matter")
	cmd.Flags().StringVar(&f.pcap, "pcap", "", "write the run to this file, in pcapng")
	cmd.Flags().StringVar(&f.keylog, "keylog", "",
		"write the secrets of real engines to this file, in NSS's key log format")
	cmd.Flags().StringVar(&f.html, "html", "", "write a page of the run to this file")
	cmd.Flags().StringVar(&f.against, "against", "", "a pump or engine: the page has the run with it"+
		" too, side by side")
	return cmd
}

// show prints the stories of one or two scripts and writes the files. A capture is of the first
// script.
func (f *showFlags) show(p *program, paths []string) error {
	t, c := p.terminal, p.catalog()
	if err := f.known(c); err != nil {
		return err
	}
	var stories []*story.Story
	var trace *sim.Trace
	runs, err := f.runs(c, paths)
	if err != nil {
		return err
	}
	for _, run := range runs {
		s, out, err := run.one(c, run.path, true)
		if err != nil {
			return err
		}
		if out.Lost {
			t.printf("%s: %s\n\n%s\n", run.path, out.Result.Violation, indent(s.Story))
			return errViolation // the trace is lost with the process
		}
		told := story.Tell(s, &out)
		t.printf("%s", told.Text(story.TextOptions{All: f.all, Color: t.colors()}))
		if stories = append(stories, told); trace == nil {
			trace = out.Trace
		}
	}
	if err := f.files(t, stories, trace); err != nil {
		return err
	}
	for _, told := range stories {
		if told.Verdict.Property != "" {
			return errViolation
		}
	}
	return t.broken
}

// A shown is a script to show, and how to run it.
type shown struct {
	replayFlags
	path string
}

// runs lists what is shown: each script, and with --against the same script with another pump,
// or with another engine at both ends.
func (f *showFlags) runs(c *run.Catalog, paths []string) (runs []shown, err error) {
	for _, path := range paths {
		runs = append(runs, shown{f.replayFlags, path})
	}
	if f.against == "" {
		return runs, nil
	}
	other := shown{f.replayFlags, paths[0]}
	other.Loose = true
	if slices.Contains(c.Engines(), f.against) {
		other.Engine, other.PeerEngine = f.against, f.against
	} else {
		other.Pump = f.against
	}
	if err := other.known(c); err != nil {
		return nil, fmt.Errorf("--against: %w", err)
	}
	return append(runs, other), nil
}

// files writes the files of --pcap, --keylog and --html.
func (f *showFlags) files(t *terminal, stories []*story.Story, trace *sim.Trace) error {
	for _, file := range []struct {
		path string
		make func() ([]byte, error)
	}{
		{f.pcap, func() ([]byte, error) { return story.Capture(stories[0], trace), nil }},
		{f.keylog, func() ([]byte, error) { return story.KeyLog(trace), nil }},
		{f.html, func() ([]byte, error) { return story.Page(stories...) }},
	} {
		if file.path == "" {
			continue
		}
		text, err := file.make()
		if err != nil {
			return err
		}
		if err := corpus.Replace(file.path, text); err != nil {
			return err
		}
		t.printf("\n  written: %s\n", file.path)
	}
	if f.pcap != "" {
		t.printf("  read it: tshark -r %s %s -V\n", f.pcap, strings.Join(story.CaptureDecoding(), " "))
	}
	return nil
}
