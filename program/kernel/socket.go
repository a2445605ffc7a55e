//go:build linux && amd64

package kernel

import (
	"encoding/binary"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/own"
	"golang.org/x/sys/unix"
)

// A socket is a TCP socket. It is new, or a listener, or connected: to a link of the world, or to
// a service that we play.
type socket struct {
	domain  int
	port    int // its own, in the order of the host
	remote  int // its peer's
	listens bool
	wire    foreign.Wire // of a connected one
	service *service     // at the other end of one that the program has connected
	shut    [2]bool      // SHUT_RD, SHUT_WR
	failed  bool         // the program was told of the reset

	// What an edge-triggered set has to know: how often something new has come to be read, and
	// how often room has come after there was none.
	ins, outs uint64
	taken     uint64 // bytes that were read
	came      uint64 // bytes that have come, when somebody last looked
	ended     bool   // the end, or a reset, was there then
	full      bool   // there was no room
}

// firstRemote is the port of link 0's other end. The address is localhost everywhere.
const firstRemote = 50000

// firstLocal is the port of the program's own end of what it connects.
const firstLocal = 40000

// arrive notes that a link has come to the program's listener.
func (k *Kernel) arrive(l int) {
	if l >= len(k.links) || k.links[l].arrived > 0 || !k.links[l].wire.Arrived() {
		return
	}
	order := 1
	for i := range k.links {
		order = max(order, k.links[i].arrived+1)
	}
	k.links[l].arrived = order
}

// waitingLink is the link that a listener's accept returns next; -1 if there is none.
func (k *Kernel) waitingLink(s *socket) int {
	first := -1
	for i := range k.links {
		k.arrive(i)
		l := &k.links[i]
		if s.port == k.opts.Port && l.arrived > 0 && l.socket == nil && (first < 0 || l.arrived < k.links[first].arrived) {
			first = i
		}
	}
	return first
}

// poll implements node.
func (s *socket) poll(k *Kernel) (m uint32) {
	switch {
	case s.listens:
		if k.waitingLink(s) >= 0 {
			return pollIn | pollRdNorm
		}
		return 0
	case s.service != nil:
		return s.service.poll(s)
	case s.wire == nil:
		return pollOut | pollHup
	}
	fin, reset := s.wire.Ended()
	unread, room := s.wire.Unread(), s.wire.Room()
	s.noteEdges(unread, room, fin || reset)
	if unread > 0 || fin || reset || s.shut[0] {
		m |= pollIn | pollRdNorm
	}
	if room > 0 || reset || s.shut[1] {
		m |= pollOut | pollWrNorm
	}
	if fin || s.shut[0] {
		m |= pollRdHup
	}
	if fin && s.shut[1] || reset {
		m |= pollHup
	}
	if reset {
		m |= pollErr | pollRdHup
	}
	return m
}

// noteEdges counts what is new since somebody last looked.
func (s *socket) noteEdges(unread, room int, ended bool) {
	if came := s.taken + uint64(unread); came > s.came || ended && !s.ended {
		s.came, s.ended = came, ended
		s.ins++
	}
	if room == 0 {
		s.full = true
	} else if s.full {
		s.full = false
		s.outs++
	}
}

// read implements node.
func (s *socket) read(k *Kernel, p []byte, peek bool) (int, unix.Errno) {
	if s.service != nil {
		return s.service.read(k, p, peek)
	}
	if s.wire == nil {
		return 0, unix.ENOTCONN
	}
	if s.shut[0] && s.wire.Unread() == 0 {
		return 0, 0
	}
	if peek {
		if n := s.wire.Peek(p); n > 0 {
			return n, 0
		}
		p = p[:0] // nothing is there to be taken, but an end may be
	}
	n, st := s.wire.Recv(p)
	switch {
	case n > 0 || st == model.EOF:
		s.taken += uint64(n)
		k.progress++
		return n, 0
	case st == model.Reset:
		k.progress++
		return 0, s.failure(unix.ECONNRESET, 0)
	}
	return 0, unix.EAGAIN
}

// failure is what a call on a socket that was reset answers: the first time that it was, and then
// what else.
func (s *socket) failure(first, then unix.Errno) unix.Errno {
	if !s.failed {
		s.failed = true
		return first
	}
	return then
}

