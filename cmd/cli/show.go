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
	"github.com/wantwrite/wantwrite/sim/script"
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
			"left out. The first difference is marked.\n\n" +
			"Of a program it shows what its libssl does too, if it loads one and a C compiler is here.",
		Example: "  wantwrite show found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --all --engine openssl found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --engine openssl --pcap stall.pcapng " +
			"corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --html stall.html corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --html two.html --against reference " +
			"corpus/stall/kv-original-idle-renegotiation.script",
		Args: countArgs(1, 2, "one file, or two with --html"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c := p.catalog()
			args, err := f.take(cmd, c, args)
			switch {
			case err != nil:
				return err
			case len(args) == 2 && f.html == "":
				return fmt.Errorf("got 2 arguments; want one file, or two with --html; see: %s --help",
					cmd.CommandPath())
			case f.against != "" && (len(args) == 2 || f.html == ""):
				return fmt.Errorf("got --against %s; want it with --html and one file; see: %s --help",
					f.against, cmd.CommandPath())
			}
			return f.show(p, c, args)
		},
	}
	f.add(cmd, p)
	cmd.Flags().BoolVar(&f.all, "all", false, "show all steps and calls, not only those that matter")
	cmd.Flags().BoolVar(&f.Inside, "observe", true, "of a program, show what its libssl does, if it loads one\n(--observe=false: its system calls alone)")
	cmd.Flags().StringVar(&f.pcap, "pcap", "", "write the run to this file, in pcapng")
	cmd.Flags().StringVar(&f.keylog, "keylog", "",
		"write the secrets of real engines to this file, in NSS's key log format")
	cmd.Flags().StringVar(&f.html, "html", "", "write a page of the run to this file")
	cmd.Flags().StringVar(&f.against, "against", "", "a pump or engine: the page has the run with it"+
		" too, side by side")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object a line: the runs with all steps")
	return cmd
}

// show prints the stories of one or two scripts and writes the files. A capture is of the first
// script.
func (f *showFlags) show(p *program, c *run.Catalog, paths []string) error {
	t := p.terminal
	if err := f.known(c); err != nil {
		return err
	}
	var stories []*story.Story
	var objects []showJSON
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
			return f.lost(t, run.path, s, &out.Result)
		}
		told := story.Tell(s, &out)
		if f.json {
			objects = append(objects, showObject(run.path, &out.Result, told))
		} else {
			t.printf("%s", told.Text(story.TextOptions{All: f.all, Color: t.colors(),
				Width: t.width()}))
		}
		if stories = append(stories, told); trace == nil {
			trace = out.Trace
		}
	}
	if err := f.files(t, stories, trace); err != nil {
		return err
	}
	for _, o := range objects {
		if err := t.object(o); err != nil {
			return err
		}
	}
	return t.broken
}

// lost reports a run whose trace is lost with the process that died of it. Then there is nothing
// to write into files.
func (f *showFlags) lost(t *terminal, path string, s *script.Script, r *sim.Result) error {
	if !f.json {
		t.printf("%s: %s\n\n%s\n", path, r.Violation, indent(s.Story))
	} else if err := t.object(showObject(path, r, nil)); err != nil {
		return err
	}
	if f.pcap == "" && f.keylog == "" && f.html == "" {
		return t.broken
	}
	return fmt.Errorf("%s: the process that ran it died, and its trace is lost; want a script that "+
		"does not kill it, or no --pcap, --keylog and --html", path)
}

// A showJSON is the object of a run that is shown.
type showJSON struct {
	Result string `json:"result"`
	Script string `json:"script"`
	Hash   string `json:"hash"`
	Wire   string `json:"wire"`
	What   string `json:"what"`
	// Story is missing if the process died that ran the script.
	Story *story.Story `json:"story,omitempty"`
}

// showObject makes the object of a run.
func showObject(path string, r *sim.Result, told *story.Story) showJSON {
	o := showJSON{Result: "clean", Script: path, Hash: fmt.Sprintf("%016x", r.Hash),
		Wire: fmt.Sprintf("%016x", r.Wire), Story: told}
	if r.Found {
		o.Result, o.What = "violation", r.Violation.String()
	}
	return o
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
		return nil, fmt.Errorf("--against: %w%s", err, script.Suggest(f.against, c.Engines()))
	}
	return append(runs, other), nil
}

// files writes the files of --pcap, --keylog and --html.
func (f *showFlags) files(t *terminal, stories []*story.Story, trace *sim.Trace) error {
	if g := &trace.Gap; g.At > 0 && f.pcap != "" {
		return fmt.Errorf("got --pcap of a run of %d steps, of which %d to %d are not kept; want a "+
			"shorter one; try: wantwrite shrink", trace.Last(), g.From, g.To)
	}
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
		if !f.json {
			t.printf("\n  written: %s\n", file.path)
		}
	}
	if f.pcap != "" && !f.json {
		t.printf("  read it: tshark -r %s %s -V\n", f.pcap, strings.Join(story.CaptureDecoding(), " "))
	}
	return nil
}
