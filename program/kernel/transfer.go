//go:build linux && amd64

package kernel

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// A piece is an element of a vector of buffers: struct iovec.
type piece struct {
	at   uint64
	size int
}

// maxPieces is IOV_MAX.
const maxPieces = 1024

// vector reads an array of struct iovec.
func (k *Kernel) vector(t *thread, at uint64, count int) (list []piece, errno unix.Errno) {
	if count < 0 || count > maxPieces {
		return nil, unix.EINVAL
	}
	raw := make([]byte, 16*count)
	if errno := k.prog.Read(&t.call, at, raw); errno != 0 {
		return nil, errno
	}
	for ; len(raw) > 0; raw = raw[16:] {
		list = append(list, piece{binary.LittleEndian.Uint64(raw), int(binary.LittleEndian.Uint64(raw[8:]))})
	}
	return list, 0
}

// size is the length of a vector, in bytes.
func size(v []piece) (n int) {
	for _, p := range v {
		n += p.size
	}
	return n
}

// recv moves bytes from a file into the buffers of the calling thread, and answers the call.
func (k *Kernel) recv(t *thread, v []piece, flags int) (done bool) {
	f := t.file(0)
	want := k.buf[:min(size(v), len(k.buf))]
	n, errno := f.node.read(k, want, flags&unix.MSG_PEEK != 0)
	if errno == unix.EAGAIN && flags&unix.MSG_DONTWAIT == 0 && !f.nonblocking() {
		k.hold(t, &blocked{f, pollIn}, never)
		return false
	}
	if errno == 0 && flags&unix.MSG_TRUNC == 0 { // tcp(7): else they are thrown away
		if errno = k.scatter(t, v, want[:n]); errno != 0 { // the bytes are gone
			k.unsupported(t, "a buffer that can't be written")
			return false
		}
	}
	if errno != 0 {
		k.refuse(t, errno)
		return false
	}
	k.reply(t, int64(n))
	return true
}

// scatter writes bytes into the buffers of a vector.
func (k *Kernel) scatter(t *thread, v []piece, b []byte) unix.Errno {
	for _, p := range v {
		n := min(p.size, len(b))
		if errno := k.prog.Write(&t.call, p.at, b[:n]); errno != 0 {
			return errno
		}
		if b = b[n:]; len(b) == 0 {
			break
		}
	}
	return 0
}

// send moves bytes from the buffers of the calling thread into a file, and answers the call. Of a
// vector a split may take the first pieces alone.
func (k *Kernel) send(t *thread, v []piece, flags int) {
	f := t.file(0)
	if s, ok := f.node.(*socket); ok && s.wire != nil {
		s.wire.Offer(size(v))
		if most := s.wire.Split(); len(v) > 1 && most > 0 && most < len(v) {
			v = v[:most]
			s.full = true
		}
	}
	b, errno := k.gather(t, v, k.roomOf(f))
	n := 0
	if errno == 0 {
		n, errno = f.node.write(k, b)
	}
	switch {
	case errno == unix.EAGAIN && flags&unix.MSG_DONTWAIT == 0 && !f.nonblocking():
		k.hold(t, &blocked{f, pollOut}, never)
	case errno != 0:
		k.refuseSend(t, errno, flags)
	default:
		k.reply(t, int64(n))
	}
}

// refuseSend answers a call that sends with an error. EPIPE comes with a signal: send(2).
func (k *Kernel) refuseSend(t *thread, errno unix.Errno, flags int) {
	if errno == unix.EPIPE && flags&unix.MSG_NOSIGNAL == 0 {
		_ = unix.Tgkill(t.proc.pid, t.id, unix.SIGPIPE)
	}
	k.refuse(t, errno)
}

// roomOf is how many bytes a write can take, and one more, so that a short write shows.
func (k *Kernel) roomOf(f *file) int {
	if s, ok := f.node.(*socket); ok && s.wire != nil {
		return s.wire.Room() + 1
	}
	return len(k.buf)
}

// gather reads at most most bytes of the buffers of a vector.
func (k *Kernel) gather(t *thread, v []piece, most int) ([]byte, unix.Errno) {
	if most > len(k.buf) {
		most = len(k.buf)
	}
	b := k.buf[:0]
	for _, p := range v {
		n := min(p.size, most-len(b))
		b = b[:len(b)+n]
		if errno := k.prog.Read(&t.call, p.at, b[len(b)-n:]); errno != 0 {
			return nil, errno
		}
	}
	return b, 0
}

// flat is a transfer with one buffer: argument 1 points to it, argument 2 is its size.
func flat(t *thread) []piece {
	return []piece{{t.call.Args[1], int(min(t.call.Args[2], 1<<30))}}
}

// read is read(2), write is write(2).
func (k *Kernel) read(t *thread) {
	if t.file(0) == nil {
		k.through(t)
		return
	}
	k.recv(t, flat(t), 0)
}

func (k *Kernel) write(t *thread) {
	if t.file(0) == nil {
		k.through(t)
		return
	}
	k.send(t, flat(t), 0)
}

// recvFrom is recvfrom(2). Of a stream it says no address.
func (k *Kernel) recvFrom(t *thread) {
	flags := t.call.Int(3)
	if _, s := k.socketOf(t); s == nil || k.oddFlags(t, flags) {
		return
	}
	if at := t.call.Args[5]; at != 0 {
		k.put32(t, at, 0)
	}
	k.recv(t, flat(t), flags)
}

