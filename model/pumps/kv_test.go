package pumps

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/model"
)

var kvLimits = model.Limits{Pipe: 4096, Queue: 4096, Chunk: 64}

// eachKV runs a test for each of the three pumps, on a link that is up.
func eachKV(t *testing.T, f func(t *testing.T, w *kvFake)) {
	for _, spec := range Pumps()[:3] {
		t.Run(spec.Name, func(t *testing.T) {
			f(t, kvConnected(spec, 4096, kvLimits))
		})
	}
}

func TestKVStatesAreNamed(t *testing.T) {
	for s := range numKVStates {
		if s.String() == "" {
			t.Errorf("state %d has no name", uint8(s))
		}
	}
}

func TestKVSpecsSetWhatTheServerSets(t *testing.T) {
	policies := map[string]model.RenegPolicy{
		"kv-original": model.RenegAllow, "kv-speculative": model.RenegAllow, "kv-landed": model.RenegRefuse,
	}
	for _, spec := range Pumps()[:3] {
		var cfg model.EngineConfig
		spec.Configure(&cfg)
		if !cfg.PartialWrite || !cfg.MovingBuffer {
			t.Errorf("%s: partial writes and moving buffers must be on", spec.Name)
		}
		if got := cfg.Traits.Renegotiation; got != policies[spec.Name] {
			t.Errorf("%s: renegotiation %v; want %v", spec.Name, got, policies[spec.Name])
		}
		if spec.Restrictions.NoTLS13 {
			t.Errorf("%s: TLS 1.3 must be allowed", spec.Name)
		}
	}
}

// The peer gets every response, in order, whatever the sizes are.
func TestKVAnswersPipelinedRequests(t *testing.T) {
	for _, spec := range Pumps()[:3] {
		for _, size := range []int{1, 2, 3, 7, 31, 64, 4096} {
			w := kvConnected(spec, size, model.Limits{Pipe: size, Queue: size, Chunk: size})
			w.mute = true
			var sent []byte
			for i := range 12 {
				f := kvFrame(0, 9*i, 13*i)
				w.arrive('d', f)
				sent = append(sent, f...)
			}
			for w.turn() {
			}
			if diff := cmp.Diff(sent, w.got); diff != "" {
				t.Fatalf("%s, size %d: the app got other frames: %s", spec.Name, size, diff)
			}
			if len(w.owes) > 0 || !bytes.Equal(w.wrote, w.written()) {
				t.Fatalf("%s, size %d: peer got %d bytes; want %d and %d more to write",
					spec.Name, size, len(w.written()), len(w.wrote), len(w.owes))
			}
		}
	}
}

// After twenty commands the pump leaves the thread to others. What it has read
// ahead counts as pending, so it asks for write interest, which fires soon.
func TestKVYieldsAfterTwentyCommands(t *testing.T) {
	eachKV(t, func(t *testing.T, w *kvFake) {
		for range kvTurn + 1 {
			w.arrive('d', kvFrame(1, 0, -1))
		}
		w.turn()
		if w.frames != kvTurn || w.mask != model.Writable {
			t.Fatalf("%d commands, interest %v; want %d and write", w.frames, w.mask, kvTurn)
		}
		w.run()
		if w.frames != kvTurn+1 || w.mask != model.Readable {
			t.Fatalf("%d commands, interest %v; want all and read", w.frames, w.mask)
		}
	})
}

// Story 4: the request buffer holds two frames, so that the twentieth command
// ends where it ends. The pump yields with a whole record in the BIO, and
// sleeps on it until the client asks for something else.
func TestKVSleepsOnARecordAfterItsYield(t *testing.T) {
	for _, spec := range Pumps()[:3] {
		w := kvConnected(spec, 4096, model.Limits{Pipe: 4096, Queue: 4096, Chunk: 2 * kvHeaderLen})
		for range kvTurn + 1 {
			w.arrive('d', kvFrame(1, 0, -1))
		}
		w.run()
		if w.frames != kvTurn || len(w.in) == 0 || w.mask != model.Readable {
			t.Fatalf("%s: %d commands, %d bytes in the BIO, interest %v; want %d, some, read",
				spec.Name, w.frames, len(w.in), w.mask, kvTurn)
		}
		w.arrive('d', kvFrame(1, 0, -1))
		w.run()
		if w.frames != kvTurn+2 {
			t.Fatalf("%s: %d commands; want both of the rest", spec.Name, w.frames)
		}
	}
}

// F1, second part: the read that decrypted a request goes on, because its
// buffer has room, and meets close_notify. The original and the speculative
// change report that alone; the request is lost. kv-landed executes it.
func TestKVReadAheadMeetsTheClose(t *testing.T) {
	for _, spec := range Pumps()[:3] {
		w := kvConnected(spec, 4096, kvLimits)
		w.arrive('d', kvFrame(1, 0, -1))
		w.arrive('c', nil)
		w.run()
		want := 0
		if w.pump.(*kvPump).wire.policy.keep {
			want = 1
		}
		if diff := cmp.Diff([]model.Cause{model.Clean}, w.told); diff != "" || w.frames != want {
			t.Errorf("%s: %d commands, told %v; want %d and clean", spec.Name, w.frames, w.told, want)
		}
	}
}

