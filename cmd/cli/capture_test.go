package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/story"
)

// needTshark is for tests that have tshark read a capture.
func needTshark(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		require.Missing(t, "tshark", "tshark is missing: install the Debian package tshark")
	}
}

// tshark reads fields of the packets that a filter leaves, a line a packet, and
// in it all values of each field.
func tshark(t *testing.T, file, filter string, fields ...string) (rows [][]string) {
	t.Helper()
	args := append([]string{"-n", "-r", file, "-Y", filter, "-T", "fields"}, story.CaptureDecoding()...)
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	var complaint bytes.Buffer
	cmd := exec.Command("tshark", args...)
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark %s: %v\n%s", strings.Join(args, " "), err, complaint.String())
	}
	for line := range strings.Lines(string(text)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows
}

// values are all values of one field, of the packets that tshark has read, in order. A start of tshark
// takes a second, so that a test asks it once.
func values(rows [][]string, field int) (all []string) {
	for _, row := range rows {
		for _, v := range strings.Split(row[field], ",") {
			if v != "" {
				all = append(all, v)
			}
		}
	}
	return all
}

// wellFormed checks that tshark can dissect all of a capture.
func wellFormed(t *testing.T, file string) {
	t.Helper()
	none(t, file, "_ws.malformed || "+streamGaps)
}

// streamGaps is a filter for where tshark misses some of a stream.
const streamGaps = "tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment || " +
	"tcp.analysis.out_of_order || tcp.checksum.status == 0"

// malformed are the scripts in which records are: by a fault, or by the pump's mistake.
var malformed = map[string]bool{
	"spurious-failure/completion-send-starts-over-bulk-both-ways.script": true,
	"spurious-failure/errors-never-cleared-flipped-hello.script":         true,
	"stall/alert-unflushed-unanswered-close.script":                      true,
}

// none fails the test for each packet that a filter shows.
func none(t *testing.T, file, filter string) {
	t.Helper()
	for _, row := range tshark(t, file, filter, "frame.number", "_ws.col.Info") {
		t.Errorf("packet %s of %s can't be dissected: %s", row[0], file, row[1])
	}
}

// A talk is a run of the reference pump, and what tshark must make of it on
// OpenSSL.
var talks = map[string]struct {
	sealed   bool // the link is of TLS 1.3: types are under seal
	actions  string
	messages []string // types of handshake messages that are there more than once or in the end
}{
	"1.2": {false, "write client 100 50\nrenegotiate client", []string{"1", "1", "2", "2", "20", "20",
		"20", "20"}},
	"1.3": {true, "write client 100 50\nkeyupdate client requested\nwrite client 7 5",
		[]string{"1", "2", "8", "20", "20", "24", "24"}},
}

// talkScript is the script of a talk, byte by byte for some of the way if it is
// to be cut up.
func talkScript(tls, trickle string) string {
	talk := talks[tls]
	return "wantwrite script 1\npump: reference\npeer: reference\nengine: model\n" +
		"scenario: key-update\nunder: server\ntls: " + tls + "\ntransport: pair\n" +
		"trigger: level\nlinks: 1\nseed: 0x1\nsizes: bio=8192 pipe=8192 queue=8192 chunk=8192 " +
		"flight=16384 window=16384 record=16384 hello=16384 chain=0 client-chain=0 tickets=0 " +
		"linger=16\nproperty: stall\n\npoll client\n" + trickle + "deliver server all\npoll server\n" +
		"deliver client all\npoll client\ndeliver server all\npoll server\ndeliver client all\n" +
		"poll client\n" + talk.actions + "\n"
}