// sendTo is sendto(2).
func (k *Kernel) sendTo(t *thread) {
	flags := t.call.Int(3)
	if t.file(0) == nil {
		k.connectOutside(t, 4, 5) // it has an address
		return
	}
	if _, s := k.socketOf(t); s == nil || k.oddFlags(t, flags) {
		return
	}
	k.send(t, flat(t), flags)
}

// oddFlags ends the run if a call has flags that we don't know.
func (k *Kernel) oddFlags(t *thread, flags int) bool {
	const known = unix.MSG_PEEK | unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL | unix.MSG_MORE | unix.MSG_CMSG_CLOEXEC | unix.MSG_TRUNC
	if flags&^known == 0 {
		return false
	}
	k.unsupported(t, "flags of send or recv")
	return true
}

// readVector is readv(2), writeVector is writev(2).
func (k *Kernel) readVector(t *thread) {
	if v, ok := k.vectorOf(t); ok {
		k.recv(t, v, 0)
	}
}

func (k *Kernel) writeVector(t *thread) {
	if v, ok := k.vectorOf(t); ok {
		k.send(t, v, 0)
	}
}

func (k *Kernel) vectorOf(t *thread) (v []piece, ok bool) {
	if t.file(0) == nil {
		k.through(t)
		return nil, false
	}
	v, errno := k.vector(t, t.call.Args[1], t.call.Int(2))
	if errno != 0 {
		k.refuse(t, errno)
	}
	return v, errno == 0
}

// Offsets in struct msghdr: recvmsg(2).
const (
	msgNameLen    = 8
	msgVector     = 16
	msgVectorLen  = 24
	msgControlLen = 40
	msgFlags      = 48
	msgSize       = 56
)

// recvMessage is recvmsg(2). A stream has no address and no ancillary data.
func (k *Kernel) recvMessage(t *thread) {
	v, at := k.message(t)
	if v == nil {
		return
	}
	var zero [8]byte
	for _, field := range []struct{ off, size int }{{msgNameLen, 4}, {msgControlLen, 8}, {msgFlags, 4}} {
		if errno := k.prog.Write(&t.call, at+uint64(field.off), zero[:field.size]); errno != 0 {
			k.refuse(t, errno)
			return
		}
	}
	k.recv(t, v, t.call.Int(2))
}

// sendMessage is sendmsg(2).
func (k *Kernel) sendMessage(t *thread) {
	if v, _ := k.message(t); v != nil {
		k.send(t, v, t.call.Int(2))
	}
}

// message reads the vector of a struct msghdr, which argument 1 points to. If it is nil the call
// is answered.
func (k *Kernel) message(t *thread) (v []piece, at uint64) {
	if _, s := k.socketOf(t); s == nil || k.oddFlags(t, t.call.Int(2)) {
		return nil, 0
	}
	var head [msgSize]byte
	at = t.call.Args[1]
	errno := k.prog.Read(&t.call, at, head[:])
	if errno == 0 {
		v, errno = k.vector(t, binary.LittleEndian.Uint64(head[msgVector:]),
			int(binary.LittleEndian.Uint64(head[msgVectorLen:])))
	}
	if errno != 0 {
		k.refuse(t, errno)
		return nil, 0
	}
	if v == nil {
		v = []piece{}
	}
	return v, at
}

// sendFile is sendfile(2): it sends from a file of the system, and moves that file's offset, or
// the one that argument 2 points to.
func (k *Kernel) sendFile(t *thread) {
	f, s := k.socketOf(t)
	if s == nil {
		return
	}
	from, err := k.prog.Borrow(t.proc.pid, t.call.Int(1))
	if err != nil {
		k.refuse(t, unix.EBADF)
		return
	}
	defer unix.Close(from)
	var raw [8]byte
	at := t.call.Args[2]
	if at != 0 {
		if errno := k.prog.Read(&t.call, at, raw[:]); errno != 0 {
			k.refuse(t, errno)
			return
		}
	} else if here, err := unix.Seek(from, 0, 1); err == nil {
		binary.LittleEndian.PutUint64(raw[:], uint64(here))
	}
	offset := int64(binary.LittleEndian.Uint64(raw[:]))
	most := min(int(min(t.call.Args[3], 1<<30)), k.roomOf(f), len(k.buf))
	n, err := unix.Pread(from, k.buf[:most], offset)
	if err != nil {
		k.refuse(t, err.(unix.Errno))
		return
	}
	n, errno := f.node.write(k, k.buf[:n])
	switch {
	case errno == unix.EAGAIN && !f.nonblocking():
		k.hold(t, &blocked{f, pollOut}, never)
		return
	case errno != 0:
		k.refuseSend(t, errno, 0)
		return
	case at != 0:
		errno = k.prog.Write(&t.call, at, binary.LittleEndian.AppendUint64(nil, uint64(offset+int64(n))))
		if errno != 0 {
			k.refuse(t, errno)
			return
		}
	default:
		if _, err := unix.Seek(from, offset+int64(n), 0); err != nil {
			k.refuse(t, unix.ESPIPE)
			return
		}
	}
	k.reply(t, int64(n))
}

// ioctl is ioctl(2) with FIONREAD or FIONBIO.
func (k *Kernel) ioctl(t *thread) {
	if t.call.Int(1) == fionbio {
		k.changeMode(t)
	} else if _, s := k.socketOf(t); s != nil {
		k.put32(t, t.call.Args[2], uint32(s.unread()))
		k.reply(t, 0)
	}
}