// A long frame makes the request buffer grow, and once it is executed the next
// read asks for no more than before.
func TestKVRequestBufferShrinks(t *testing.T) {
	eachKV(t, func(t *testing.T, w *kvFake) {
		w.arrive('d', kvFrame(1, 3000, -1))
		w.run()
		p := w.pump.(*kvPump)
		if w.frames != 1 || len(p.request.buf) != kvLimits.Chunk {
			t.Fatalf("%d commands, room for %d bytes; want 1 and %d", w.frames,
				len(p.request.buf), kvLimits.Chunk)
		}
	})
}

// A read of half a header and close_notify: only kv-landed keeps the half.
func TestKVZeroReturnAfterData(t *testing.T) {
	for _, spec := range Pumps()[:3] {
		w := kvConnected(spec, 4096, kvLimits)
		p := w.pump.(*kvPump)
		w.arrive('d', make([]byte, 10))
		w.arrive('c', nil)
		n, r := p.wire.read(make([]byte, kvHeaderLen))
		want := kvEnded
		if p.wire.policy.keep {
			want = kvDone
		}
		if n != 10 || r != want {
			t.Errorf("%s: read gives %d, %d; want 10, %d", spec.Name, n, r, want)
		}
	}
}

// A write that meets a renegotiation under way, or anything else that is not
// want-write, resets the link; so does a read that needs room for its answer.
func TestKVTakesWantForFailure(t *testing.T) {
	w := kvConnected(kvOriginal(), 16, model.Limits{Pipe: 16, Queue: 64, Chunk: 64})
	w.arrive('r', make([]byte, 100))
	w.run()
	if diff := cmp.Diff([]model.Cause{model.Fault}, w.told); diff != "" {
		t.Fatalf("want-write from a read was taken for: %s", diff)
	}
	if w.cleared != 1 {
		t.Errorf("the error queue was emptied %d times; want 1, by the log", w.cleared)
	}
	w = kvConnected(kvLanded(), 4096, kvLimits)
	w.busy = true
	w.arrive('d', kvFrame(0, 0, 0))
	w.run()
	if diff := cmp.Diff([]model.Cause{model.Fault}, w.told); diff != "" {
		t.Fatalf("want-read from a write was taken for: %s", diff)
	}
}

// A peer that does not read, and renegotiates with kv-landed: its pipe is full
// and the read loop goes round on the output that can't leave.
func TestKVLandedSpinsOnAFullPipe(t *testing.T) {
	w := kvConnected(kvLanded(), 64, model.Limits{Pipe: 16, Queue: 64, Chunk: 64})
	w.room = 0
	w.arrive('r', make([]byte, 40))
	for range 5 {
		w.turn()
	}
	if w.spins != 5 {
		t.Fatalf("%d spins in 5 turns; want 5", w.spins)
	}
	w.room = 1000
	w.run()
	if w.woken || len(w.out) > 0 || len(w.sent) != 43 {
		t.Fatalf("%d bytes sent, %d left; want all 43 once there is room", len(w.sent), len(w.out))
	}
}

func TestKVToldOnceAndSilentAfterwards(t *testing.T) {
	eachKV(t, func(t *testing.T, w *kvFake) {
		w.reset = true
		w.run()
		w.pump.Ready(model.Readable | model.Writable)
		w.pump.Close()
		if n := w.pump.Write([]byte("late")); n != 0 {
			t.Errorf("a closed pump took %d bytes", n)
		}
		if diff := cmp.Diff([]model.Cause{model.Broken}, w.told); diff != "" {
			t.Errorf("causes: %s", diff)
		}
	})
	eachKV(t, func(t *testing.T, w *kvFake) {
		w.closeIn = 2 // the app closes from inside the second frame
		for range 3 {
			w.arrive('d', kvFrame(0, 3, 5))
		}
		w.run()
		if w.frames != 2 || !w.gone || w.told != nil {
			t.Errorf("%d frames, gone %v, told %v; want 2, true and nothing", w.frames, w.gone, w.told)
		}
	})
}

func TestKVBadHeaders(t *testing.T) {
	huge := kvFrame(0, 0, -1)
	huge[8] = 0x7f
	for name, frame := range map[string][]byte{"magic": make([]byte, kvHeaderLen), "length": huge} {
		w := kvConnected(kvLanded(), 4096, kvLimits)
		w.arrive('d', frame)
		w.run()
		if diff := cmp.Diff([]model.Cause{model.Fault}, w.told); diff != "" || w.frames != 0 {
			t.Errorf("%s: %d frames, %s", name, w.frames, diff)
		}
	}
}

// An app that writes between turns makes a response of its own, and a request
// that is half read is still read to its end.
func TestKVWriteBetweenTurns(t *testing.T) {
	eachKV(t, func(t *testing.T, w *kvFake) {
		frame := kvFrame(1, 40, -1)
		w.arrive('d', frame[:30])
		w.run()
		w.owes = append(w.owes, "news"...)
		w.offer()
		w.run()
		if got := string(w.written()); got != "news" {
			t.Fatalf("the peer got %q; want news", got)
		}
		w.arrive('d', frame[30:])
		w.run()
		if !bytes.Equal(w.got, frame) {
			t.Fatalf("the app got %d bytes; want the frame of %d", len(w.got), len(frame))
		}
	})
}

