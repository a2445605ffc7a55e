package dialogue

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// recorded is a conversation of many requests, each whole before the next, or all at once.
func recorded(t testing.TB, d *own.Dialogue, from int, pipelined bool) *talk {
	t.Helper()
	k := newTalk(d)
	for _, a := range workload(from) {
		k.begin(a)
		if !pipelined || !k.client.Begins() {
			k.settle()
		}
	}
	k.settle()
	k.fine(t)
	return k
}

// TestEveryCutSoundsTheSame: a conversation of each dialogue, and what its client hears is cut into
// two pieces at each place, and into bytes. It hears, judges and says the same.
func TestEveryCutSoundsTheSame(t *testing.T) {
	for _, d := range everyDialogue(t) {
		t.Run(d.Name, func(t *testing.T) {
			for from := range 4 {
				k := recorded(t, d, from, false)
				all := heardIn(k.events)
				want, said := again(d, k.events, func(int) int { return all })
				if n, _ := k.client.Answers(); n < 5 || want != verdict(k.client) {
					t.Fatalf("%d answers; again %s, before %s", n, want, verdict(k.client))
				}
				for place := range all {
					if place > 3000 && place%7 > 0 {
						continue
					}
					got, says := again(d, k.events, func(at int) int {
						if at < place {
							return place
						}
						return all
					})
					if got != want || string(says) != string(said) {
						t.Fatalf("cut at %d: %s; want %s", place, got, want)
					}
				}
				got, says := again(d, k.events, func(at int) int { return at + 1 })
				if got != want || string(says) != string(said) {
					t.Fatalf("byte by byte: %s; want %s", got, want)
				}
			}
		})
	}
}

// TestServersHearEveryCut: the same for servers, by what they answer.
func TestServersHearEveryCut(t *testing.T) {
	for _, d := range everyDialogue(t) {
		var asked []byte
		k := recorded(t, d, 1, true)
		_, asked = again(d, k.events, func(at int) int { return at + 1 })
		server := func() own.Judge {
			s := d.New(own.Place{Server: true}).(own.Judge)
			if s.Begins() {
				s.Begin(nil, 0, 0)
			}
			return s
		}
		whole := server()
		answer := whole.Hear(nil, asked)
		for place := range len(asked) {
			s := server()
			got := s.Hear(s.Hear(nil, asked[:place]), asked[place:])
			if string(got) != string(answer) || verdict(s) != verdict(whole) {
				t.Fatalf("%s: cut at %d: %s; want %s", d.Name, place, verdict(s), verdict(whole))
			}
		}
		s, got := server(), []byte(nil)
		for i := range asked {
			got = s.Hear(got, asked[i:i+1])
		}
		if string(got) != string(answer) || verdict(s) != verdict(whole) {
			t.Errorf("%s: byte by byte: %s; want %s", d.Name, verdict(s), verdict(whole))
		}
	}
}

// TestPipelinedSoundsTheSame: whatever is asked, delivered in whatever pieces, at whatever moment,
// is answered as if one had waited for each answer. On the way speakers are saved, and others that
// are new go on in their place.
func TestPipelinedSoundsTheSame(t *testing.T) {
	for _, d := range everyDialogue(t) {
		t.Run(d.Name, rapid.MakeCheck(func(t *rapid.T) {
			k := newTalk(d)
			size := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 40), rapid.IntRange(0, 5000))
			piece := rapid.OneOf(rapid.IntRange(1, 3), rapid.IntRange(1, 9000))
			var asked []ask
			for range rapid.IntRange(1, 40).Draw(t, "steps") {
				switch rapid.IntRange(0, 4).Draw(t, "what") {
				case 0, 1:
					a := ask{size.Draw(t, "body"), size.Draw(t, "answer")}
					if k.begin(a) {
						asked = append(asked, a)
					}
				case 2:
					k.deliverUp(piece.Draw(t, "up"))
				case 3:
					k.deliverDown(piece.Draw(t, "down"))
				case 4:
					k.client = twin(t, d, own.Place{}, k.client)
					if _, byHand := k.server.(*lineServer); !byHand {
						k.server = twin(t, d, own.Place{Server: true}, k.server)
					}
				}
			}
			k.settle()
			k.fine(t)
			quiet := newTalk(d)
			for _, a := range asked {
				quiet.begin(a)
				quiet.settle()
			}
			quiet.fine(t)
			if got, want := verdict(k.client), verdict(quiet.client); got != want {
				t.Fatalf("%s; one by one it is %s", got, want)
			}
		}))
	}
}

// twin is a new speaker with the state of another.
func twin(t *rapid.T, d *own.Dialogue, at own.Place, of own.Judge) own.Judge {
	var shot model.Snapshot
	shot.Write(nil)
	of.(model.Snapshotter).Snapshot(&shot)
	data := append([]byte(nil), shot.Data()...)
	s := d.New(at)
	shot.Read(data)
	s.(model.Snapshotter).Snapshot(&shot)
	if !shot.OK() || len(shot.Data()) > 0 {
		t.Fatalf("%s: %d bytes of a snapshot are left", d.Name, len(shot.Data()))
	}
	shot.Write(nil)
	s.(model.Snapshotter).Snapshot(&shot)
	if string(shot.Data()) != string(data) {
		t.Fatalf("%s: a snapshot is %q when restored; it was %q", d.Name, shot.Data(), data)
	}
	return s.(own.Judge)
}

