package dialogue

import (
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model/own"
)

// An ask is one Begin.
type ask struct{ body, answer int }

// A line is what was said in one go, to the client or by it.
type event struct {
	begins bool
	ask    ask
	heard  []byte
}

// A talk is a client and a server, and the bytes that are on their way.
type talk struct {
	client, server own.Judge
	up, down       []byte  // to the server, to the client
	events         []event // at the client
}

// newTalk brings both ends of a dialogue together.
func newTalk(d *own.Dialogue) *talk {
	k := &talk{client: d.New(own.Place{}).(own.Judge), server: d.New(own.Place{Server: true}).(own.Judge)}
	if k.server.Begins() { // it greets
		k.down = k.server.Begin(k.down, 0, 0)
		k.settle()
	}
	return k
}

// begin lets the client speak, if it may.
func (k *talk) begin(a ask) (may bool) {
	if may = k.client.Begins(); may {
		k.up = k.client.Begin(k.up, a.body, a.answer)
		k.events = append(k.events, event{begins: true, ask: a})
	}
	return may
}

// deliver brings some bytes to the server, or to the client.
func (k *talk) deliverUp(n int) {
	p := k.up[:min(n, len(k.up))]
	k.up = k.up[len(p):]
	k.down = k.server.Hear(k.down, p)
}

func (k *talk) deliverDown(n int) {
	p := k.down[:min(n, len(k.down))]
	k.down = k.down[len(p):]
	k.events = append(k.events, event{heard: p})
	k.up = k.client.Hear(k.up, p)
}

// settle brings everything to its end.
func (k *talk) settle() {
	for len(k.up)+len(k.down) > 0 {
		k.deliverUp(len(k.up))
		k.deliverDown(len(k.down))
	}
}

// A failer is a test, of rapid or not.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// fine fails a test if something is wrong or owed.
func (k *talk) fine(t failer) {
	t.Helper()
	if w := k.client.Wrong(); w != "" {
		t.Fatalf("the client: %s", w)
	}
	if w := k.server.Wrong(); w != "" {
		t.Fatalf("the server: %s", w)
	}
	if o := k.client.Owed(); o != "" {
		t.Fatalf("the client waits for %s", o)
	}
	if o := k.server.Owed(); o != "" {
		t.Fatalf("the server waits for %s", o)
	}
	if n, partial := k.client.Answers(); partial {
		t.Fatalf("an answer goes on behind the %d", n)
	}
}

// verdict is all that a Judge says.
func verdict(j own.Judge) string {
	whole, partial := j.Answers()
	return fmt.Sprintf("%d answers, partial %v, ends %v, over %v, heard %x, wrong %q, owed %q, begins %v", whole, partial,
		j.Ends(), j.Over(), j.Heard(), j.Wrong(), j.Owed(), j.Begins())
}

// again tells a new client the same, cut by cut: from 0 on it gives the end of each piece of all
// bytes that are heard. It returns the verdict, and what the client said.
func again(d *own.Dialogue, events []event, cut func(from int) int) (string, []byte) {
	c := d.New(own.Place{}).(own.Judge)
	var said []byte
	at := 0
	for _, e := range events {
		if e.begins {
			said = c.Begin(said, e.ask.body, e.ask.answer)
			continue
		}
		for p := e.heard; len(p) > 0; {
			n := min(len(p), max(cut(at)-at, 1))
			said = c.Hear(said, p[:n])
			at, p = at+n, p[n:]
		}
	}
	return verdict(c), said
}

// heardIn is how many bytes were heard.
func heardIn(events []event) (n int) {
	for _, e := range events {
		n += len(e.heard)
	}
	return n
}

// lines is a dialogue of a file, in which all lines that wait and that say meet.
const lines = `
# a client of a made-up server
expect 220 \$hello\r\n
repeat
  pause
  send PUT $BODY of $TURN\r\n
  send-bytes $BODY
  expect OK\s
  skip-until \n
  expect-sent
  send-hex 0d 0A
  repeat 2
    expect-hex 2a
  end
  expect-bytes 3
  expect-until ::
end
`

// lineServer is the server of that file, by hand.
type lineServer struct {
	textSpeaker
	greeted bool
	line    []byte
	left    int
	body    []byte
}

func (s *lineServer) Begins() bool { return !s.greeted }
func (s *lineServer) Begin(dst []byte, _, _ int) []byte {
	s.greeted = true
	return append(dst, "220 $hello\r\n"...)
}

func (s *lineServer) Hear(dst, p []byte) []byte {
	if len(p) > 0 && !s.greeted {
		panic("said before the greeting")
	}
	for _, b := range p {
		if s.left > 0 {
			s.body = append(s.body, b)
			if s.left--; s.left == 0 {
				dst = append(append(dst, "OK at 12:00\n"...), s.body...)
				s.body = s.body[:0]
			}
			continue
		}
		if s.line = append(s.line, b); b != '\n' {
			continue
		}
		var turn int
		if n, _ := fmt.Sscanf(string(s.line), "PUT %d of %d\r\n", &s.left, &turn); n == 0 {
			dst = append(dst, "**abc12::"...)
		} else if s.left == 0 {
			dst = append(dst, "OK at 12:00\n"...)
		}
		s.line = s.line[:0]
	}
	return dst
}

// everyDialogue are those of the table, and one of a file.
func everyDialogue(t testing.TB) []*own.Dialogue {
	t.Helper()
	file, err := Parse("made-up.txt", lines)
	if err != nil {
		t.Fatal(err)
	}
	return append(All(), &own.Dialogue{Name: "text", New: func(at own.Place) own.Speaker {
		if at.Server {
			return &lineServer{}
		}
		return file.New(at)
	}})
}

// workload reaches what a client does for each of the odds, and all files but the large ones. Of
// each body and answer there is one that ends the link, so a link has only a part of it.
func workload(from int) (asks []ask) {
	sizes := []int{0, 1, 2, 3, 7, 30, 100, 130}
	for i := range 24 {
		asks = append(asks, ask{sizes[(i*3+from)%8] * (i & 1), sizes[(i*5+from)%8] * (i >> 1 & 1)})
	}
	return asks
}
