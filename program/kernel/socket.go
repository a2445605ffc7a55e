//go:build linux && amd64

package kernel

import (
	"bytes"
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
	port    int  // its own, in the order of the host
	any     bool // it is bound to all addresses
	remote  int  // its peer's
	listens bool
	wire    foreign.Wire // of a connected one
	service *service     // at the other end of one that the program has connected
	shut    [2]bool      // SHUT_RD, SHUT_WR

	// What has come from the peer, when somebody last looked: see look.
	fin, reset bool
	came       uint64     // bytes
	taken      uint64     // bytes that were read
	met        bool       // their end, too
	full       bool       // there was no room
	err        unix.Errno // that a call will tell, once (SO_ERROR)
	news       edges
}

// An edges counts what edge-triggered sets are told of: how often something has come to be read,
// how often room has come after there was none, and how often the connection has changed. The
// kernel wakes for the last whatever a set has asked for (sock_def_wakeup in net/core/sock.c).
type edges struct{ ins, outs, changes uint64 }

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
	k.arrivals++
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
		// Story 150: an edge of a listener was told again and again while connections waited. Who
		// takes one connection for each edge was never caught: epoll(7), question 9.
		waits := k.waitingLink(s) >= 0
		if s.news.ins = k.arrivals; waits {
			return pollIn | pollRdNorm
		}
		return 0
	case s.service != nil:
		return s.service.poll(s)
	case s.wire == nil:
		return pollOut | pollWrNorm | pollHup
	}
	s.look()
	if s.wire.Unread() > 0 || s.fin || s.reset || s.shut[0] {
		m |= pollIn | pollRdNorm
	}
	if s.wire.Room() > 0 || s.reset || s.shut[1] {
		m |= pollOut | pollWrNorm
	}
	if s.fin || s.reset || s.shut[0] {
		m |= pollRdHup
	}
	if s.over() || s.shut[0] && s.shut[1] {
		m |= pollHup
	}
	if s.err != 0 {
		m |= pollErr
	}
	return m
}

// over says whether the connection is no more: both ends have said so, or one has reset it. The
// kernel's word is TCP_CLOSE.
func (s *socket) over() bool { return s.reset || s.fin && s.shut[1] }

// look notes what has come since somebody last looked.
func (s *socket) look() {
	fin, reset := s.wire.Ended()
	if came := s.taken + uint64(s.wire.Unread()); came > s.came {
		s.came = came
		s.news.ins++
	}
	if fin && !s.fin {
		s.fin = true
		s.news.changes++
	}
	if reset && !s.reset { // tcp_reset in net/ipv4/tcp_input.c
		switch {
		case s.over():
		case s.fin:
			s.err = unix.EPIPE
		default:
			s.err = unix.ECONNRESET
		}
		s.reset = true
		s.news.changes++
	}
	if s.wire.Room() == 0 {
		s.full = true
	} else if s.full {
		s.full = false
		s.news.outs++
	}
}

// takeError is the socket's error, which is told once; or else what there is to say then.
func (s *socket) takeError(otherwise unix.Errno) unix.Errno {
	if s.err == 0 {
		return otherwise
	}
	errno := s.err
	s.err = 0
	return errno
}

// read implements node.
func (s *socket) read(k *Kernel, p []byte, peek bool) (int, unix.Errno) {
	if s.service != nil {
		return s.service.read(k, s, p, peek)
	}
	if s.wire == nil {
		return 0, unix.ENOTCONN
	}
	if len(p) == 0 {
		return 0, 0
	}
	s.look()
	if s.shut[0] && s.wire.Unread() == 0 {
		return 0, s.takeError(0)
	}
	if peek {
		if n := s.wire.Peek(p); n > 0 {
			return n, 0
		}
		p = p[:0] // nothing is there to be taken, but an end may be
	}
	n, st := s.wire.Recv(p)
	if n == 0 && st == model.WouldBlock {
		return 0, unix.EAGAIN
	}
	if n > 0 || !s.met {
		k.progress++
	}
	s.taken, s.met = s.taken+uint64(n), n == 0
	if n == 0 && st == model.Reset && !s.fin {
		return 0, s.takeError(0)
	}
	return n, 0
}

// unread is how many bytes a read would give.
//
// Story 145: of what a service had said there were always 0. nginx takes that for a socket that it
// has emptied and waits for an edge, so an answer of more than its 4 KiB buffer stalled behind
// it, in quiet runs too, and no stall of such a program was told any more.
func (s *socket) unread() int {
	switch {
	case s.service != nil:
		return len(s.service.said)
	case s.wire != nil:
		return s.wire.Unread()
	}
	return 0
}

