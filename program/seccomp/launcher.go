//go:build linux && amd64

package seccomp

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A launcher makes some calls of the system, the last of which is execve(2): it becomes the program.
// It is an ELF file (elf(5)) of a few kB that we write: a loop of machine code goes through a list of
// calls. Our own binary in its place would take ten times as long to start.
type launcher struct {
	data  []byte // behind the code: texts, structs, and last the calls
	calls []step
}

// A step is a call of a launcher. If it fails the launcher says so and dies, unless it may fail.
type step struct {
	what    string // in a clause, for who reads of a failure
	mayFail bool
	nr      int
	args    []uint64
}

const (
	// Addresses of the launcher. Behind the headers is the code; the data has pages of its own.
	codePage, dataPage = 0x400000, 0x401000
	// stepSize is that of a step in memory: number, six arguments, and 1 if it may fail.
	stepSize = 64
	// socketNumber and listenerNumber are descriptors of a launcher: the first is given to it, and
	// the other is the lowest that is free.
	socketNumber, listenerNumber = 3, 4
)

// launcherCode goes through the steps from an address on, which stands in its second byte.
var launcherCode = []byte{
	0xbb, 0, 0, 0, 0, // mov $steps, %ebx
	0x48, 0x8b, 0x03, // 1: mov (%rbx), %rax
	0x48, 0x8b, 0x7b, 0x08, // mov 8(%rbx), %rdi
	0x48, 0x8b, 0x73, 0x10, // mov 16(%rbx), %rsi
	0x48, 0x8b, 0x53, 0x18, // mov 24(%rbx), %rdx
	0x4c, 0x8b, 0x53, 0x20, // mov 32(%rbx), %r10
	0x4c, 0x8b, 0x43, 0x28, // mov 40(%rbx), %r8
	0x4c, 0x8b, 0x4b, 0x30, // mov 48(%rbx), %r9
	0x0f, 0x05, // syscall
	0x48, 0x85, 0xc0, 0x79, 0x06, // test %rax, %rax; jns 2f
	0x80, 0x7b, 0x38, 0x00, 0x74, 0x06, // cmpb $0, 56(%rbx); je 3f
	0x48, 0x83, 0xc3, 0x40, 0xeb, 0xd2, // 2: add $64, %rbx; jmp 1b
	0x48, 0x89, 0x43, 0x08, // 3: mov %rax, 8(%rbx)
	0xb8, 0x01, 0, 0, 0, // mov $SYS_write, %eax
	0xbf, socketNumber, 0, 0, 0, // mov $socket, %edi
	0x48, 0x89, 0xde, // mov %rbx, %rsi
	0xba, stepSize, 0, 0, 0, // mov $64, %edx
	0x0f, 0x05, // syscall
	0x0f, 0x0b, // ud2: exit would be a call that is caught
}

// put puts bytes into the data, and returns their address.
func (l *launcher) put(b []byte) (at uint64) {
	for len(l.data)%8 != 0 {
		l.data = append(l.data, 0)
	}
	at = dataPage + uint64(len(l.data))
	l.data = append(l.data, b...)
	return at
}

// text puts a string of C, words some integers, and texts an array of strings with NULL at its end.
func (l *launcher) text(s string) uint64 { return l.put(append([]byte(s), 0)) }

