package dialogue

import "github.com/wantwrite/wantwrite/model"

// A server is what all servers share: they answer, and say nothing unasked.
type server struct {
	ear
	over bool
}

// Begins implements own.Speaker.
func (*server) Begins() bool { return false }

// Begin implements own.Speaker.
func (*server) Begin(dst []byte, _, _ int) []byte { return dst }

// Over implements own.Speaker.
func (s *server) Over() bool { return s.over }

// Owed implements own.Speaker. Nobody owes a server a request, but the rest of one.
func (s *server) Owed() string {
	if s.begun && !s.over {
		return "the rest of a request"
	}
	return ""
}

// refuse says what is malformed, and that this is the last.
func (s *server) refuse(what, why string) {
	s.fault("%s with %s", what, why)
	s.leave()
}

// leave says that this is the last.
func (s *server) leave() { s.over, s.ends = true, true }

// snapshot lists the fields.
func (s *server) snapshot(shot *model.Snapshot) {
	s.ear.snapshot(shot)
	shot.Flags(&s.over)
}
