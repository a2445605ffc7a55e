package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Capture makes a pcapng file of a run and its trace, as if tcpdump had run on the host of
// the end under test: what it sent, and what arrived, faults included. Each link is a TCP
// stream. In a packet's time the seconds are virtual ticks and the microseconds are the
// number of the step. Comments say what the engine processed and produced, and what was
// found; with a program they say it of its peer's. The secrets of real engines are in the file.
func Capture(s *Story, t *sim.Trace) []byte {
	c := &capture{trace: t, cfg: &s.Config, story: s}
	for i := range c.flows {
		c.flows[i] = c.flow(i)
	}
	c.shake()
	for i := range c.trace.Events {
		c.event(&c.trace.Events[i])
	}
	c.endStep()
	c.conclude()
	return c.file()
}

// KeyLog is the secrets of a trace in the NSS key log format. It is empty if only the
// model's engines ran, which have no secrets.
func KeyLog(t *sim.Trace) (log []byte) {
	for _, line := range t.Secrets {
		log = append(append(log, line...), '\n')
	}
	return log
}

// A capture is the packets of a run, in order.
type capture struct {
	trace   *sim.Trace
	cfg     *script.Config
	story   *Story
	packets []packet
	flows   [script.MaxLinks]flow
	step    int    // the one whose events come
	now     uint64 // virtual time, in ticks
	last    uint64 // time of the last packet, in nanoseconds
}

type packet struct {
	link     int
	at       uint64
	data     []byte
	comments []string
}

// A flow is one link's TCP stream. Index 0 is the end under test, 1 its peer.
type flow struct {
	end    script.End
	sides  [2]side
	newest int      // the last packet with data that came; -1: none
	made   []string // what the engine has produced and has not left
	told   []string // with a program: what its peer's engine has produced and has not come
	sent   int      // with a program: its last packet with data; -1: none
	fin    bool     // the end has called for its FIN in this step
}

// A side is an end's address and the position in its bytes.
type side struct {
	addr [4]byte
	port uint16
	next uint32 // its next sequence number
	seen uint32 // what it acknowledges: the other's next one that has come
	over bool   // it has sent a FIN, or somebody a RST
	full bool   // its last packet has said that its window is closed
}

// capturePort is the server's port in a capture, that of openssl-s_server(1). On port 443
// Wireshark would take the apps' data for HTTP, on 11207 for Couchbase requests.
const capturePort = 4433

// CaptureDecoding are the arguments that tell tshark what the streams are.
//
// Story 65: without them tshark guesses the apps' protocol. Decrypted data that began with
// 0x30 was shown as a malformed CredSSP packet.
func CaptureDecoding() []string {
	return []string{"-d", fmt.Sprintf("tcp.port==%d,tls", capturePort),
		"-d", fmt.Sprintf("tls.port==%d,data", capturePort)}
}

func (c *capture) flow(link int) flow {
	f := flow{end: script.End(2*link + int(c.cfg.Under)), newest: -1, sent: -1}
	client := side{addr: [4]byte{192, 0, 2, 1}, port: uint16(40001 + link), next: 1000}
	server := side{addr: [4]byte{198, 51, 100, 1}, port: capturePort, next: 2000}
	if f.sides = [2]side{client, server}; c.cfg.Under == model.Server {
		f.sides = [2]side{server, client}
	}
	return f
}

// shake opens the streams, because a world begins with links that are up.
func (c *capture) shake() {
	for i := range c.flows[:c.cfg.Links] {
		f := &c.flows[i]
		client, server := int(c.cfg.Under), 1-int(c.cfg.Under)
		c.send(f, client, tcpSyn, nil)
		f.sides[client].next++
		f.sides[server].seen = f.sides[client].next
		c.send(f, server, tcpSyn|tcpAck, nil)
		f.sides[server].next++
		f.sides[client].seen = f.sides[server].next
		c.send(f, client, tcpAck, nil)
	}
}

// mss, window scale and the no-ops between them (RFC 9293, section 3.2).
var synOptions = []byte{2, 4, 0xff, 0xd7, 1, 3, 3, windowShift}

