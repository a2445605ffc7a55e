package pumps

import (
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/wantwrite/wantwrite/model"
)

// TestKVTraces replays testdata/kv: what each pump calls, in which order. The
// verbs: new, arrive (one record or event a line), room, ready (one turn), run
// (turns until nothing is ready).
func TestKVTraces(t *testing.T) {
	datadriven.Walk(t, "testdata/kv", func(t *testing.T, path string) {
		var w *kvFake
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "new" {
				w = kvFromTrace(t, d)
				return w.state()
			}
			return w.verb(t, d)
		})
	})
}

func kvFromTrace(t *testing.T, d *datadriven.TestData) *kvFake {
	var name string
	bio, flight, fresh := 256, 40, false
	lim := model.Limits{Pipe: 256, Queue: 256, Chunk: 64}
	d.ScanArgs(t, "pump", &name)
	d.MaybeScanArgs(t, "bio", &bio)
	d.MaybeScanArgs(t, "pipe", &lim.Pipe)
	d.MaybeScanArgs(t, "queue", &lim.Queue)
	d.MaybeScanArgs(t, "flight", &flight)
	d.MaybeScanArgs(t, "fresh", &fresh)
	for _, spec := range Pumps()[:3] {
		switch {
		case spec.Name != name:
		case fresh:
			w := newKVFake(spec, bio, lim)
			w.flight, w.log = flight, nil
			return w
		default:
			return kvConnected(spec, bio, lim)
		}
	}
	d.Fatalf(t, "no pump %q", name)
	return nil
}

func (w *kvFake) verb(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "arrive":
		for line := range strings.Lines(d.Input) {
			w.arrival(t, d, strings.Fields(line))
		}
		return ""
	case "room":
		d.ScanArgs(t, "n", &w.room)
		return ""
	case "ready":
		w.woken = false
		w.pump.Ready(w.ready())
	case "run":
		w.note("turns %d", w.run())
	default:
		d.Fatalf(t, "no verb %q", d.Cmd)
	}
	return w.trace() + "\n" + w.state()
}

// arrival puts one line of arrive into the socket: a record, or the end.
func (w *kvFake) arrival(t *testing.T, d *datadriven.TestData, f []string) {
	op, body, answer, times := 0, 0, -1, 1
	args := map[string]*int{"op": &op, "body": &body, "answer": &answer, "times": &times}
	for _, arg := range f[1:] {
		key, value, _ := strings.Cut(arg, "=")
		n, err := strconv.Atoi(value)
		if args[key] == nil || err != nil {
			d.Fatalf(t, "bad argument %q", arg)
		}
		*args[key] = n
	}
	for range times {
		switch f[0] {
		case "hello":
			w.arrive('h', nil)
		case "request":
			w.arrive('d', kvFrame(byte(op), body, answer))
		case "renegotiate":
			w.arrive('r', []byte("server-hello"))
		case "close_notify":
			w.arrive('c', nil)
		case "bad":
			w.arrive('x', nil)
		case "fin":
			w.fin = true
		case "reset":
			w.reset = true
		default:
			d.Fatalf(t, "no record %q", f[0])
		}
	}
}