// write implements node.
func (s *socket) write(k *Kernel, p []byte) (int, unix.Errno) {
	switch {
	case s.shut[1] || s.wire == nil && s.service == nil:
		return 0, unix.EPIPE
	case s.service != nil:
		s.ins++
		return s.service.hear(k, p)
	}
	n, st := s.wire.Send(p)
	if n < len(p) {
		s.full = true
	}
	switch {
	case n > 0 || len(p) == 0 && st != model.Reset:
		k.progress++
		return n, 0
	case st == model.Reset:
		k.progress++
		return 0, s.failure(unix.ECONNRESET, unix.EPIPE)
	}
	return 0, unix.EAGAIN
}

// close implements node.
func (s *socket) close(k *Kernel, f *file) {
	if s.wire == nil {
		return
	}
	if l, err := unix.GetsockoptLinger(f.real, unix.SOL_SOCKET, unix.SO_LINGER); err == nil && l.Onoff != 0 && l.Linger == 0 {
		s.wire.Abort()
	} else {
		s.wire.Close()
	}
	s.wire = nil
}

// newSocket is socket(2). The placeholder is a real socket, so that options and flags are the
// system's; it is never bound and never connected.
func (k *Kernel) newSocket(t *thread) {
	domain, kind := t.call.Int(0), t.call.Int(1)
	const flags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	inet := domain == unix.AF_INET || domain == unix.AF_INET6
	switch {
	case domain == unix.AF_UNIX || domain == unix.AF_NETLINK:
		k.through(t)
	case !inet || kind&^flags != unix.SOCK_STREAM:
		k.note("socket", fmt.Sprintf("domain %d, type %d: refused", domain, kind&^flags), -1)
		k.refuse(t, unix.EACCES)
	default:
		k.openSocket(t, &socket{domain: domain}, kind&flags)
	}
}

// openSocket opens a descriptor for a socket, and answers the call with it.
func (k *Kernel) openSocket(t *thread, s *socket, flags int) *file {
	real, err := unix.Socket(s.domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags&unix.SOCK_NONBLOCK, 0)
	if err != nil {
		k.refuse(t, err.(unix.Errno))
		return nil
	}
	return k.open(t, s, real, flags&unix.SOCK_CLOEXEC != 0)
}

// socketOf is the socket of argument 0. If it is none the call is answered.
func (k *Kernel) socketOf(t *thread) (*file, *socket) {
	f := t.file(0)
	if f == nil {
		k.through(t)
		return nil, nil
	}
	s, ok := f.node.(*socket)
	if !ok {
		k.refuse(t, unix.ENOTSOCK)
		return nil, nil
	}
	return f, s
}

// bind is bind(2).
func (k *Kernel) bind(t *thread) {
	if _, s := k.socketOf(t); s != nil {
		port, errno := k.readAddress(t, 1, t.call.Int(2))
		if errno != 0 {
			k.refuse(t, errno)
			return
		}
		s.port = port
		k.note("bind", fmt.Sprint(port), 0)
		k.reply(t, 0)
	}
}

// listen is listen(2).
func (k *Kernel) listen(t *thread) {
	if _, s := k.socketOf(t); s != nil {
		s.listens = true
		k.note("listen", fmt.Sprint(s.port), 0)
		k.reply(t, 0)
	}
}

// accept is accept4(2), and accept(2) with no flags.
func (k *Kernel) accept(t *thread, flags int) {
	f, s := k.socketOf(t)
	if s == nil {
		return
	}
	l := -1
	if s.listens {
		l = k.waitingLink(s)
	}
	switch {
	case !s.listens:
		k.refuse(t, unix.EINVAL)
	case l < 0 && f.nonblocking():
		k.note("accept", "", -int64(unix.EAGAIN))
		k.refuse(t, unix.EAGAIN)
	case l < 0:
		k.hold(t, &blocked{f, pollIn}, never)
	default:
		k.progress++
		s := &socket{domain: s.domain, port: s.port, remote: firstRemote + l, wire: k.links[l].wire}
		k.links[l].socket = s
		if errno := k.writeAddress(t, 1, s.domain, s.remote); errno != 0 {
			k.refuse(t, errno)
			return
		}
		k.note("accept", k.linkName(l), int64(l))
		k.openSocket(t, s, flags)
	}
}

// connect is connect(2). Nothing listens but the services that we play, which are there at once.
func (k *Kernel) connect(t *thread) {
	f, s := k.socketOf(t)
	if s == nil {
		return
	}
	port, errno := k.readAddress(t, 1, t.call.Int(2))
	d := k.opts.Services[port]
	switch {
	case errno != 0:
	case s.service != nil || s.wire != nil:
		errno = unix.EISCONN
	case d == nil:
		errno = unix.ECONNREFUSED
	default:
		k.progress++
		s.service = &service{speaker: d.New(own.Place{Server: true})}
		s.outs++
		s.remote, s.port = port, firstLocal+len(k.threads)
		if f.nonblocking() {
			errno = unix.EINPROGRESS
		}
	}
	k.note("connect", fmt.Sprint(port), -int64(errno))
	if errno != 0 {
		k.refuse(t, errno)
		return
	}
	k.reply(t, 0)
}