// send writes a packet of a side and returns its index.
func (c *capture) send(f *flow, from int, flags byte, payload []byte) int {
	me, peer := &f.sides[from], &f.sides[1-from]
	s := segment{from: me.addr, to: peer.addr, sport: me.port, dport: peer.port, seq: me.next,
		ack: me.seen, flags: flags, window: c.window(f, from), id: uint16(len(c.packets)),
		payload: payload}
	if flags&tcpSyn != 0 {
		s.options = synOptions
	}
	if flags&tcpAck == 0 {
		s.ack = 0
	}
	c.packets = append(c.packets, packet{link: int(f.end / 2), at: c.time(), data: s.bytes()})
	me.next += uint32(len(payload))
	me.full = s.window == 0
	return len(c.packets) - 1
}

// window is how much room a side has for bytes in flight.
func (c *capture) window(f *flow, from int) int {
	if c.trace.Last() < 0 {
		return c.cfg.Sizes.Window
	}
	end := f.end
	if from == 1 {
		end = f.end.Peer()
	}
	v := &c.trace.View(c.step)[end]
	return max(0, c.cfg.Sizes.Window-v.Account.Quiescence.Unread)
}

// time is the time of the next packet. No two packets have the same.
func (c *capture) time() uint64 {
	at := c.now*1e9 + uint64(c.step)*1e3
	if c.last = max(at, c.last+1); len(c.packets) == 0 {
		c.last = at
	}
	return c.last
}

// event writes the packets of an event.
func (c *capture) event(ev *sim.Event) {
	if ev.IsAction() {
		c.endStep()
		c.step, c.now = ev.Step, ev.Now
	}
	f := &c.flows[ev.End/2]
	mine := ev.End == f.end
	switch {
	case ev.IsAction():
		c.action(f, ev, mine)
	case !mine && ev.IsNote() && c.cfg.Foreign(f.end):
		c.peerNote(f, ev)
	case !mine:
	case ev.IsNote():
		c.note(f, ev)
	case ev.Call == "send" && ev.N > 0:
		at := c.data(f, 0, ev.Data)
		c.packets[at].comments = append(c.packets[at].comments, f.made...)
		f.made, f.sent = nil, at
	case ev.Call == "shutdown(write)" || ev.Call == "close":
		f.fin = true
	}
}

// data writes bytes of a side in as few segments as possible. Before that it announces
// that the other side's window is open again.
//
// Story 78: it did not announce that. A single byte after a closed window looked like a
// window probe, and Wireshark missed it for the rest of the stream.
func (c *capture) data(f *flow, from int, p []byte) (at int) {
	if other := 1 - from; len(p) > 0 && f.sides[other].full && c.window(f, other) > 0 {
		c.send(f, other, tcpAck, nil)
	}
	for len(p) > 0 {
		n := min(len(p), maxSegment)
		at = c.send(f, from, tcpPush|tcpAck, p[:n])
		p = p[n:]
	}
	return at
}

// action writes what an action brings to either end. A comment names the fault.
func (c *capture) action(f *flow, ev *sim.Event, mine bool) {
	switch { // an eager peer's bytes come in a turn, and stand in front of it
	case len(ev.Data) == 0:
	case mine:
		f.newest = c.data(f, 1, ev.Data)
		c.packets[f.newest].comments = append(c.packets[f.newest].comments, f.told...)
		f.told = nil
		f.sides[0].seen = f.sides[1].next
		c.send(f, 0, tcpAck, nil)
	default:
		f.sides[1].seen = min(f.sides[1].seen+uint32(len(ev.Data)), f.sides[0].next)
		c.send(f, 1, tcpAck, nil)
	}
	switch ev.Action.Verb {
	case script.Window, script.Reset, script.Fin, script.Mutate, script.Attack:
		c.comment(len(c.packets)-1, fmt.Sprintf("step %d: a fault is made: %s", ev.Step, ev.Action))
	}
}