// write implements node.
func (s *socket) write(k *Kernel, p []byte) (int, unix.Errno) {
	switch {
	case s.wire == nil && s.service == nil:
		return 0, unix.EPIPE
	case s.service != nil && s.shut[1]:
		return 0, unix.EPIPE
	case s.service != nil:
		s.news.ins++
		return s.service.hear(k, s, p)
	}
	if s.look(); s.shut[1] {
		return 0, s.takeError(unix.EPIPE)
	}
	n, st := s.wire.Send(p)
	if n < len(p) {
		s.full = true
	}
	switch {
	case st == model.Reset:
		return 0, s.takeError(unix.EPIPE)
	case n > 0 || len(p) == 0:
		k.progress++
		return n, 0
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
	case k.opts.Network && (!inet || kind&^flags != unix.SOCK_STREAM):
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
		port, any, errno := k.readAddress(t, 1, t.call.Int(2))
		if errno != 0 {
			k.refuse(t, errno)
			return
		}
		if port == 0 { // ip(7): one is chosen
			port = firstLocal + t.call.Int(0)
		}
		s.port, s.any = port, any
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
		if errno := k.writeAddress(t, 1, s.domain, s.remote, false); errno != 0 {
			k.refuse(t, errno)
			return
		}
		k.note("accept", k.linkName(l), int64(l))
		k.openSocket(t, s, flags)
	}
}

// connect is connect(2). Nothing listens but the services that we play, which are there at once.
func (k *Kernel) connect(t *thread) {
	if t.file(0) == nil {
		k.connectOutside(t, 1, 2)
		return
	}
	f, s := k.socketOf(t)
	if s == nil {
		return
	}
	port, _, errno := k.readAddress(t, 1, t.call.Int(2))
	d := k.opts.Services[port]
	switch {
	case errno != 0:
	case s.service != nil || s.wire != nil:
		errno = unix.EISCONN
	case d == nil && k.opts.Network:
		k.leave(t, f)
		return
	case d == nil:
		errno = unix.ECONNREFUSED
	default:
		k.progress++
		s.service = &service{speaker: d.New(own.Place{Server: true})}
		s.news.outs++
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
	how := t.call.Int(1)
	read, write := how == unix.SHUT_RD || how == unix.SHUT_RDWR, how == unix.SHUT_WR || how == unix.SHUT_RDWR
	errno := unix.Errno(0)
	switch {
	case !read && !write:
		errno = unix.EINVAL
	case s.listens: // it listens no more, if it was for reading
		s.listens = s.listens && !read
	case s.wire == nil && s.service == nil:
		errno = unix.ENOTCONN
	default:
		errno = s.shutDown(read, write)
		k.progress++
	}
	if errno != 0 {
		k.refuse(t, errno)
		return
	}
	k.reply(t, 0)
}

// shutDown ends one way of a connection, or both.
func (s *socket) shutDown(read, write bool) (errno unix.Errno) {
	if s.wire != nil {
		if s.look(); s.over() {
			errno = unix.ENOTCONN // and yet it is done
		}
	}
	s.news.changes++
	s.shut[0] = s.shut[0] || read
	if write && !s.shut[1] {
		s.shut[1] = true
		if s.wire != nil {
			s.wire.CloseWrite()
		}
	}
	return errno
}

// name is getsockname(2) and getpeername(2).
func (k *Kernel) name(t *thread, peer bool) {
	_, s := k.socketOf(t)
	if s == nil {
		return
	}
	port := s.port
	if peer {
		if s.wire != nil {
			s.look()
		}
		if port = s.remote; port == 0 || s.over() {
			k.refuse(t, unix.ENOTCONN)
			return
		}
	}
	if errno := k.writeAddress(t, 1, s.domain, port, !peer && (s.any || port == 0)); errno != 0 {
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
		s.look()
		value = uint32(s.takeError(0))
	}
	k.put32(t, t.call.Args[3], value)
	k.put32(t, t.call.Args[4], 4)
	k.reply(t, 0)
}

// readAddress reads the port of the struct sockaddr that argument i points to, and whether the
// address is that of all interfaces.
func (k *Kernel) readAddress(t *thread, i, size int) (port int, any bool, errno unix.Errno) {
	var b [28]byte
	if size < 16 {
		return 0, false, unix.EINVAL
	}
	if errno := k.prog.Read(&t.call, t.call.Args[i], b[:min(size, len(b))]); errno != 0 {
		return 0, false, errno
	}
	host := b[4:8] // ip(7), and ipv6(7) for the other
	if binary.LittleEndian.Uint16(b[:]) == unix.AF_INET6 {
		host = b[8:24]
	}
	return int(binary.BigEndian.Uint16(b[2:])), len(bytes.Trim(host, "\x00")) == 0, 0
}

// writeAddress writes a struct sockaddr of localhost, or of all interfaces, where argument i points
// to, unless that is NULL, and its length where the next one does.
func (k *Kernel) writeAddress(t *thread, i, domain, port int, any bool) unix.Errno {
	at, lenAt := t.call.Args[i], t.call.Args[i+1]
	if at == 0 {
		return 0
	}
	b := make([]byte, 16, 28)
	binary.LittleEndian.PutUint16(b, uint16(domain))
	binary.BigEndian.PutUint16(b[2:], uint16(port))
	switch {
	case domain == unix.AF_INET6:
		if b = b[:28]; !any {
			b[23] = 1 // ::1
		}
	case !any:
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