// A stream ships between turns, both ways at once, more than the queue holds.
func TestKVStreamBothWays(t *testing.T) {
	for _, spec := range Pumps()[:3] {
		w := kvConnected(spec, 32, model.Limits{Pipe: 16, Queue: 50, Chunk: 20})
		w.arrive('d', kvFrame(kvOpenStream, 0, -1))
		w.run()
		for i := range 200 {
			if len(w.owes) == 0 {
				w.owes = append(w.owes, kvFrame(0, i, -1)...)
				w.offer()
			}
			w.arrive('d', kvFrame(0x5d, i%40, -1))
			w.room = i % 30
			w.turn()
		}
		w.room = 1 << 30
		for w.turn() {
		}
		if w.frames != 201 || len(w.owes) > 0 || !bytes.Equal(w.written(), w.wrote) {
			t.Errorf("%s: %d frames in, %d of %d bytes out, %d owed",
				spec.Name, w.frames, len(w.written()), len(w.wrote), len(w.owes))
		}
	}
}

// A pump that is restarted in the middle of a response does what a new one
// does, call by call.
func TestKVRestart(t *testing.T) {
	play := func(w *kvFake) string {
		w.arrive('h', nil)
		w.arrive('h', nil)
		w.arrive('d', kvFrame(0, 100, 300))
		w.run()
		return w.trace()
	}
	for _, spec := range Pumps()[:3] {
		want := play(newKVFake(spec, 64, kvLimits))
		used := kvConnected(spec, 4096, kvLimits)
		used.room = 10
		used.arrive('d', kvFrame(kvOpenStream, 2000, 900))
		used.run()
		w := newKVFake(spec, 64, kvLimits)
		w.log = nil
		last := func() model.Pump { return used.pump }
		w.pump = spec.New(model.Env{Role: model.Server, Engine: w, Socket: kvSocket{w}, Loop: w,
			App: w, Limits: kvLimits, Last: last})
		if w.pump != used.pump {
			t.Errorf("%s: got another pump; want the last one again", spec.Name)
		}
		if diff := cmp.Diff(want, play(w)); diff != "" {
			t.Errorf("%s: %s", spec.Name, diff)
		}
	}
}

// kvNull is an engine, a socket, a loop and an app that cost nothing, so that
// what is measured is the pump: each turn finds one request, and answers it.
type kvNull struct {
	kvFake
	frame, left []byte
	answer      []byte
	output      int
}

func (w *kvNull) Recv(p []byte) (int, model.IOStatus) { return 0, model.WouldBlock }
func (w *kvNull) Send(p []byte) (int, model.IOStatus) { return len(p), model.IOOK }
func (w *kvNull) CloseWrite()                         {}
func (w *kvNull) Close()                              {}
func (w *kvNull) Handshake() model.Status             { return model.OK }
func (w *kvNull) Interest(model.Events)               {}
func (w *kvNull) Data(p []byte)                       { w.pump.Write(w.answer) }

func (w *kvNull) Read(p []byte) (int, model.Status) {
	if len(w.left) == 0 {
		return 0, model.WantRead
	}
	n := copy(p, w.left)
	w.left = w.left[n:]
	return n, model.OK
}

func (w *kvNull) Write(p []byte) (int, model.Status) {
	w.output += len(p)
	return len(p), model.OK
}

func (w *kvNull) Drain(p []byte) int {
	n := min(len(p), w.output)
	w.output -= n
	return n
}

func newKVNull() (*kvNull, func()) {
	w := &kvNull{frame: kvFrame(0, 40, -1), answer: kvFrame(0, 100, -1)}
	w.pump = kvLanded().New(model.Env{Role: model.Server, Engine: w, Socket: w, Loop: w, App: w,
		Limits: model.Limits{Pipe: 8192, Queue: 8192, Chunk: 8192}})
	return w, func() {
		w.left = w.frame
		w.pump.Ready(model.Readable)
	}
}

func TestKVAllocatesNothing(t *testing.T) {
	w, turn := newKVNull()
	if n := testing.AllocsPerRun(100, turn); n != 0 {
		t.Errorf("a turn with a request allocates %v times; want 0", n)
	}
	renew := kvLanded().New
	env := model.Env{Engine: w, Socket: w, Loop: w, App: w, Limits: kvLimits,
		Last: func() model.Pump { return w.pump }}
	if n := testing.AllocsPerRun(100, func() { renew(env) }); n != 0 {
		t.Errorf("a restart allocates %v times; want 0", n)
	}
}

// BenchmarkKVTurn is a turn with a request of 64 bytes and its response.
func BenchmarkKVTurn(b *testing.B) {
	_, turn := newKVNull()
	b.ReportAllocs()
	for b.Loop() {
		turn()
	}
}