// noteOf says what an engine processed or produced.
func noteOf(ev *sim.Event) string {
	return fmt.Sprintf("step %d: the %s's engine %s", ev.Step, ev.End, noteText(ev))
}

// note adds what the engine processed or produced to the packet concerned.
func (c *capture) note(f *flow, ev *sim.Event) {
	text := noteOf(ev)
	if ev.Note.Sent {
		f.made = append(f.made, text)
	} else {
		c.comment(f.newest, text)
	}
}

// peerNote adds what the engine of a program's peer processed or produced: of the program's own
// nothing is known.
func (c *capture) peerNote(f *flow, ev *sim.Event) {
	text := noteOf(ev)
	if ev.Note.Sent {
		f.told = append(f.told, text)
	} else {
		c.comment(f.sent, text)
	}
}

// comment adds a comment to a packet; index -1 is none.
func (c *capture) comment(at int, text string) {
	if at >= 0 {
		c.packets[at].comments = append(c.packets[at].comments, text)
	}
}

// endStep writes the ends of streams that came in the step, and marks the step in which
// the wakeup was lost.
func (c *capture) endStep() {
	for i := range c.flows[:c.cfg.Links] {
		f := &c.flows[i]
		before, after := c.views(c.step-1), c.views(c.step)
		if before == nil || after == nil {
			continue
		}
		peer := f.end.Peer()
		if f.fin {
			c.close(f, 0, after[peer].Reset && !before[peer].Reset)
			f.fin = false
		}
		if after[f.end].ResetSeen && !before[f.end].ResetSeen {
			c.close(f, 1, true)
		} else if after[f.end].FinSeen && !before[f.end].FinSeen {
			c.close(f, 1, false)
		}
	}
	if v := &c.story.Verdict; v.Lost > 0 && v.Lost == c.step {
		c.comment(c.newest(), fmt.Sprintf("step %d: after this turn the wakeup is lost", c.step))
	}
}

// views are those of a step; nil if there are none.
func (c *capture) views(step int) []sim.View {
	if step < 0 || step > c.trace.Last() {
		return nil
	}
	return c.trace.View(step)
}

// close writes a side's FIN or RST, once. Nothing follows a RST.
func (c *capture) close(f *flow, from int, reset bool) {
	me := &f.sides[from]
	if me.over {
		return
	}
	me.over = true
	if reset {
		f.sides[1-from].over = true
		c.send(f, from, tcpReset|tcpAck, nil)
		return
	}
	c.send(f, from, tcpFin|tcpAck, nil)
	me.next++
	if other := &f.sides[1-from]; from == 1 {
		other.seen = me.next
		c.send(f, 0, tcpAck, nil)
	}
}

// newest is the last packet with data to or from the end that is to blame.
func (c *capture) newest() int {
	f := &c.flows[c.story.End/2]
	if f.newest >= 0 {
		return f.newest
	}
	return len(c.packets) - 1
}

// conclude adds to the last packets what never left, and what was found.
func (c *capture) conclude() {
	last := map[int]int{} // of each link
	for i, p := range c.packets {
		last[p.link] = i
	}
	for i := range c.flows[:c.cfg.Links] {
		for _, text := range c.flows[i].made {
			c.comment(last[i], text+", which never left")
		}
		for _, text := range c.flows[i].told {
			c.comment(last[i], text+", which never came")
		}
	}
	if v := &c.story.Verdict; v.Property != "" {
		c.comment(last[int(c.story.End/2)], strings.Join(v.Paragraphs, "\n\n"))
	}
}

// file is the capture file.
func (c *capture) file() []byte {
	f := &pcapng{}
	f.head(c.story.Title + "\n\n" + strings.Join(c.story.Verdict.Paragraphs, "\n\n") +
		"\n\nSeconds are ticks of virtual time, microseconds are steps.")
	if log := KeyLog(c.trace); len(log) > 0 {
		f.secrets(log)
	}
	for _, p := range c.packets {
		f.packet(p.at, p.data, p.comments)
	}
	return f.buf
}