// TestLargest: bodies and answers of 1 MiB, and of each power of two around.
func TestLargest(t *testing.T) {
	for _, d := range everyDialogue(t) {
		k := newTalk(d)
		for n, a := range []ask{{most, 0}, {0, most}, {most, most}, {most - 1, 3}, {most + 1, most + 1}, {1 << 16, 1<<16 + 1}} {
			if !k.begin(a) {
				t.Errorf("%s: no more after %d requests", d.Name, n)
			}
			k.settle()
			k.fine(t)
		}
	}
}

// TestWithoutTheEnd: a conversation that is cut off owes something, and nothing is wrong with it.
func TestWithoutTheEnd(t *testing.T) {
	for _, d := range everyDialogue(t) {
		k := newTalk(d)
		k.begin(ask{30, 100})
		for len(k.up) > 0 || len(k.down) > 1 {
			k.deliverUp(len(k.up))
			k.deliverDown(len(k.down) - 1)
		}
		if k.client.Owed() == "" || k.client.Wrong() != "" {
			t.Errorf("%s: a byte is missing: owed %q, wrong %q", d.Name, k.client.Owed(), k.client.Wrong())
		}
	}
}

// TestOneByteDecides: no byte of an answer can be changed, lost or doubled without a word, but what
// is the program's own. How much of a conversation that is, in changes by a thousand, is held here:
// it may only shrink.
func TestOneByteDecides(t *testing.T) {
	own := map[string]int{"http": 490, "http-any": 475, "redis": 0, "memcached": 40, "echo": 0, "smtp": 720}
	for _, d := range All() {
		k := recorded(t, d, 2, false)
		all := heardIn(k.events)
		want, _ := again(d, k.events, func(int) int { return all })
		unnoticed := 0
		for place := range all {
			for change := range 3 {
				if got, _ := again(d, damaged(k.events, place, change), func(int) int { return all }); got == want {
					unnoticed++
				}
			}
		}
		if got := unnoticed * 1000 / (3 * all); got > own[d.Name] {
			t.Errorf("%s: %d changes of a thousand are not noticed; want %d at most", d.Name, got, own[d.Name])
		}
	}
}

// damaged is a conversation with a byte changed, doubled or lost.
func damaged(events []event, place, change int) []event {
	events = append([]event(nil), events...)
	for i := range events {
		p := events[i].heard
		if place >= len(p) {
			place -= len(p)
			continue
		}
		bad := append([]byte(nil), p...)
		switch change {
		case 0:
			bad[place] ^= 1
		case 1:
			bad = append(bad[:place+1], p[place:]...)
		case 2:
			bad = append(bad[:place], p[place+1:]...)
		}
		events[i].heard = bad
		return events
	}
	return events
}

// TestLinksDiffer: what belongs to another link shows.
func TestLinksDiffer(t *testing.T) {
	for _, d := range All() {
		if d.Name == "smtp" || d.Name == "http-any" { // answers have nothing of the link
			continue
		}
		k := &talk{client: d.New(own.Place{}).(own.Judge), server: d.New(own.Place{Server: true}).(own.Judge)}
		other := &talk{client: d.New(own.Place{Link: 1}).(own.Judge), server: d.New(own.Place{Server: true}).(own.Judge)}
		for _, k := range []*talk{k, other} {
			k.begin(ask{40, 0})
			k.begin(ask{40, 100})
			for len(k.up) > 0 {
				k.deliverUp(len(k.up))
			}
		}
		k.client.Hear(nil, other.down)
		if k.client.Wrong() == "" {
			t.Errorf("%s: the answers of link 1 are taken for those of link 0", d.Name)
		}
	}
}

// TestNames: each dialogue is found by its name, and what has none is told.
func TestNames(t *testing.T) {
	for _, d := range All() {
		if got, err := Named(d.Name); got != d || err != nil || d.About == "" {
			t.Errorf("Named(%q) = %v, %v", d.Name, got, err)
		}
	}
	for name, want := range map[string]string{
		"htpp": `dialogue: got dialogue "htpp"; want http, http-any, redis, memcached, memcached-binary, echo or smtp; did you mean http?`,
		"":     `dialogue: got dialogue ""; want http, http-any, redis, memcached, memcached-binary, echo or smtp`,
	} {
		if _, err := Named(name); err == nil || err.Error() != want {
			t.Errorf("Named(%q): %v; want %s", name, err, want)
		}
	}
	if _, err := NewPreamble("startls", own.Place{}); err == nil ||
		!strings.HasSuffix(err.Error(), "; want starttls or starttls-injected; did you mean starttls?") {
		t.Errorf("a preamble that is none: %v", err)
	}
}

// TestSpeakersAreCheap: a hunt makes two a schedule.
func TestSpeakersAreCheap(t *testing.T) {
	if require.Race {
		t.Skip("the race detector allocates")
	}
	for _, d := range All() {
		var up, down []byte
		n := testing.AllocsPerRun(100, func() {
			c, s := d.New(own.Place{}), d.New(own.Place{Server: true})
			for range 3 {
				up = c.Begin(up[:0], 0, 100)
				for len(up) > 0 {
					down = s.Hear(down[:0], up)
					up = c.Hear(up[:0], down)
				}
			}
		})
		if n > 24 {
			t.Errorf("%s: %v allocations for two speakers and three requests; want at most 24", d.Name, n)
		}
		t.Logf("%s: %v allocations", d.Name, n)
	}
}
