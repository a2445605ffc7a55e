//go:build linux && amd64

package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model/foreign"
	"golang.org/x/sys/unix"
)

// What lies outside of the world: the network of the machine, and the sockets of other programs in
// the file system. A program is refused both, unless Options.Network lets it have them. Then their
// sockets are the system's, and no run that meets them repeats for certain.

// errOutside is why Settled does not know whether the program waits for ever.
var errOutside = fmt.Errorf("kernel: it has a connection to the network: %w", foreign.ErrOutside)

// connectOutside is connect(2) to who is not of the world, on a socket of the system: that of another
// program in the file system, which is in no namespace of networks (unix(7)). What the program has
// made in its own directory it may have.
func (k *Kernel) connectOutside(t *thread, at, size int) {
	path := k.localPath(t, at, t.call.Int(size))
	inside := path == "" || path == k.opts.Dir || strings.HasPrefix(path, k.opts.Dir+"/")
	if k.opts.Network || inside {
		k.through(t)
		return
	}
	k.note("connect", path+": refused", -1)
	k.refuse(t, unix.EACCES)
}

// localPath is the file that the struct sockaddr_un of argument i names; "" for other addresses. An
// abstract one belongs to the namespace of networks.
func (k *Kernel) localPath(t *thread, i, size int) string {
	var b [unix.SizeofSockaddrUnix]byte
	raw := b[:max(0, min(size, len(b)))]
	if k.prog.Read(&t.call, t.call.Args[i], raw) != 0 || binary.LittleEndian.Uint16(b[:]) != unix.AF_UNIX {
		return ""
	}
	name, _, _ := bytes.Cut(b[2:], []byte{0})
	path := string(name)
	if path != "" && !filepath.IsAbs(path) {
		dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", t.proc.pid))
		if err != nil {
			return path
		}
		path = filepath.Join(dir, path)
	}
	return filepath.Clean(path)
}

// leave makes a socket of ours one of the system, which then connects it. It may not be in a set
// yet: sets know descriptors of the system by numbers that are not ours.
func (k *Kernel) leave(t *thread, f *file) {
	for _, s := range k.sets {
		if slices.ContainsFunc(s.entries, func(e entry) bool { return e.f == f }) {
			k.unsupported(t, "to the network, of a socket that an epoll set has already")
			return
		}
	}
	f.outside = true
	k.through(t)
}

// outside says whether the program has a connection to who is not of the world.
func (k *Kernel) outside() bool {
	if !k.opts.Network {
		return false
	}
	for _, p := range k.procs {
		dir := fmt.Sprintf("/proc/%d/fd/", p.pid)
		list, err := os.ReadDir(dir)
		if err != nil {
			continue // it has ended
		}
		for _, entry := range list {
			number, err := strconv.Atoi(entry.Name())
			if err != nil || p.at(number) != nil {
				continue
			}
			if what, err := os.Readlink(dir + entry.Name()); err == nil && strings.HasPrefix(what, "socket:") && k.reaches(p.pid, number) {
				return true
			}
		}
	}
	return false
}

// reaches says whether a socket of the system has a peer outside of the program, or may have one.
func (k *Kernel) reaches(pid, number int) bool {
	fd, err := k.prog.Borrow(pid, number)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil || domain != unix.AF_UNIX {
		return !errors.Is(err, unix.ENOTSOCK)
	}
	peer, err := unix.Getpeername(fd)
	local, ok := peer.(*unix.SockaddrUnix)
	return err == nil && ok && local.Name != "" // that of socketpair(2) has no name
}
