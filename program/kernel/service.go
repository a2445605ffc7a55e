//go:build linux && amd64

package kernel

import (
	"github.com/wantwrite/wantwrite/model/own"
	"golang.org/x/sys/unix"
)

// A service is a server in the clear that we play for the program, such as a proxy's upstream. What
// it says is there at once. While much of that is not read it hears nothing, as a server does that
// can't write.
type service struct {
	speaker own.Speaker
	said    []byte // and not read yet
	full    bool   // somebody was told that it hears nothing
}

// serviceRoom is how much of what a service says may wait before it hears nothing, in bytes.
//
// Story 193: it heard whatever it was told. A proxy in front of a client that reads nothing was never
// held up, passed on what the client said without end, and was blamed for taking it in.
const serviceRoom = 1 << 16

// hears says whether it takes what it is told.
func (s *service) hears() bool { return len(s.said) < serviceRoom }

// over says whether the service has closed: it has said its last, or the program has, on whose
// socket it is.
func (s *service) over(of *socket) bool {
	return (s.speaker.Over() || of.shut[1]) && len(s.said) == 0
}

// poll is the readiness of the program's socket.
func (s *service) poll(of *socket) uint32 {
	m := uint32(0)
	if s.hears() || s.speaker.Over() {
		m = pollOut | pollWrNorm
	}
	if len(s.said) > 0 || s.over(of) || of.shut[0] {
		m |= pollIn | pollRdNorm
	}
	if s.over(of) || of.shut[0] {
		m |= pollRdHup
	}
	if s.over(of) && of.shut[1] {
		m |= pollHup
	}
	return m
}

// read gives the program what was said.
func (s *service) read(k *Kernel, of *socket, p []byte, peek bool) (int, unix.Errno) {
	if len(s.said) == 0 && !s.over(of) {
		return 0, unix.EAGAIN
	}
	n := copy(p, s.said)
	if !peek {
		s.said = s.said[n:]
		k.progress++
		if s.full && s.hears() {
			s.full = false
			of.news.outs++
		}
	}
	return n, 0
}

// hear takes what the program says by a socket. Each thing that the service says then is an edge there.
func (s *service) hear(k *Kernel, by *socket, p []byte) (int, unix.Errno) {
	if s.speaker.Over() {
		return 0, unix.EPIPE
	}
	if !s.hears() {
		s.full = true
		return 0, unix.EAGAIN
	}
	k.progress++
	before := len(s.said)
	s.said = s.speaker.Hear(s.said, p)
	if len(s.said) > before {
		by.news.ins++
	}
	if s.speaker.Over() {
		by.news.changes++
	}
	return len(p), 0
}
