package puppet_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A tale is a link and all that a puppet says on it that an honest end would not have said, or
// would have said otherwise. What it says apart from that is valid. Its text is what a failure
// prints and what is kept in testdata/tales.
type tale struct {
	Version model.Version
	Role    model.Role // the puppet's
	Resume  bool
	Retry   bool
	Auth    bool // a client may be asked for a certificate after the handshake
	Early   bool // a client that resumes a session of TLS 1.3 offers early data
	Certs   bool // a server has a certificate, and there is no pre-shared key
	Steps   []step

	played int   // how many steps have been played
	err    error // of the last edit that could not be made
}

// A step is one thing that the puppet says, and what is wrong with it.
type step struct {
	// Turn is when: the number of the puppet's turn, from 0.
	Turn int
	// Says is what it says in front of what it was about to say; "" changes that instead.
	Says  string
	Edits []message.Edit

	invent func(*puppet.Turn) []message.Edit // makes up Edits once the message is known
}

// The edits of a step that are not of the message, but of whether and how it leaves.
const (
	opSkip    = "skip"    // it is not sent
	opRecords = "records" // a field of its records becomes a number
)

// knob gives a field of records by its name in tales.
func knob(t *puppet.Turn, name string, n int) error {
	r := &t.Records
	switch name {
	case "split":
		r.Split = n
	case "type":
		r.Type = byte(n)
	case "version":
		r.Version = uint16(n)
	case "longer":
		r.Longer = n
	case "padding":
		r.Padding = n
	case "keys":
		r.Keys = uint8(n)
	default:
		return fmt.Errorf("tale: got records %q; want split, type, version, longer, padding or keys", name)
	}
	return nil
}

// change makes an edit of a message or of how it leaves.
func change(t *puppet.Turn, e message.Edit) error {
	switch e.Op {
	case opSkip:
		t.Skip = true
		return nil
	case opRecords:
		n, err := strconv.Atoi(e.Value)
		if err != nil {
			return err
		}
		return knob(t, e.Path, n)
	}
	return t.Draft.Apply(e)
}

// handshakes are the handshake messages of both RFCs.
var handshakes = []message.Kind{0, 1, 2, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 24, 254}

// alerts are those of both RFCs (RFC 8446, appendix B.2).
var alerts = func() (all []wire.Alert) {
	for a := range 256 {
		if wire.Alert(a).String() != "unknown" {
			all = append(all, wire.Alert(a))
		}
	}
	return all
}()

// others are what else is said: the content types of records, and one that nobody knows.
var others = map[string]*message.Opaque{
	"ChangeCipherSpec": {Record: wire.TypeChangeCipherSpec, Body: []byte{1}},
	"data":             {Record: wire.TypeApplicationData, Body: []byte("data out of turn")},
	"content":          {Record: 99, Body: []byte{1, 2, 3}},
}

// spoken makes the message of that name, as is usual at this moment: "KeyUpdate", "alert
// close_notify", "data".
func spoken(t *puppet.Turn, name string) (message.Message, error) {
	for _, k := range handshakes {
		if k.String() == name {
			return t.Usual(k), nil
		}
	}
	for _, a := range alerts {
		if a.Word() == name {
			level := wire.LevelFatal
			if a == wire.AlertCloseNotify || a == wire.AlertUserCanceled || a == wire.AlertNoRenegotiation {
				level = wire.LevelWarning
			}
			return &message.Alert{Level: level, Description: a}, nil
		}
	}
	if o := others[name]; o != nil {
		copied := *o
		copied.Body = slices.Clone(o.Body)
		return &copied, nil
	}
	return nil, fmt.Errorf("tale: got message %q; want a name of the RFCs", name)
}

// String is the tale as text.
func (s *tale) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "link: tls=%s puppet=%s", s.Version, s.Role)
	for _, f := range s.flags() {
		if *f.on {
			b.WriteString(" " + f.name)
		}
	}
	b.WriteString("\n")
	for _, st := range s.Steps {
		fmt.Fprintf(&b, "turn %d", st.Turn)
		if st.Says != "" {
			b.WriteString(": " + st.Says)
		}
		b.WriteString("\n")
		for _, e := range st.Edits {
			b.WriteString("  " + e.String() + "\n")
		}
	}
	return b.String()
}