// TestCaptureOnOpenSSL: with the secrets that are in the file tshark decrypts
// what the apps said, renegotiations and KeyUpdates, and finds nothing
// malformed; with each engine, and with a stream that begins with single bytes.
func TestCaptureOnOpenSSL(t *testing.T) {
	needTshark(t)
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	for tls, talk := range talks {
		t.Run(tls, func(t *testing.T) {
			script := write(t, "talk-"+tls+".script", talkScript(tls, strings.Repeat(
				"deliver server byte\n", 7)))
			file := "talk-" + tls + ".pcapng"
			tells(t, want(t, exitClean, "show", "--loose", "--engine", "openssl", "--pcap", file, "--keylog",
				"keys", script), "written: "+file, "written: keys")
			wellFormed(t, file)
			rows := tshark(t, file, "tls || data", "tls.handshake.type", "tcp.dstport", "data.len", "data.data")
			messages := values(rows, 0)
			slices.Sort(messages)
			for _, m := range talk.messages {
				i := slices.Index(messages, m)
				if i < 0 {
					t.Errorf("got too few messages of type %s; want %v", m, talk.messages)
					continue
				}
				messages = slices.Delete(messages, i, i+1)
			}
			saysWhatWasSaid(t, rows, strings.Contains(talk.actions, "7 5"))
		})
	}
}

// saysWhatWasSaid checks the decrypted data: messages of apps, a header of 24
// bytes and a body. Rows have the port it goes to, its length and itself behind a first field.
func saysWhatWasSaid(t *testing.T, rows [][]string, more bool) {
	t.Helper()
	client, server := 124, 74
	if more {
		client, server = client+31, server+29
	}
	got := map[bool]int{} // by whether it goes to the server
	for _, row := range rows {
		toServer := row[1] == "4433"
		for _, n := range values([][]string{row}, 2) {
			bytes, _ := strconv.Atoi(n)
			got[toServer] += bytes
		}
		for _, data := range values([][]string{row}, 3) {
			if toServer && !strings.HasPrefix(data, "8000") { // a request, and its opcode
				t.Errorf("got data %.20s...; want a request of the client's app", data)
			}
		}
	}
	if got[true] != client || got[false] != server {
		t.Errorf("got %d and %d bytes of decrypted data; want %d and %d", got[true], got[false], client,
			server)
	}
}

// TestKeyLogFile: the secrets that --keylog writes are those in the capture: a
// reader that is given them instead decrypts the same.
func TestKeyLogFile(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	script := write(t, "talk.script", talkScript("1.3", ""))
	want(t, exitClean, "show", "--loose", "--engine", "openssl", "--pcap", "talk.pcapng", "--keylog",
		"keys", script)
	keys := read(t, "keys")
	tells(t, keys, "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 ")
	tells(t, read(t, "talk.pcapng"), keys)
	want(t, exitClean, "show", "--loose", "--keylog", "none", script)
	if text := read(t, "none"); text != "" {
		t.Errorf("got %q of the model; want nothing: it has no secrets", text)
	}
}

// TestCaptureOfTheModel: the model's records dissect: their types are those on
// the wire, and what is in the clear is not malformed.
func TestCaptureOfTheModel(t *testing.T) {
	needTshark(t)
	t.Chdir(t.TempDir())
	for tls, wants := range map[string][]string{
		// ClientHello; ServerHello, ServerHelloDone; ClientKeyExchange and both
		// ends' ChangeCipherSpec, Finished; a request; the same again; the answer.
		"1.2": {"22", "22", "22", "22", "20", "22", "20", "22", "23",
			"22", "22", "22", "22", "20", "22", "20", "22", "23"},
		// After the hellos and two ChangeCipherSpecs all says application data.
		"1.3": {"22", "22", "20", "20"},
	} {
		t.Run(tls, func(t *testing.T) {
			file := "model-" + tls + ".pcapng"
			script := write(t, tls+".script", talkScript(tls, ""))
			want(t, exitClean, "show", "--loose", "--pcap", file, script)
			wellFormed(t, file)
			rows := tshark(t, file, "tls.record", "tls.record.content_type", "tls.record.opaque_type")
			got := values(rows, 0)
			if !slices.Equal(got, wants) {
				t.Errorf("got records of types %v; want %v", got, wants)
			}
			if sealed := values(rows, 1); tls == "1.3" {
				if len(sealed) < 8 || len(slices.Compact(sealed)) != 1 || sealed[0] != "23" {
					t.Errorf("got sealed records of types %v; want application data, at least 8", sealed)
				}
			}
		})
	}
}