func (l *launcher) words(list ...uint64) uint64 {
	var b []byte
	for _, w := range list {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return l.put(b)
}

func (l *launcher) texts(list []string) uint64 {
	array := make([]uint64, 0, len(list)+1)
	for _, s := range list {
		array = append(array, l.text(s))
	}
	return l.words(append(array, 0)...)
}

// must adds a call, and may one that may fail.
func (l *launcher) must(what string, nr int, args ...uint64) {
	l.calls = append(l.calls, step{what: what, nr: nr, args: args})
}

func (l *launcher) may(nr int, args ...uint64) {
	l.calls = append(l.calls, step{mayFail: true, nr: nr, args: args})
}

// newLauncher makes the launcher of a command.
func newLauncher(c *Command, rules []Rule, seconds uint64) (*launcher, error) {
	l := &launcher{}
	l.must("got working directory "+c.Dir, unix.SYS_CHDIR, l.text(c.Dir))
	l.must("close_range", unix.SYS_CLOSE_RANGE, listenerNumber, 1<<32-1, 0)
	if err := l.confine(c.FileSize, seconds); err != nil {
		return nil, err
	}
	l.filter(rules)
	l.must(fmt.Sprintf("got program %s, which can't be started", c.Path), unix.SYS_EXECVE, l.text(c.Path),
		l.texts(c.Args), l.texts(c.Env))
	return l, nil
}

// confine sets what the program inherits: limits, addresses that repeat.
func (l *launcher) confine(fileSize, seconds uint64) error {
	for _, limit := range []struct {
		which     int
		soft, max uint64
	}{
		{unix.RLIMIT_FSIZE, fileSize, fileSize},
		{unix.RLIMIT_RTTIME, seconds * 1e6, (seconds + 1) * 1e6},
		{unix.RLIMIT_NOFILE, 2 * (Last + 1), 2 * (Last + 1)},
		{unix.RLIMIT_CORE, 0, 0},
	} {
		if limit.which == unix.RLIMIT_FSIZE && fileSize == 0 {
			continue
		}
		var now unix.Rlimit // which is lowered, and never raised
		if err := unix.Getrlimit(limit.which, &now); err != nil {
			return os.NewSyscallError("getrlimit", err)
		}
		most := min(now.Max, limit.max)
		l.must("setrlimit", unix.SYS_SETRLIMIT, uint64(limit.which), l.words(min(limit.soft, most), most))
	}
	// If the machine has no memory left, the program goes first. Its descriptor is the lowest.
	l.may(unix.SYS_OPEN, l.text("/proc/self/oom_score_adj"), unix.O_WRONLY)
	l.may(unix.SYS_WRITE, listenerNumber, l.text("1000"), 4)
	l.may(unix.SYS_CLOSE, listenerNumber)
	// What the guardian has done to the mounts is not to be undone, by root neither.
	l.may(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL)
	for _, c := range []uint64{unix.CAP_SYS_ADMIN, unix.CAP_SYS_MODULE, unix.CAP_SYS_RAWIO, unix.CAP_SYS_BOOT,
		unix.CAP_SYS_TIME, unix.CAP_MKNOD} {
		l.may(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c)
	}
	const noRandomize = 0x0040000 // ADDR_NO_RANDOMIZE, personality(2)
	l.must("personality", unix.SYS_PERSONALITY, noRandomize)
	l.must("prctl", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1)
	return nil
}

// filter installs the filter, and hands its listener over. Go's structs are those of the system.
func (l *launcher) filter(rules []Rule) {
	const (
		setModeFilter = 1
		newListener   = 1 << 3
		waitKillable  = 1 << 5 // Linux 5.19
	)
	var code []byte
	for _, i := range compile(rules) {
		code = binary.LittleEndian.AppendUint16(code, i.Code)
		code = binary.LittleEndian.AppendUint32(append(code, i.Jt, i.Jf), i.K)
	}
	prog := l.words(uint64(len(code)/8), l.put(code)) // struct sock_fprog
	const word = "listener"
	vector := l.words(l.text(word), uint64(len(word)))
	rights := unix.UnixRights(listenerNumber)
	message := l.words(0, 0, vector, 1, l.put(rights), uint64(len(rights)), 0) // struct msghdr
	l.must("seccomp", unix.SYS_SECCOMP, setModeFilter, newListener|waitKillable, prog)
	l.must("sendmsg", unix.SYS_SENDMSG, socketNumber, message, 0)
	l.must("fcntl", unix.SYS_FCNTL, socketNumber, unix.F_SETFD, unix.FD_CLOEXEC)
	l.must("fcntl", unix.SYS_FCNTL, listenerNumber, unix.F_SETFD, unix.FD_CLOEXEC)
}

// file is the launcher as an ELF file.
func (l *launcher) file() []byte {
	data := append([]byte(nil), l.data...)
	for len(data)%8 != 0 {
		data = append(data, 0)
	}
	steps := dataPage + uint64(len(data))
	for i, s := range l.calls {
		var words [stepSize / 8]uint64
		words[0] = uint64(s.nr)
		copy(words[1:7], s.args)
		words[7] = uint64(i) << 8
		if s.mayFail {
			words[7]++
		}
		for _, w := range words {
			data = binary.LittleEndian.AppendUint64(data, w)
		}
	}
	code := append([]byte(nil), launcherCode...)
	binary.LittleEndian.PutUint32(code[1:], uint32(steps))
	return elfFile(code, data)
}

// elfFile is a program of code, which is run from its first byte, and data that it may write.
func elfFile(code, data []byte) []byte {
	const (
		headerSize, segmentSize = 64, 56
		read, write, execute    = 4, 2, 1
		load, stack             = 1, 0x6474e551
	)
	const first = headerSize + 3*segmentSize
	e := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		2, 0, 62, 0, 1, 0, 0, 0} // an executable file for x86-64
	for _, w := range []uint64{codePage + first, headerSize, 0} { // entry, segments, no sections
		e = binary.LittleEndian.AppendUint64(e, w)
	}
	e = append(e, 0, 0, 0, 0)
	for _, n := range []uint16{headerSize, segmentSize, 3, 0, 0, 0} {
		e = binary.LittleEndian.AppendUint16(e, n)
	}
	for _, s := range []struct {
		kind, flags      uint32
		offset, at, size uint64
	}{
		{load, read | execute, 0, codePage, uint64(first + len(code))},
		{load, read | write, dataPage - codePage, dataPage, uint64(len(data))},
		{stack, read | write, 0, 0, 0},
	} {
		e = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(e, s.kind), s.flags)
		for _, w := range []uint64{s.offset, s.at, s.at, s.size, s.size, pageSize} {
			e = binary.LittleEndian.AppendUint64(e, w)
		}
	}
	e = append(e, code...)
	e = append(e, make([]byte, dataPage-codePage-len(e))...)
	return append(e, data...)
}

