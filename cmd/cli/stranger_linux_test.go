package cli

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
)

// endlessly is a script of some hundred bytes whose run moves a message byte by byte, through sizes of
// 1 where the world allows it.
func endlessly(t *testing.T, message, tight string) string {
	t.Helper()
	header, _, _ := strings.Cut(read(t, stall(t)), "\nhash: ")
	header = strings.NewReplacer("pump: kv-original", "pump: reference", "property: stall", "property: none",
		"bio=8192 pipe=8192", "bio=1 pipe=1").Replace(header)
	if tight != "" {
		header = header[:strings.Index(header, "sizes: ")] + "sizes: " + tight + "\nproperty: none"
	}
	return write(t, "stranger.script", header+"\n\nwrite client "+message+" "+message+"\n")
}

// A script comes from a stranger. Whatever it says, it is told in a few hundred megabytes and some
// seconds, by each command that runs it: the middle of a long run is left out, and a run that takes
// too long is refused.
func TestStrangersScripts(t *testing.T) {
	t.Chdir(t.TempDir())
	script := endlessly(t, "100000", "")
	bounded := func(code int, args ...string) outcome {
		t.Helper()
		cmd := process(t, args...)
		var out, complaint bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &complaint
		_ = cmd.Run()
		o := outcome{cmd.ProcessState.ExitCode(), out.String(), complaint.String()}
		if used := cmd.ProcessState.SysUsage().(*syscall.Rusage); used.Maxrss > 500<<10 {
			t.Errorf("%v took %d MB; want at most 500", args, used.Maxrss>>10)
		}
		if o.code != code {
			t.Errorf("%v: exit %d, want %d: %s", args, o.code, code, o.err)
		}
		return o
	}
	tells(t, bounded(exitClean, "replay", script).out, "no violation")
	shown := bounded(exitClean, "show", "--html", "page.html", script)
	tells(t, shown.out, "are left out here", "write client", "no violation")
	if n := len(read(t, "page.html")); n > 4<<20 {
		t.Errorf("the page has %d bytes; want one that a browser opens", n)
	}
	refused(t, bounded(exitUsage, "show", "--pcap", "x.pcapng", script), "got --pcap of a run of ",
		"want a shorter one")
	script = endlessly(t, "1048576", "bio=1 pipe=1 queue=1 chunk=1 flight=1 window=1 record=1 hello=1 "+
		"chain=0 client-chain=0 tickets=0 linger=16")
	for _, args := range [][]string{{"replay"}, {"shrink"}} {
		refused(t, bounded(exitUsage, append(args, script)...), "stranger.script: got a run of more than")
	}
}
