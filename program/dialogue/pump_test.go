package dialogue

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/example"
	"github.com/wantwrite/wantwrite/model/own"
)

// TestPumps: a pump in Go carries each dialogue, with both ends ours, and nothing is owed in the end. A
// server that was told to quit closes, also where that close meets a client's renegotiation (story 162).
func TestPumps(t *testing.T) {
	file, err := Parse("made-up.txt", "send GET $ANSWER\\n\nrepeat\n  expect-until ::\n  pause\n  send GET $ANSWER\\n\nend\n"+
		"server\nrepeat\n  skip-until \\n\n  send-bytes 300\n  send ::\nend")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(All(), file) {
		t.Run(d.Name, func(t *testing.T) {
			spec := example.Spec()
			spec.Dialogue = d
			fuzz.Check(t, spec, func(h *fuzz.Hunt) { h.Schedules = require.Times(150, 20_000) })
		})
	}
}

// BenchmarkSpeakers is what a schedule needs: two speakers, ten requests.
func BenchmarkSpeakers(b *testing.B) {
	for _, d := range All() {
		b.Run(d.Name, func(b *testing.B) {
			b.ReportAllocs()
			var up, down []byte
			for b.Loop() {
				c, s := d.New(own.Place{}), d.New(own.Place{Server: true})
				for i := range 10 {
					up = c.Begin(up[:0], 100*(i&1), 100)
					for len(up) > 0 {
						down = s.Hear(down[:0], up)
						up = c.Hear(up[:0], down)
					}
				}
			}
		})
	}
}