// last is why the launcher has died, as it has said on its socket.
func (l *launcher) last(socket *os.File) string {
	report := make([]byte, stepSize)
	n, _ := io.ReadFull(socket, report)
	return l.failure(report[:n])
}

// failure tells of a step that has failed: see launcherCode. Anything else is the guardian's text.
func (l *launcher) failure(report []byte) string {
	if len(report) < stepSize {
		return cmp.Or(string(report), "the launcher died")
	}
	errno := -int64(binary.LittleEndian.Uint64(report[8:]))
	i := binary.LittleEndian.Uint64(report[stepSize-8:]) >> 8
	if i >= uint64(len(l.calls)) {
		return "the launcher reports nonsense"
	}
	return fmt.Sprintf("%s: %v", l.calls[i].what, unix.Errno(errno))
}

// inMemory writes a file that has no name, and returns its descriptor.
func inMemory(file []byte) (fd int, err error) {
	const executable = 0x10 // MFD_EXEC, Linux 6.3
	if fd, err = unix.MemfdCreate("launcher", unix.MFD_CLOEXEC|executable); err == unix.EINVAL {
		fd, err = unix.MemfdCreate("launcher", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return -1, os.NewSyscallError("memfd_create", err)
	}
	for len(file) > 0 {
		n, _, errno := unix.Syscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&file[0])), uintptr(len(file)))
		if errno != 0 {
			unix.Close(fd)
			return -1, os.NewSyscallError("write", errno)
		}
		file = file[n:]
	}
	return fd, nil
}
