package main

import (
	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/sim"
)

// showFlags are the flags of show.
type showFlags struct {
	replayFlags
	all          bool
	pcap, keylog string
}

func newShow(t *terminal) *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "explain a saved script",
		Long: "show runs a script and draws what happened between app, pump, engine, socket, link and\n" +
			"peer, as far as it matters, then what the buffers hold at the end. The verdict says\n" +
			"what is owed, which wakeup was lost at which step or which rule was broken, and which\n" +
			"decision of a pump that is.\n\n" +
			"With --pcap it writes the run as a capture file for Wireshark and tshark, as seen by\n" +
			"the end under test: seconds are ticks of virtual time, microseconds are steps, comments\n" +
			"say what the engine did and what was found. The secrets of real engines are in it.",
		Example: "  wantwrite show found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --all --engine openssl found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --engine openssl --pcap stall.pcapng corpus/stall/kv-original-key-update.script",
		Args: countArgs(1, 1, "one file"),
		RunE: func(_ *cobra.Command, args []string) error { return f.show(t, args[0]) },
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.all, "all", false, "each step and each call, not only those that matter")
	cmd.Flags().StringVar(&f.pcap, "pcap", "", "write the run to this file, in pcapng")
	cmd.Flags().StringVar(&f.keylog, "keylog", "",
		"write the secrets of real engines to this file, in NSS's key log format")
	return cmd
}

func (f *showFlags) show(t *terminal, path string) error {
	c := newCatalog()
	if err := f.known(c); err != nil {
		return err
	}
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
	if err := f.files(t, story, out.Trace); err != nil {
		return err
	}
	if out.Result.Found {
		return errViolation
	}
	return t.broken
}

// files writes the files that are wanted.
func (f *showFlags) files(t *terminal, story *fuzz.Story, trace *sim.Trace) error {
	for _, file := range []struct {
		path string
		make func() []byte
	}{
		{f.pcap, func() []byte { return fuzz.Capture(story, trace) }},
		{f.keylog, func() []byte { return fuzz.KeyLog(trace) }},
	} {
		if file.path == "" {
			continue
		}
		if err := corpus.Replace(file.path, file.make()); err != nil {
			return err
		}
		t.printf("\n  written: %s\n", file.path)
	}
	if f.pcap != "" {
		t.printf("  read it: tshark -r %s -d tcp.port==%d,tls -V\n", f.pcap, fuzz.CapturePort)
	}
	return nil
}