// shutdown is shutdown(2).
func (k *Kernel) shutdown(t *thread) {
	_, s := k.socketOf(t)
	if s == nil {
		return
	}
	if s.wire == nil && s.service == nil {
		k.refuse(t, unix.ENOTCONN)
		return
	}
	k.progress++
	how := t.call.Int(1)
	if how == unix.SHUT_RD || how == unix.SHUT_RDWR {
		s.shut[0] = true
	}
	if (how == unix.SHUT_WR || how == unix.SHUT_RDWR) && !s.shut[1] {
		s.shut[1] = true
		if s.wire != nil {
			s.wire.CloseWrite()
		}
	}
	k.reply(t, 0)
}

// name is getsockname(2) and getpeername(2).
func (k *Kernel) name(t *thread, peer bool) {
	_, s := k.socketOf(t)
	if s == nil {
		return
	}
	port := s.port
	if peer {
		if port = s.remote; port == 0 {
			k.refuse(t, unix.ENOTCONN)
			return
		}
	}
	if errno := k.writeAddress(t, 1, s.domain, port); errno != 0 {
		k.refuse(t, errno)
		return
	}
	k.reply(t, 0)
}

// socketError is getsockopt(2) with SO_ERROR.
func (k *Kernel) socketError(t *thread) {
	_, s := k.socketOf(t)
	if s == nil {
		return
	}
	value := uint32(0)
	if s.wire != nil {
		if _, reset := s.wire.Ended(); reset {
			value = uint32(s.failure(unix.ECONNRESET, 0))
		}
	}
	k.put32(t, t.call.Args[3], value)
	k.put32(t, t.call.Args[4], 4)
	k.reply(t, 0)
}

// readAddress reads the port of the struct sockaddr that argument i points to.
func (k *Kernel) readAddress(t *thread, i, size int) (port int, errno unix.Errno) {
	var b [28]byte
	if size < 16 {
		return 0, unix.EINVAL
	}
	if errno := k.prog.Read(&t.call, t.call.Args[i], b[:min(size, len(b))]); errno != 0 {
		return 0, errno
	}
	return int(binary.BigEndian.Uint16(b[2:])), 0
}

// writeAddress writes a struct sockaddr of localhost where argument i points to, unless that is
// NULL, and its length where the next one does.
func (k *Kernel) writeAddress(t *thread, i, domain, port int) unix.Errno {
	at, lenAt := t.call.Args[i], t.call.Args[i+1]
	if at == 0 {
		return 0
	}
	b := make([]byte, 16, 28)
	binary.LittleEndian.PutUint16(b, uint16(domain))
	binary.BigEndian.PutUint16(b[2:], uint16(port))
	if domain == unix.AF_INET6 {
		b = b[:28]
		b[23] = 1 // ::1
	} else {
		copy(b[4:], []byte{127, 0, 0, 1})
	}
	var room [4]byte
	if errno := k.prog.Read(&t.call, lenAt, room[:]); errno != 0 {
		return errno
	}
	fits := min(len(b), int(binary.LittleEndian.Uint32(room[:])))
	if errno := k.prog.Write(&t.call, at, b[:fits]); errno != 0 {
		return errno
	}
	return k.put32(t, lenAt, uint32(len(b)))
}

// put32 writes an int of C.
func (k *Kernel) put32(t *thread, at uint64, value uint32) unix.Errno {
	return k.prog.Write(&t.call, at, binary.LittleEndian.AppendUint32(nil, value))
}

// linkName is the word for a link's end.
func (k *Kernel) linkName(l int) string {
	if l == 0 {
		return "link"
	}
	return fmt.Sprintf("link%d", l+1)
}

// nameOf is what stories call a file.
func (k *Kernel) nameOf(f *file) string {
	for i := range k.links {
		if k.links[i].socket != nil && f.node == k.links[i].socket {
			return k.linkName(i)
		}
	}
	switch n := f.node.(type) {
	case *socket:
		if n.listens {
			return "listener"
		}
		return "socket"
	case *epoll:
		return "epoll"
	case *timer:
		return "timer"
	}
	return "file"
}
