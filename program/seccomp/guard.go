//go:build linux && amd64

package seccomp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Guardian is the process above programs, one at a time. It outlives us, and ends its program when
// we die.
type Guardian struct {
	isolated bool     // it and its programs have namespaces of their own
	control  *os.File // its end is the end of the guardian
	fd       int32    // of control
	process  *exec.Cmd
	gone     bool
}

// isolation is how much a program may be kept to itself. The first that the system allows counts.
var isolation = []uintptr{
	unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWNET,
	unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWNET | unix.CLONE_NEWUSER,
	0,
}

// Guard starts a guardian for commands like c.
func Guard(c *Command) (*Guardian, error) {
	parent, err := os.Open(filepath.Dir(c.Dir))
	if err != nil {
		return nil, fmt.Errorf("seccomp: got working directory %s: %w", c.Dir, err)
	}
	defer parent.Close()
	for _, flags := range isolation {
		if c.Plain && flags != 0 {
			continue
		}
		if c.Network {
			flags &^= unix.CLONE_NEWNET
		}
		var g *Guardian
		if g, err = guardWith(c, flags, parent); err == nil {
			return g, nil
		}
	}
	return nil, fmt.Errorf("seccomp: the guardian can't be started: %w", err)
}

// guardWith starts a guardian in such namespaces.
func guardWith(c *Command, flags uintptr, parent *os.File) (*Guardian, error) {
	ours, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	d := duty{Dir: c.Dir, Memory: c.Memory, Isolated: flags != 0}
	if d.Memory == 0 {
		d.Memory = 4 << 30
	}
	if c.Temporary {
		d.Remove = filepath.Base(c.Dir)
	}
	cmd := selfAs(roleGuardian, &d)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = c.output(), c.output(), []*os.File{theirs, parent}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setsid: true}
	if flags&unix.CLONE_NEWUSER != 0 {
		me, group := os.Getuid(), os.Getgid()
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: me, HostID: me, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: group, HostID: group, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN} // for the mounts
	}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		ours.Close()
		return nil, err
	}
	var greeting [8]byte
	if _, err := io.ReadFull(ours, greeting[:]); err != nil { // it could not make its mounts
		ours.Close()
		return nil, errors.Join(err, cmd.Wait())
	}
	return &Guardian{isolated: d.Isolated, control: ours, fd: int32(ours.Fd()), process: cmd}, nil
}

// Gone says whether it has died, and can start nothing more.
func (g *Guardian) Gone() bool { return g.gone }

// Close ends the guardian and its program.
func (g *Guardian) Close() {
	if g.control == nil {
		return
	}
	_, _ = g.control.Write(binary.LittleEndian.AppendUint32(nil, orderFarewell))
	g.control.Close()
	g.control = nil
	_ = g.process.Wait()
}

// order has it start a launcher, with a socket.
func (g *Guardian) order(launcher []byte, socket *os.File) error {
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(launcher)))
	_, err := unix.SendmsgN(int(g.fd), head, unix.UnixRights(int(socket.Fd())), nil, unix.MSG_NOSIGNAL)
	if err == nil {
		_, err = g.control.Write(launcher)
	}
	if err != nil {
		g.gone = true
		return fmt.Errorf("seccomp: the guardian does not listen: %w", err)
	}
	return nil
}

// clear ends its program, and forgets the deaths that were not asked for.
func (g *Guardian) clear() {
	_, err := g.control.Write(binary.LittleEndian.AppendUint32(nil, orderClear))
	for err == nil {
		var line [8]byte
		if _, err = io.ReadFull(g.control, line[:]); err == nil && binary.LittleEndian.Uint32(line[:]) == cleared {
			return
		}
	}
	g.gone = true
}
