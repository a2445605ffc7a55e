package sim

import (
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// TestWhatPassesIsFollowed: a pump may pass on what it got in any pieces. Bytes that it leaves out,
// passes on twice, changes or makes up are told apart, and only the first of them counts.
func TestWhatPassesIsFollowed(t *testing.T) {
	const in = "the first bytes, and behind them the second"
	for _, tc := range []struct {
		name string
		out  []string
		want string
	}{
		{"all of it", []string{in}, ""},
		{"in pieces", []string{"the", " first bytes", ", and behind them the second"}, ""},
		{"a part of it, for the rest may come", []string{"the first"}, ""},
		{"nothing", []string{""}, ""},
		{"the middle is left out", []string{"the first", " behind them the second"},
			"which leaves out 11 bytes"},
		{"a piece comes again", []string{"the first bytes", "the first bytes"},
			"of which some had gone by before"},
		{"a byte is another one", []string{"the fir5t bytes"}, "which are not those that came next"},
		{"there is more than came", []string{in + "!"}, "1 bytes more than it had"},
		{"only the first counts", []string{"no", "not this", in}, "which are not those that came next"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p passage
			p.enter([]byte(in))
			var said []string
			for _, piece := range tc.out {
				if wrong := p.leave([]byte(piece)); wrong != "" {
					said = append(said, wrong)
				}
			}
			if tc.want == "" && len(said) > 0 || tc.want != "" && !slices.Equal(said, []string{tc.want}) {
				t.Errorf("got %q; want %q once", said, tc.want)
			}
		})
	}
}

// TestFollowingIsBounded: a run may be long. Of what has gone by only the newest is kept, and that
// is enough to know a piece again. A pump that holds megabytes is not followed.
func TestFollowingIsBounded(t *testing.T) {
	var p passage
	piece := make([]byte, 1<<12)
	for i := range 1 << 11 { // 8 MiB
		r := Rand(i)
		for at := range piece {
			piece[at] = byte(r.Uint64())
		}
		p.enter(piece)
		if wrong := p.leave(piece); wrong != "" {
			t.Fatalf("piece %d: %s", i, wrong)
		}
	}
	if len(p.in) > 4*history {
		t.Errorf("got %d bytes kept; want at most %d", len(p.in), 4*history)
	}
	if wrong := p.leave(piece); wrong != "of which some had gone by before" {
		t.Errorf("got %q of a piece that comes again", wrong)
	}
	for p = (passage{}); !p.wrong; p.enter(piece) {
		if len(p.in) > mostFollowed+len(piece) {
			t.Fatalf("got %d bytes that wait; want at most %d", len(p.in), mostFollowed)
		}
	}
	if wrong := p.leave([]byte("anything")); wrong != "" {
		t.Errorf("got %q of a pump that is not followed", wrong)
	}
}

// TestEachSeamIsFollowed: a pump that sends a record twice, and one that leaves out a byte of what it received, or of what it decrypted, are caught in that call.
func TestEachSeamIsFollowed(t *testing.T) {
	buf := make([]byte, 4096)
	var sent []byte
	for call, offend := range map[string]func(b *bench){
		"send": func(b *bench) {
			b.client().send(sent)
		},
		"feed": func(b *bench) {
			got, _ := b.server().recv()
			b.server().Engine.Feed(got[1:])
		},
		"app: data": func(b *bench) {
			got, _ := b.server().recv()
			e := b.server().Engine
			e.Feed(got)
			n, st := e.Read(buf)
			if st != model.OK {
				b.t.Fatalf("read says %s", st)
			}
			b.server().App.Data(buf[1:n])
		},
	} {
		t.Run(call, func(t *testing.T) {
			trace := &Trace{}
			b := newBench(t, nil)
			b.SetTrace(trace)
			b.spied = true // as the next Reset would see to
			b.shake()
			for _, ev := range trace.Events {
				if ev.Wrong != "" {
					t.Fatalf("%s, %s, in a sound handshake", ev, ev.Wrong)
				}
			}
			client := b.client()
			client.during = func() {
				client.Engine.Write(client.Env.App.(*app).e.plain.buf[:headerLen])
				sent = slices.Clone(buf[:client.Engine.Drain(buf)])
				client.send(sent)
			}
			client.takes = headerLen
			b.do("write client 0 0", "deliver server all")
			offend(b)
			var marked []string
			for _, ev := range trace.Events {
				if ev.Wrong != "" {
					marked = append(marked, ev.Call)
				}
			}
			if !slices.Equal(marked, []string{call}) {
				t.Errorf("got the calls %q marked; want %q", marked, call)
			}
		})
	}
}
