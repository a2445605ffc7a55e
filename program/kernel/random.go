//go:build linux && amd64

package kernel

import (
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model/splitmix"
	"golang.org/x/sys/unix"
)

// A dice is /dev/urandom or /dev/random, open.
type dice struct{}

// poll implements node.
func (dice) poll(*Kernel) uint32 { return pollIn | pollOut }

// read implements node.
func (dice) read(k *Kernel, p []byte, _ bool) (int, unix.Errno) {
	k.fill(p)
	return len(p), 0
}

// write implements node: what is written stirs nothing.
func (dice) write(_ *Kernel, p []byte) (int, unix.Errno) { return len(p), 0 }

// close implements node.
func (dice) close(*Kernel, *file) {}

// fill fills p with random bytes of the run.
func (k *Kernel) fill(p []byte) {
	for len(p) > 0 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], splitmix.Next(&k.random))
		p = p[copy(p, word[:]):]
	}
}

// getRandom is getrandom(2).
func (k *Kernel) getRandom(t *thread) {
	b := k.buf[:min(t.call.Args[1], 1<<16)]
	k.fill(b)
	if errno := k.prog.Write(&t.call, t.call.Args[0], b); errno != 0 {
		k.refuse(t, errno)
		return
	}
	k.reply(t, int64(len(b)))
}

// openFile is openat(2), and open(2) by the other: the devices that give random bytes are ours,
// everything else the system's.
func (k *Kernel) openFile(t *thread, path, flags int) {
	text, errno := k.prog.Text(&t.call, t.call.Args[path], 32)
	if errno != 0 || text != "/dev/urandom" && text != "/dev/random" {
		k.through(t)
		return
	}
	real, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		k.refuse(t, err.(unix.Errno))
		return
	}
	k.open(t, dice{}, real, t.call.Int(flags)&unix.O_CLOEXEC != 0)
}
