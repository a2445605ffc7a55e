//go:build linux && amd64

package kernel

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model/splitmix"
)

// play does the lines of a play on a stage and returns what happened. A line is a call of the main
// worker, or of another behind "second:", or something that the peer does:
//
//	< text    the peer sends
//	< fin     it ends its stream, and with "< reset" the connection
//	< read    it reads all that has come
//	< connect a peer connects
//	wait NAME the answer of a worker that waits
//	elapse    time passes until the next timer
func play(s stage, lines string) (log []string) {
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if text, ok := one(s, line); ok {
			line += " -> " + text
		}
		log = append(log, line)
	}
	return log
}

// one does one line. It is not ok if nothing is told.
func one(s stage, line string) (string, bool) {
	if peer, ok := strings.CutPrefix(line, "< "); ok {
		switch peer {
		case "fin":
			s.fin()
		case "reset":
			s.reset()
		case "connect":
			s.connect()
		case "read":
			return s.drain(), true
		default:
			s.send(peer)
		}
		return "", false
	}
	if line == "elapse" {
		s.elapse()
		return "", false
	}
	if name, ok := strings.CutPrefix(line, "wait "); ok {
		if !strings.Contains(name, " ") {
			return s.answer(name), true
		}
	}
	worker, call, ok := strings.Cut(line, ": ")
	if !ok {
		worker, call = "main", line
	}
	if call == "end" || strings.HasPrefix(call, "exit") {
		s.leave(worker, call)
		return "", false
	}
	return s.tell(worker, call), true
}

// connected begins a play with a connection, which is c; l is the listener.
const connected = `
	socket l 2 1
	bind l PORT
	listen l
	< connect
	accept l c 0x800
	sndbuf c 65536
	nodelay c
`

// compare plays on both stages.
func compare(t *testing.T, lines string) {
	t.Helper()
	here, there := play(newOurs(t, 4), lines), play(newLinux(t), lines)
	for i := range min(len(here), len(there)) {
		if here[i] != there[i] {
			t.Errorf("got  %s\nwant %s\nafter\n\t%s", here[i], there[i], strings.Join(there[:i], "\n\t"))
			return
		}
	}
	if len(here) != len(there) {
		t.Errorf("got %d answers; want %d", len(here), len(there))
	}
}

// TestLikeLinux plays stories about each part of the kernel on Linux and on ours.
func TestLikeLinux(t *testing.T) {
	for name, lines := range plays {
		t.Run(name, func(t *testing.T) { compare(t, connected+lines) })
	}
}

// A chance draws the lines of a play.
type chance uint64

func (c *chance) below(n int) int { return int(splitmix.Next((*uint64)(c)) % uint64(n)) }

func (c *chance) of(words ...string) string { return words[c.below(len(words))] }

// drawPlay draws a play of so many lines on one connection: whatever a program does, and its peer.
func drawPlay(seed uint64, length int) string {
	c := chance(seed)
	var b strings.Builder
	// Afterwards the peer says nothing. To send to who has shut down both ways is to be reset, which
	// is for the world to do.
	fin, reset := false, false
	for range length {
		line := c.draw()
		fin = fin || strings.HasPrefix(line, "shutdown c")
		if peer, ok := strings.CutPrefix(line, "< "); ok && peer != "read" {
			if reset || fin && peer != "reset" {
				continue
			}
			fin, reset = fin || peer == "fin", peer == "reset"
		}
		fmt.Fprintln(&b, line)
	}
	return b.String()
}

func (c *chance) draw() string {
	mask := "0x" + strconv.FormatUint(uint64([]uint32{1, 4, 5, 0x2001, 0x2005, 0}[c.below(6)]|
		[]uint32{0, 0, epollEdge, epollEdge, epollOneShot, epollEdge | epollOneShot}[c.below(6)]), 16)
	const look = "wait e 8 0"
	switch c.below(24) {
	case 0, 1:
		return "ctl e 1 c " + mask + " 77"
	case 2, 3:
		return "ctl e 3 c " + mask + " 78"
	case 4:
		return "ctl e 2 c"
	case 5, 6, 7, 8, 9:
		return look
	case 10:
		return "poll 0 c " + c.of("0x1", "0x4", "0x5", "0x2005", "0x2047") + " e 0x1"
	case 11:
		return "select 0 r c w c x c"
	case 12, 13:
		return "< " + c.of("hello", "a", "some more text")
	case 14:
		return c.of("read c 3", "read c 100", "readv c 2 1 5", "recv c 4 2", "recvmsg c 0x40 3 4", "fionread c")
	case 15:
		return "recv c 1000 0x40"
	case 16:
		return c.of("send c 10 0x4000", "writev c 3 4 5", "sendmsg c 0x4000 3 4", "send c 0 0x4000")
	case 17:
		return "fill c"
	case 18, 19:
		return "< read"
	case 20:
		return c.of("soerror c", "name c", "peer c", "flags c")
	case 21:
		if c.below(3) == 0 {
			return "shutdown c " + c.of("0", "1", "1", "2")
		}
		return look
	case 22:
		if c.below(3) == 0 {
			return "< " + c.of("fin", "fin", "reset")
		}
		return look
	}
	return "fionread c"
}

// TestLikeLinuxAtRandom plays whatever comes.
func TestLikeLinuxAtRandom(t *testing.T) {
	rounds := 15
	if require.Long() {
		rounds = 2000
	}
	for seed := range uint64(rounds) {
		compare(t, connected+"handle 13 1\nepoll e\n"+drawPlay(seed, 30))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
