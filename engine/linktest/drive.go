package linktest

import (
	"encoding/hex"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// most is how many bytes one Carry brings at most: more than engines have waiting.
const most = 1 << 16

// Carry brings at most n bytes of ciphertext from an end to its peer, as far as there is
// room, and gives how many it were.
func (l *Link) Carry(from model.Role, n int) int {
	l.t.Helper()
	if l.buffer == nil {
		l.buffer = make([]byte, most)
	}
	src, dst := l.Ends[from], l.Ends[from.Peer()]
	p := l.buffer[:max(0, min(n, dst.InputRoom(), most))]
	p = p[:src.Drain(p)]
	l.record(from, p)
	if l.Tamper != nil {
		l.Tamper(from, p)
	}
	if fed := dst.Feed(p); fed != len(p) {
		l.t.Fatalf("the %v took %d of %d bytes that it had room for", from.Peer(), fed, len(p))
	}
	l.moved += len(p)
	return len(p)
}

// record notes what an end has put on the wire.
func (l *Link) record(from model.Role, p []byte) {
	fmt.Fprint(l.wire, from, len(p))
	l.wire.Write(p)
	l.Sent[from] = append(l.Sent[from], p...)
}

// Move is Carry of everything that fits.
func (l *Link) Move(from model.Role) int {
	l.t.Helper()
	return l.Carry(from, most)
}

// Settle moves everything both ways. No engine is called meanwhile.
func (l *Link) Settle() {
	l.t.Helper()
	for l.Move(model.Client)+l.Move(model.Server) > 0 {
	}
}

// Moved is how many bytes have moved so far: into engines, or on and off the wires.
func (l *Link) Moved() int { return l.moved + l.To[0].Moved + l.To[1].Moved }

// Sum is a hash of all that has passed, and of the pieces that it passed in.
func (l *Link) Sum() string { return hex.EncodeToString(l.wire.Sum(nil)) }

// step moves Step bytes.
func (l *Link) step(from model.Role) {
	l.t.Helper()
	if l.Step > 0 {
		l.Carry(from, l.Step)
	} else {
		l.Move(from)
	}
}

// Try drives the handshakes of both ends until they are through or nothing moves any more,
// and gives what they said last. An end that is through reads on, because tickets may come.
func (l *Link) Try() (client, server model.Status) {
	l.t.Helper()
	for range 1 << 18 {
		before := l.Moved()
		client, server = l.handshake(model.Client), l.handshake(model.Server)
		l.step(model.Client)
		l.step(model.Server)
		through := client == model.OK && server == model.OK
		if l.Moved() == before || through && l.quiet() {
			return client, server
		}
	}
	l.t.Fatalf("the handshake does not end")
	return
}

// quiet says whether both ends are through their handshakes, and nothing of them is left in
// a buffer.
func (l *Link) quiet() bool {
	c, s := l.Client(), l.Server()
	return c.InitFinished() && s.InitFinished() && c.OutputPending()+s.OutputPending() == 0
}

// handshake makes an end's next call of a handshake.
func (l *Link) handshake(r model.Role) model.Status {
	e := l.Ends[r]
	e.ClearErrors()
	if !e.InitFinished() {
		return e.Handshake()
	}
	if _, st := e.Read(nil); st == model.Failed {
		return st
	}
	return model.OK
}

// Shake is Try, after which both ends have to be through. It gives the link.
func (l *Link) Shake() *Link {
	l.t.Helper()
	c, s := l.Try()
	if c != model.OK || s != model.OK {
		l.t.Fatalf("the handshake ends with %v at the client (%v) and %v at the server (%v)",
			c, l.Client().Err(), s, l.Server().Err())
	}
	return l
}

// Want fails the test if a call answered something else.
func (l *Link) Want(what string, got, want model.Status) {
	l.t.Helper()
	if got != want {
		l.t.Fatalf("%s says %v; want %v (client: %v, server: %v)", what, got, want,
			l.Client().Err(), l.Server().Err())
	}
}

// Read makes one Read, and gives what it got and what it was told.
func (l *Link) Read(r model.Role) (string, model.Status) {
	if l.plain == nil {
		l.plain = make([]byte, 1<<15) // more than a record
	}
	n, st := l.Ends[r].Read(l.plain)
	return string(l.plain[:n]), st
}

// ReadSays makes one Read, which has to say this, and gives what it got.
func (l *Link) ReadSays(r model.Role, want model.Status) string {
	l.t.Helper()
	text, st := l.Read(r)
	l.Want("a Read of the "+r.String(), st, want)
	return text
}

// WriteSays makes one Write, which has to say this, and gives how much it took.
func (l *Link) WriteSays(r model.Role, data []byte, want model.Status) int {
	l.t.Helper()
	n, st := l.Ends[r].Write(data)
	l.Want("a Write of the "+r.String(), st, want)
	return n
}

// Write makes one Write, which has to take all of the text.
func (l *Link) Write(r model.Role, text string) {
	l.t.Helper()
	if n := l.WriteSays(r, []byte(text), model.OK); n != len(text) {
		l.t.Fatalf("the %v wrote %d of %d bytes", r, n, len(text))
	}
}

// Hear makes one Read, which has to give the text.
func (l *Link) Hear(r model.Role, text string) {
	l.t.Helper()
	if got := l.ReadSays(r, model.OK); got != text {
		l.t.Fatalf("the %v read %q; want %q", r, got, text)
	}
}

// Say has one end write a text, and the other read it.
func (l *Link) Say(from model.Role, text string) {
	l.t.Helper()
	l.Write(from, text)
	l.Settle()
	l.Hear(from.Peer(), text)
}

// Pass has one end write a text while the other reads it, through buffers that may hold
// less than a record. It gives the most that one Write
// took.
func (l *Link) Pass(from model.Role, text string) (longest int) {
	l.t.Helper()
	to, left, got := from.Peer(), []byte(text), ""
	for range 1 << 19 {
		if len(left) > 0 {
			n, st := l.Ends[from].Write(left)
			if st == model.Failed {
				l.t.Fatalf("the %v can't write: %v", from, l.Ends[from].Err())
			}
			longest, left = max(longest, n), left[n:]
		}
		l.step(from)
		part, st := l.Read(to)
		if st == model.Failed {
			l.t.Fatalf("the %v can't read: %v", to, l.Ends[to].Err())
		}
		l.step(to)
		if got += part; len(left) == 0 && len(got) >= len(text) {
			if got != text {
				l.t.Fatalf("the %v read %q; want %q", to, got, text)
			}
			return longest
		}
	}
	l.t.Fatalf("%d of %d bytes were written, and %d read", len(text)-len(left), len(text), len(got))
	return 0
}

// Count says how often a noted end has sent a message, or absorbed it.
func (l *Link) Count(by model.Role, sent bool, message string) (n int) {
	for _, note := range l.Notes {
		if note.By == by && note.Sent == sent && note.Message == message {
			n++
		}
	}
	return n
}
