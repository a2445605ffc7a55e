package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/sim"
)

// showFlags are the flags of show.
type showFlags struct {
	replayFlags
	all                bool
	pcap, keylog, html string
}

func newShow(t *terminal) *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show FILE [FILE]",
		Short: "explain a saved script",
		Long: "show runs a script and draws what happened between app, pump, engine, socket, link and\n" +
			"peer, as far as it matters, then what the buffers hold at the end. The verdict says\n" +
			"what is owed, which wakeup was lost at which step or which rule was broken, and which\n" +
			"decision of a pump that is.\n\n" +
			"With --pcap it writes the run as a capture file for Wireshark and tshark, as seen by\n" +
			"the end under test: seconds are ticks of virtual time, microseconds are steps, comments\n" +
			"say what the engine did and what was found. The secrets of real engines are in it.\n\n" +
			"With --html it writes a page to step through the run, and with a second script both\n" +
			"runs side by side. The page needs nothing but a browser.",
		Example: "  wantwrite show found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --all --engine openssl found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --engine openssl --pcap stall.pcapng " +
			"corpus/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --html stall.html corpus/stall/kv-original-idle-renegotiation.script",
		Args: countArgs(1, 2, "one file, or two with --html"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && f.html == "" {
				return fmt.Errorf("got 2 arguments; want one file, or two with --html; see: %s --help",
					cmd.CommandPath())
			}
			return f.show(t, args)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.all, "all", false, "each step and each call, not only those that matter")
	cmd.Flags().StringVar(&f.pcap, "pcap", "", "write the run to this file, in pcapng")
	cmd.Flags().StringVar(&f.keylog, "keylog", "",
		"write the secrets of real engines to this file, in NSS's key log format")
	cmd.Flags().StringVar(&f.html, "html", "", "write a page of the run to this file")
	return cmd
}

// show tells the runs of one or two scripts, and writes the files that are
// wanted; a capture is of the first.
func (f *showFlags) show(t *terminal, paths []string) error {
	c := newCatalog()
	if err := f.known(c); err != nil {
		return err
	}
	var stories []*fuzz.Story
	var trace *sim.Trace
	for _, path := range paths {
		s, out, err := f.one(c, path, true)
		if err != nil {
			return err
		}
		if out.Lost {
			t.printf("%s: %s\n\n%s\n", path, out.Result.Violation, indent(s.Story))
			return errViolation // the calls went with the process
		}
		story := fuzz.Tell(s, &out)
		t.printf("%s", story.Text(fuzz.TextOptions{All: f.all, Color: t.colors()}))
		if stories = append(stories, story); trace == nil {
			trace = out.Trace
		}
	}
	if err := f.files(t, stories, trace); err != nil {
		return err
	}
	for _, story := range stories {
		if story.Verdict.Property != "" {
			return errViolation
		}
	}
	return t.broken
}

// files writes the files that are wanted.
func (f *showFlags) files(t *terminal, stories []*fuzz.Story, trace *sim.Trace) error {
	for _, file := range []struct {
		path string
		make func() ([]byte, error)
	}{
		{f.pcap, func() ([]byte, error) { return fuzz.Capture(stories[0], trace), nil }},
		{f.keylog, func() ([]byte, error) { return fuzz.KeyLog(trace), nil }},
		{f.html, func() ([]byte, error) { return fuzz.Page(stories...) }},
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
		t.printf("  read it: tshark -r %s -d tcp.port==%d,tls -V\n", f.pcap, fuzz.CapturePort)
	}
	return nil
}
