package story_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A captured packet, as the test reads it back.
type captured struct {
	at       uint64 // nanoseconds
	client   bool   // it is from there
	link     int
	flags    byte
	seq, ack uint32
	payload  []byte
	comments []string
}

// readCapture reads a capture file block by block, and checks what every reader
// relies on: lengths, checksums, and that the times do not go back.
func readCapture(t *testing.T, file []byte) (packets []captured, comment string) {
	t.Helper()
	le := binary.LittleEndian
	last := uint64(0)
	for n := 0; len(file) > 0; n++ {
		size := int(le.Uint32(file[4:]))
		if size%4 != 0 || size > len(file) || int(le.Uint32(file[size-4:])) != size {
			t.Fatalf("block %d has length %d in front and %d behind", n, size, le.Uint32(file[size-4:]))
		}
		kind, body := le.Uint32(file), file[8:size-4]
		file = file[size:]
		switch kind {
		case 0x0a0d0d0a:
			comment = options(t, body[16:])[1][0]
		case 6:
			at := uint64(le.Uint32(body[4:]))<<32 | uint64(le.Uint32(body[8:]))
			if at < last {
				t.Errorf("block %d is of %d ns, after one of %d", n, at, last)
			}
			last = at
			length := int(le.Uint32(body[12:]))
			p := readPacket(t, body[20:20+length])
			p.at, p.comments = at, options(t, body[20+(length+3)&^3:])[1]
			packets = append(packets, p)
		}
	}
	return packets, comment
}

// options reads the options of a block, by code.
func options(t *testing.T, p []byte) map[uint16][]string {
	t.Helper()
	all := map[uint16][]string{}
	for len(p) >= 4 {
		code, n := binary.LittleEndian.Uint16(p), int(binary.LittleEndian.Uint16(p[2:]))
		if code == 0 {
			if len(p) != 4 {
				t.Errorf("got %d bytes behind the last option", len(p)-4)
			}
			return all
		}
		all[code] = append(all[code], string(p[4:4+n]))
		p = p[4+(n+3)&^3:]
	}
	t.Error("the options do not end")
	return all
}

// readPacket takes a TCP segment apart.
func readPacket(t *testing.T, p []byte) captured {
	t.Helper()
	be := binary.BigEndian
	tcp := p[20:]
	pseudo := append(bytes.Clone(p[12:20]), 0, 6, byte(len(tcp)>>8), byte(len(tcp)))
	if ones(p[:20]) != 0xffff || ones(append(pseudo, tcp...)) != 0xffff {
		t.Errorf("got checksums %x and %x; want ffff", ones(p[:20]), ones(append(pseudo, tcp...)))
	}
	if int(be.Uint16(p[2:])) != len(p) {
		t.Errorf("got length %d in a packet of %d", be.Uint16(p[2:]), len(p))
	}
	c := captured{seq: be.Uint32(tcp[4:]), ack: be.Uint32(tcp[8:]), flags: tcp[13],
		payload: tcp[tcp[12]>>4*4:]}
	c.client = be.Uint16(tcp[2:]) == 4433
	port := be.Uint16(tcp)
	if !c.client {
		port = be.Uint16(tcp[2:])
	}
	c.link = int(port) - 40001
	return c
}

// ones is the one's complement sum; that of what has a right checksum is ffff.
func ones(p []byte) uint16 {
	sum := uint32(0)
	for i, b := range p {
		sum += uint32(b) << (8 * (1 - i%2))
	}
	return uint16(sum>>16 + sum&0xffff)
}

// captureOf runs a script and reads its capture back.
func captureOf(t *testing.T, s *script.Script, o run.ReplayOptions) ([]captured, string, *story.Story,
	*sim.Trace) {

	t.Helper()
	o.Trace = true
	out, err := run.Replay(fuzztest.RunnerFor(t, s), s, o)
	if err != nil {
		t.Fatal(err)
	}
	told := story.Tell(s, &out)
	packets, comment := readCapture(t, story.Capture(told, out.Trace))
	return packets, comment, told, out.Trace
}

// wireOf is what went out from an end, and what came in there.
func wireOf(trace *sim.Trace, end script.End) (out, in []byte) {
	for _, ev := range trace.Events {
		switch {
		case ev.End != end:
		case ev.IsAction():
			in = append(in, ev.Data...)
		case ev.Call == "send":
			out = append(out, ev.Data...)
		}
	}
	return out, in
}

// streams puts the segments of a link together by their sequence numbers.
func streams(t *testing.T, packets []captured, link int) (client, server []byte) {
	t.Helper()
	next := map[bool]uint32{}
	for _, p := range packets {
		if p.link != link {
			continue
		}
		if want, ok := next[p.client]; ok && p.seq != want {
			t.Errorf("got sequence number %d; want %d", p.seq, want)
		}
		next[p.client] = p.seq + uint32(len(p.payload))
		if p.flags&3 != 0 { // FIN and SYN have a number too
			next[p.client]++
		}
		if n, ok := next[!p.client]; ok && p.flags&16 != 0 && p.ack > n {
			t.Errorf("got ack %d of what is sent up to %d", p.ack, n)
		}
		if p.client {
			client = append(client, p.payload...)
		} else {
			server = append(server, p.payload...)
		}
	}
	return client, server
}