// A flag is a setting of a link that is on or off.
type flag struct {
	name string
	on   *bool
}

func (s *tale) flags() []flag {
	return []flag{{"resume", &s.Resume}, {"retry", &s.Retry}, {"auth", &s.Auth},
		{"certs", &s.Certs}, {"early", &s.Early}}
}

// parseTale reads the text of a tale.
func parseTale(text string) (s tale, err error) {
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		head, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "#"):
		case head == "link:":
			err = s.parseLink(strings.Fields(rest))
		case head == "turn":
			turn, says, _ := strings.Cut(rest, ": ")
			at, wrong := strconv.Atoi(turn)
			s.Steps, err = append(s.Steps, step{Turn: at, Says: says}), wrong
		case strings.HasPrefix(line, "  ") && len(s.Steps) > 0:
			words := append(strings.Fields(line), "", "")
			last := &s.Steps[len(s.Steps)-1]
			e := message.Edit{Op: words[0], Path: words[1], Value: words[2]}
			last.Edits = append(last.Edits, e)
		default:
			err = fmt.Errorf("tale: got %q; want link, turn or an edit", line)
		}
		if err != nil {
			return s, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return s, nil
}

// parseLink reads the settings of a link.
func (s *tale) parseLink(words []string) error {
	for _, w := range words {
		at := slices.IndexFunc(s.flags(), func(f flag) bool { return f.name == w })
		switch {
		case at >= 0:
			*s.flags()[at].on = true
		case w == "tls=1.2", w == "puppet=client":
		case w == "tls=1.3":
			s.Version = model.TLS13
		case w == "puppet=server":
			s.Role = model.Server
		default:
			return fmt.Errorf("tale: got setting %q of a link; want tls, puppet, or a flag: resume, "+
				"retry, auth, certs or early", w)
		}
	}
	return nil
}

// meddle plays the tale's steps at their turns. An edit that can't be made is left out: a shorter
// tale may have lost what it was about.
func (s *tale) meddle(p *prompter, t *puppet.Turn) {
	for i := range s.Steps {
		if s.Steps[i].Turn == p.turns {
			s.played++
			s.err = cmp.Or(p.play(&s.Steps[i], t), s.err)
		}
	}
}

// A prompter counts the turns of a puppet, and has a narrator's steps played at them.
type prompter struct {
	narrator
	turns  int
	heard  func(t *puppet.Turn, usual []byte) // what is about to be sent, if not nil
	settle func()                             // it has been sent
}

// turn is a Library.Meddle.
func (p *prompter) turn(t *puppet.Turn) {
	var usual []byte
	if t.Draft.Message != nil {
		usual = t.Draft.Bytes()
	}
	p.settle()
	p.meddle(p, t)
	p.turns++
	if t.Draft.Message != nil && !t.Skip {
		p.heard(t, usual)
	}
}

// play says a step's message, or changes the turn's own.
func (p *prompter) play(st *step, t *puppet.Turn) error {
	if st.Says == "" {
		return st.change(t)
	}
	m, err := spoken(t, st.Says)
	if err != nil {
		return err
	}
	extra := &puppet.Turn{Draft: message.Draft{Message: m}}
	usual := extra.Draft.Bytes()
	err = st.change(extra)
	if !extra.Skip {
		p.heard(extra, usual)
		t.Send(&extra.Draft, extra.Records)
		p.settle()
	}
	return err
}

// change makes the step's edits. The first error is that of an edit that can't be made.
func (st *step) change(t *puppet.Turn) (failed error) {
	if st.invent != nil && t.Draft.Message != nil {
		st.Edits = st.invent(t)
	}
	for _, e := range st.Edits {
		if t.Draft.Message != nil { // it may not be there any more
			failed = cmp.Or(failed, change(t, e))
		}
	}
	return failed
}
