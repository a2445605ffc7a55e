package puppet_test

import (
	"bytes"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A stage is a link on which a tale is told: a puppet and its victim. The victim gets one record
// at a time and is called after each, so that it is known what it read of all that was said.
type stage struct {
	*linktest.Link
	role     model.Role // the puppet's
	early    bool       // the victim reads early data, and has not come to its end
	said     []saying
	proved   bool // the victim has read a Finished as it has to be
	last     model.Status
	complain string // what is wrong with the victim or with us; "": nothing
	stack    string // of a panic
}

// A saying is a message that the puppet has said.
type saying struct {
	name  string
	end   int  // where in all that the puppet sent it ends; -1: not known yet
	part  bool // its record says that there is more
	proof bool // it is a Finished as it has to be
	// read: the victim was alive when the last byte came, took it in, and did not find that its
	// record could not be opened. taken: it was alive after that.
	read, taken bool
}

// room is what buffers hold: nothing ever waits.
const room = 1 << 18

// mostSteps bounds a tale. A link that is not at rest after so many steps hangs: a step carries a
// record, and a few messages of 16 KiB may come in records of one byte.
const mostSteps = 1 << 17

// rounds is how often, after all has been said, the puppet is asked for more.
const rounds = 4

// A narrator has steps for the turns of a puppet.
type narrator interface {
	meddle(p *prompter, t *puppet.Turn)
}

// tell tells a tale to an engine of lib, on a link as s says.
func tell(lib model.Library, s *tale, n narrator) (st *stage) {
	st = &stage{role: s.Role}
	defer func() {
		if r := recover(); r != nil {
			st.complain, st.stack = fmt.Sprint("panic: ", r), string(debug.Stack())
		}
	}()
	theirs := linktest.Config(s.Version, room)
	theirs.Resume, theirs.Retry = (s.Resume || lib.Name() == "gotls") && !s.Certs, s.Retry
	if s.Certs {
		theirs.ServerChain = 400
	}
	if s.Early {
		theirs.EarlyData = 1 << 14
	}
	ours := theirs
	st.early = s.Early && lib.Can().EarlyData
	if !st.early {
		theirs.EarlyData = 0
	}
	theirs.PostAuth = s.Auth && lib.Can().PostAuth && s.Version == model.TLS13
	library := puppet.New()
	library.Meddle = (&prompter{narrator: n, heard: st.heard, settle: st.settle}).turn
	var ends [2]linktest.Side
	ends[s.Role] = linktest.Side{Library: library, Config: ours, Noted: true}
	ends[s.Role.Peer()] = linktest.Side{Library: lib, Config: theirs, Noted: true}
	for _, end := range ends {
		end.Library.Begin(1)
		defer end.Library.End()
	}
	st.Link = linktest.Pair(panics{}, ends[model.Client], ends[model.Server])
	defer st.Free()
	st.drive()
	st.judge()
	return st
}

// panics is who a link complains to.
type panics struct{}

func (panics) Helper()                           {}
func (panics) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (s *stage) puppet() model.Engine { return s.Ends[s.role] }
func (s *stage) victim() model.Engine { return s.Ends[s.role.Peer()] }

// heard takes down a message that the puppet is about to send. usual is what it would have been.
func (s *stage) heard(t *puppet.Turn, usual []byte) {
	m := saying{name: t.Draft.Name(), end: -1, part: uint16(t.Records.Longer) > 0}
	if _, ok := t.Draft.Message.(*message.Finished); ok {
		m.proof = bytes.Equal(t.Draft.Bytes(), usual)
	}
	s.said = append(s.said, m)
}

// settle says where the last message ends that was said: the puppet has sealed no more than that.
func (s *stage) settle() {
	if n := len(s.said); n > 0 && s.said[n-1].end < 0 {
		s.said[n-1].end = s.sealed()
	}
}

// sealed is how many bytes the puppet has sealed.
func (s *stage) sealed() int {
	if s.Link == nil || s.puppet() == nil {
		return 0
	}
	return len(s.Sent[s.role]) + s.puppet().OutputPending() + s.puppet().(model.Inspector).Unsent()
}

// drive goes on until nothing moves and the puppet has had its last turns.
func (s *stage) drive() {
	left := rounds
	for range mostSteps {
		before := s.Moved()
		s.Read(s.role)
		s.settle()
		s.Move(s.role.Peer())
		s.record()
		s.call()
		s.Move(s.role.Peer())
		if s.Moved() > before {
			continue
		}
		if left == 0 {
			return
		}
		left--
		s.puppet().(interface{ Speak() }).Speak()
		s.settle()
		if s.alive() && s.victim().InitFinished() {
			s.victim().Write([]byte("round"))
		}
	}
	s.complain = fmt.Sprintf("the link is not at rest after %d steps", mostSteps)
}

// alive says whether the victim still takes anything in.
func (s *stage) alive() bool { return s.last != model.Failed && s.last != model.Closed }

// record carries one record to the victim, or what there is of it.
func (s *stage) record() {
	at := len(s.Sent[s.role])
	if s.Carry(s.role, wire.HeaderLen) < wire.HeaderLen {
		return
	}
	s.Carry(s.role, wire.RecordSize(s.Sent[s.role][at:])-wire.HeaderLen)
}

// unopenedText is what OpenSSL and crypto/tls say of a record that does not open.
var unopenedText = regexp.MustCompile(
	`decryption failed or bad record mac|local error: tls: bad record MAC`)

// call lets the victim take in what has come, and takes down what it has read.
func (s *stage) call() {
	if !s.alive() {
		return
	}
	v := s.victim()
	for s.last = model.OK; s.last == model.OK; {
		v.ClearErrors()
		if s.early && !v.InitFinished() {
			var n int
			n, s.last = v.ReadEarly(make([]byte, 1<<14))
			s.early = n > 0 || s.last != model.OK
		} else if v.InitFinished() {
			_, s.last = s.Link.Read(s.role.Peer())
		} else if s.last = v.Handshake(); s.last == model.OK && !v.InitFinished() {
			s.complain = "Handshake says ok, and InitFinished no"
			return
		}
	}
	unopened := s.last == model.Failed && v.Err() != nil && unopenedText.MatchString(v.Err().Error())
	for i := range s.said {
		m := &s.said[i]
		if m.read || m.part || m.end < 0 || m.end > len(s.Sent[s.role]) || unopened {
			continue
		}
		m.read, s.proved = true, s.proved || m.proof
		if !s.alive() {
			break // what is behind it was never looked at
		}
		m.taken = true
	}
}

// judge looks at how the victim ended.
func (s *stage) judge() {
	v := s.victim()
	switch {
	case s.complain != "":
	case v.InitFinished() && !s.proved:
		s.complain = "the victim's handshake is over, and nobody has proved anything"
	case s.last == model.Failed && v.Err() == nil:
		s.complain = "the victim failed, and does not say why"
	case s.last == model.Failed:
		s.dead()
	case s.alive() && s.puppet().Err() == nil && s.puppet().OutputPending() > 0:
		s.complain = fmt.Sprintf("the puppet holds %d bytes", s.puppet().OutputPending())
	}
}

// dead checks that a victim that has failed stays so, whatever its peer says.
func (s *stage) dead() {
	v := s.victim()
	for _, data := range [][]byte{nil, wire.AppendRecord(nil, wire.TypeAlert, wire.TLS12, []byte{1, 0})} {
		v.Feed(data)
		_, read := v.Read(make([]byte, 100))
		_, wrote := v.Write([]byte("too late"))
		if read == model.OK || wrote == model.OK {
			s.complain = fmt.Sprintf("the victim has failed; then its Read says %s and its Write %s",
				read, wrote)
		}
	}
}

// answers are the alerts that the victim has sent, in words.
func (s *stage) answers() (words []string) {
	for _, n := range s.Notes {
		if a, ok := strings.CutPrefix(n.Message, "alert "); ok && n.By == s.role && !n.Sent &&
			!slices.Contains(words, a) {
			words = append(words, a)
		}
	}
	return words
}