// TestCaptureOfTheDeadlock: who reads a capture of a deadlock sees both windows
// closed, and the verdict as a comment.
func TestCaptureOfTheDeadlock(t *testing.T) {
	needTshark(t)
	script, err := filepath.Abs("../../corpus/deadlock/no-read-while-blocked-bulk-both-ways.script")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	want(t, exitClean, "show", "--pcap", "deadlock.pcapng", script)
	wellFormed(t, "deadlock.pcapng")
	sides, comments := map[string]bool{}, ""
	for _, row := range tshark(t, "deadlock.pcapng", "tcp.window_size==0 || frame.comment",
		"tcp.window_size", "tcp.srcport", "frame.comment") {
		if row[0] == "0" {
			sides[row[1]] = true
		}
		comments += row[2] + "\n"
	}
	if len(sides) != 2 {
		t.Errorf("got closed windows of ports %v; want both ends", sides)
	}
	tells(t, comments, "Lost wakeup: read interest", "after this turn the wakeup is lost")
}

// TestCapturesDissect: whatever a script does, tshark can dissect all of its
// capture, on the model and on OpenSSL. With WANTWRITE_LONG that is the whole corpus,
// some minutes, else some of what is long, cut off and without a handshake.
func TestCapturesDissect(t *testing.T) {
	needTshark(t)
	needOpenSSL(t)
	names := []string{"deadlock/no-read-while-queued-bulk-both-ways.script",
		"truncation/no-close-notify-mutual-close.script",
		"stall/end-in-handshake-untold-network-faults.script"}
	if os.Getenv("WANTWRITE_LONG") != "" {
		names = corpus.Names()
	}
	folder, err := filepath.Abs("../../corpus")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, name := range names {
		for _, engine := range strings.Split("model openssl", " ") {
			o := command("show", "--loose", "--engine", engine, "--pcap", "x.pcapng",
				filepath.Join(folder, name))
			if unconfirmed[name] != "" && engine == "openssl" {
				continue // a trait that it has not
			}
			if o.code != exitClean && o.code != exitViolation {
				t.Errorf("%s on %s: exit %d: %s", name, engine, o.code, o.err)
				continue
			}
			if malformed[name] {
				none(t, "x.pcapng", streamGaps)
			} else {
				wellFormed(t, "x.pcapng")
			}
		}
	}
}

// TestShowFiles: a file that is there is replaced, and one that can't be written
// is an error that says so.
func TestShowFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	write(t, "old.pcapng", "old")
	want(t, exitClean, "show", "--pcap", "old.pcapng", script)
	if text := read(t, "old.pcapng"); !strings.HasPrefix(text, "\n\r\r\n") {
		t.Errorf("got %.10q; want a section header", text)
	}
	want(t, exitClean, "show", "--html", "page.html", script, script)
	tells(t, read(t, "page.html"), "<!DOCTYPE html>", "Content-Security-Policy", "kv-original at the")
	want(t, exitClean, "show", "--html", "page.html", "--against", "reference", script)
	tells(t, read(t, "page.html"), "Two runs", "kv-original at the server against", "reference at the")
	refused(t, command("show", "--against", "reference", script), "want it with --html and one file")
	refused(t, command("show", "--html", "page.html", "--against", "nobody", script),
		`--against: fuzz: got pump "nobody"; want one of`)
	refused(t, command("show", script, script), "got 2 arguments; want one file, or two with --html")
	for _, flag := range []string{"--pcap", "--keylog", "--html"} {
		refused(t, command("show", flag, "missing/file", script), "cannot write missing/file")
		refused(t, command("show", flag, ".", script), ".")
	}
}
