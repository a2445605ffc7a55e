//go:build linux && amd64

package observer

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// Put puts the observer into the process of a thread that waits in a call, and of which a plan was made.
// The thread makes its call again, whether that fails or not.
func (o *Observer) Put(p *seccomp.Program, c *seccomp.Call, plan *Plan) error {
	got, err := p.Inject(c, unix.SYS_MMAP, [6]uint64{base, uint64(len(o.image)),
		unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC,
		unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED_NOREPLACE, ^uint64(0), 0})
	if err != nil {
		return err
	}
	if got != base {
		return fmt.Errorf("observer: the program gets no memory at %#x: mmap answers %d", uint64(base), int64(got))
	}
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", c.Thread), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("observer: %w", err)
	}
	defer memory.Close()
	if _, err := memory.WriteAt(o.filled(plan.addresses), base); err != nil {
		return fmt.Errorf("observer: the image can't be written: %w", err)
	}
	for _, slot := range plan.slots {
		if err := o.divert(memory, slot, plan.addresses[o.hooks[slot.hook]]); err != nil {
			return fmt.Errorf("observer: the slot of %s can't be written: %w", o.hooks[slot.hook], err)
		}
	}
	return nil
}

// divert makes a slot lead to the observer.
func (o *Observer) divert(memory *os.File, s slot, real uint64) error {
	var now [8]byte
	if _, err := memory.ReadAt(now[:], int64(s.at)); err != nil {
		return err
	}
	if s.held && binary.LittleEndian.Uint64(now[:]) != real {
		return nil
	}
	binary.LittleEndian.PutUint64(now[:], o.wrapper(s.hook))
	_, err := memory.WriteAt(now[:], int64(s.at))
	return err
}
