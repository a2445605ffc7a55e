//go:build linux && amd64

package kernel

import (
	"github.com/wantwrite/wantwrite/model/own"
	"golang.org/x/sys/unix"
)

// A service is a server in the clear that we play for the program, such as a proxy's upstream. What
// it says is there at once, and it takes all that it is told.
type service struct {
	speaker own.Speaker
	said    []byte // and not read yet
}

// over says whether the service has closed: it has said its last, or the program has, on whose
// socket it is.
func (s *service) over(of *socket) bool {
	return (s.speaker.Over() || of.shut[1]) && len(s.said) == 0
}

// poll is the readiness of the program's socket.
func (s *service) poll(of *socket) uint32 {
	m := uint32(pollOut | pollWrNorm)
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
	}
	return n, 0
}

// hear takes what the program says by a socket. Each thing that the service says then is an edge there.
func (s *service) hear(k *Kernel, by *socket, p []byte) (int, unix.Errno) {
	if s.speaker.Over() {
		return 0, unix.EPIPE
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