// TestCaptureHasTheWire: for each script of the corpus the streams are the bytes
// that left the end under test, and those that came there.
func TestCaptureHasTheWire(t *testing.T) {
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, _ *run.Runner) {
		packets, comment, told, trace := captureOf(t, s, run.ReplayOptions{})
		for link := range s.Config.Links {
			client, server := streams(t, packets, link)
			end := script.End(2*link) + script.End(s.Config.Under)
			out, in := wireOf(trace, end)
			if s.Config.Under == model.Client {
				server, client = client, server
			}
			if !bytes.Equal(server, out) || !bytes.Equal(client, in) {
				t.Errorf("got %d and %d bytes of the %s; want %d out and %d in", len(server), len(client),
					end, len(out), len(in))
			}
		}
		last := told.Verdict.Paragraphs[len(told.Verdict.Paragraphs)-1]
		if !strings.Contains(comment, last) || !strings.Contains(comment, told.Title) {
			t.Errorf("got the file's comment %q; want the title and the verdict", comment)
		}
		if n := strings.Count(allComments(packets), last); n != 1 {
			t.Errorf("the verdict stands with %d packets; want 1", n)
		}
	})
}

func allComments(packets []captured) string {
	var b strings.Builder
	for i, p := range packets {
		for _, c := range p.comments {
			fmt.Fprintf(&b, "%d: %s\n", i, c)
		}
	}
	return b.String()
}

// TestCaptureTellsTheStall: the packet that brought the ClientHello says what
// the engine made of it and that this was the end, and the last one what never
// left. Microseconds are steps.
func TestCaptureTellsTheStall(t *testing.T) {
	s := fuzztest.Script(t, "stall/kv-original-idle-renegotiation.script")
	packets, _, told, _ := captureOf(t, s, run.ReplayOptions{})
	text := allComments(packets)
	for _, want := range []string{"absorbs ClientHello (118 bytes)\n",
		fmt.Sprintf("step %d: after this turn the wakeup is lost\n", told.Verdict.Lost),
		"produces ServerHello (77 bytes), which never left\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("got no %q in\n%s", want, text)
		}
	}
	for _, p := range packets {
		if len(p.payload) > 0 && p.client && p.at/1000 == 11 {
			return
		}
	}
	t.Error("the ClientHello of step 11 is not at 11 microseconds")
}

// ends runs a script with other actions and gives the flags of FINs and resets,
// as client:fin, in their order.
func ends(t *testing.T, name, actions string) (all []string) {
	t.Helper()
	s := fuzztest.Script(t, name)
	s.Property, s.Actions = "", nil
	for line := range strings.Lines(actions) {
		a, err := script.ParseAction(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		s.Actions = append(s.Actions, a)
	}
	packets, _, _, _ := captureOf(t, s, run.ReplayOptions{Pump: "reference", Loose: true})
	for _, p := range packets {
		side := map[bool]string{true: "client", false: "server"}[p.client]
		if p.flags&1 != 0 {
			all = append(all, side+":fin")
		}
		if p.flags&4 != 0 {
			all = append(all, side+":reset")
		}
	}
	return all
}

// TestCaptureOfEnds: closes are FINs of both sides, faults are what the end saw.
func TestCaptureOfEnds(t *testing.T) {
	const open = "poll client\ndeliver server all\npoll server\ndeliver client all\npoll client\n" +
		"deliver server all\npoll server\n"
	for actions, want := range map[string]string{
		open:                  "[]",
		open + "close client": "[client:fin server:fin]",
		open + "close server": "[server:fin client:fin]",
		open + "reset server\ndeliver server all": "[client:reset]",
		open + "fin server\ndeliver server all":   "[client:fin server:fin]",
	} {
		got := fmt.Sprint(ends(t, "crash/recv-after-close-mutual-close.script", actions))
		if got != want {
			t.Errorf("after %q: got %s; want %s", actions[len(open):], got, want)
		}
	}
}

// TestCaptureOfFaults: a damaged record is captured as it came, and the fault is
// told with the packet in front of it.
func TestCaptureOfFaults(t *testing.T) {
	s := fuzztest.Script(t, "crash/recv-after-close-mutual-close.script")
	s.Property, s.Actions = "", []script.Action{{Verb: script.Poll},
		{Verb: script.Mutate, On: 1, Arg: uint32(script.WrongType), Arg2: 99}}
	packets, _, _, _ := captureOf(t, s, run.ReplayOptions{Pump: "reference"})
	client, _ := streams(t, packets, 0)
	if len(client) == 0 || client[0] != 99 {
		t.Errorf("got a first byte of %v; want 99, as the fault made it", client[:1])
	}
	if text := allComments(packets); !strings.Contains(text, "a fault is made: mutate server type") {
		t.Errorf("got no word of the fault in\n%s", text)
	}
}
