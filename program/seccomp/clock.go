//go:build linux && amd64

package seccomp

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A clock is the virtual time of a program's processes. The code of each vDSO (vdso(7)) is
// replaced by code that reads the time from the same page, so that reading the clock is no call.
type clock struct {
	real, mono time.Duration // since 1970, and since the start
	faces      []face
}

// A face is the clock of one process.
type face struct {
	pid    int
	memory *os.File
	data   int64 // where its time is
}

// timeOf is the data behind the code: seconds and nanoseconds of the real and of the monotonic
// clock, seconds and microseconds of the real clock.
func (c *clock) timeOf() []byte {
	const second = time.Second
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(
		binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(
			binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil,
				uint64(c.real/second)), uint64(c.real%second)),
			uint64(c.mono/second)), uint64(c.mono%second)),
		uint64(c.real/second)), uint64(c.real%second/time.Microsecond))
}

// SetClock sets the time of all processes: since 1970, and since the start of the machine.
func (p *Program) SetClock(real, mono time.Duration) error {
	p.clock.real, p.clock.mono = real, mono
	data := p.clock.timeOf()
	for i := range p.clock.faces {
		// A process that is dead, or has become another program, has no memory there any more: that
		// write fails, and nobody misses it.
		f := &p.clock.faces[i]
		if _, err := f.memory.WriteAt(data, f.data); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("seccomp: the clock of process %d can't be set: %w", f.pid, err)
		}
	}
	return nil
}

// Clock is the time that SetClock has set.
func (p *Program) Clock() (real, mono time.Duration) { return p.clock.real, p.clock.mono }

// Attach gives a process that has just begun the virtual clock: a copy of one that has it already
// (fork), or a new program (execve).
func (p *Program) Attach(pid int) error { return p.clock.attach(pid) }

// Detach forgets a process that is dead.
func (p *Program) Detach(pid int) {
	for i := range p.clock.faces {
		if f := &p.clock.faces[i]; f.pid == pid {
			f.memory.Close()
			p.clock.faces = append(p.clock.faces[:i], p.clock.faces[i+1:]...)
			return
		}
	}
}

func (c *clock) close() {
	for _, f := range c.faces {
		f.memory.Close()
	}
	c.faces = nil
}

// attach gives a process the clock. It fails if the vDSO can't be replaced.
func (c *clock) attach(pid int) error {
	at, size, err := mappingOf(pid, "[vdso]")
	if err != nil || size == 0 { // a program without a vDSO makes a call for each look at the clock
		return err
	}
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("seccomp: the memory of the program can't be written: %w", err)
	}
	f := face{pid: pid, memory: memory}
	if f.data, err = replace(memory, at, size); err == nil {
		_, err = memory.WriteAt(c.timeOf(), f.data)
	}
	if err != nil {
		memory.Close()
		return fmt.Errorf("seccomp: the vDSO can't be replaced: %w", err)
	}
	c.faces = append(c.faces, f)
	return nil
}

// replace puts our code into a vDSO, unless it is there already, and says where the time is.
func replace(memory *os.File, at int64, size int) (data int64, err error) {
	image := make([]byte, size)
	if _, err := memory.ReadAt(image, at); err != nil {
		return 0, err
	}
	if i := bytes.Index(image, clockCode); i >= 0 { // it was copied by fork
		return at + int64(i+clockData), nil
	}
	room := size - len(clockCode) - clockTime
	if room < 0 || len(bytes.Trim(image[room:], "\x00")) > 0 {
		return 0, fmt.Errorf("it has no room for %d bytes", len(clockCode)+clockTime)
	}
	entries, err := entriesOf(image)
	if err != nil {
		return 0, err
	}
	if _, err := memory.WriteAt(clockCode, at+int64(room)); err != nil {
		return 0, err
	}
	for from, to := range entries {
		jump := binary.LittleEndian.AppendUint32([]byte{0xe9}, uint32(room+to-(from+5)))
		if _, err := memory.WriteAt(jump, at+int64(from)); err != nil {
			return 0, err
		}
	}
	return at + int64(room+clockData), nil
}

// entriesOf finds the functions of a vDSO, and to which of ours each has to go: offsets in the
// image, and in the code.
func entriesOf(image []byte) (map[int]int, error) {
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	entries := map[int]int{}
	for _, s := range symbols {
		if to, ok := clockEntries[strings.TrimPrefix(s.Name, "__vdso_")]; ok && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			entries[int(s.Value)] = to
		}
	}
	if len(entries) < 3 {
		return nil, fmt.Errorf("it has %d of the functions that read the clock; want at least 3", len(entries))
	}
	return entries, nil
}

const (
	clockData = 0x78 // where the time is, from the start of the code
	clockTime = 48   // its length in bytes
)

// clockEntries are the functions in clockCode.
var clockEntries = map[string]int{"clock_gettime": 0, "gettimeofday": 0x33, "time": 0x5c, "getrandom": 0x6c}

// clockCode stands for the functions of a vDSO. Those of the clock copy the time from behind the
// code; getrandom(2) says that it is not there, so that the C library makes the call.
var clockCode = []byte{
	// clock_gettime(edi: clock, rsi: timespec). The clocks 0, 5, 8 and 11 tell the real time, all
	// others the time since the start, those of the CPU too.
	0x48, 0x8d, 0x05, 0x71, 0x00, 0x00, 0x00, // lea  real(%rip), %rax
	0x83, 0xff, 0x00, 0x74, 0x16, // cmp $0, %edi; je 1f
	0x83, 0xff, 0x05, 0x74, 0x11, // cmp $5, %edi; je 1f
	0x83, 0xff, 0x08, 0x74, 0x0c, // cmp $8, %edi; je 1f
	0x83, 0xff, 0x0b, 0x74, 0x07, // cmp $11, %edi; je 1f
	0x48, 0x8d, 0x05, 0x66, 0x00, 0x00, 0x00, // lea  mono(%rip), %rax
	0x48, 0x8b, 0x10, 0x48, 0x89, 0x16, // 1: mov (%rax), %rdx; mov %rdx, (%rsi)
	0x48, 0x8b, 0x50, 0x08, 0x48, 0x89, 0x56, 0x08, // mov 8(%rax), %rdx; mov %rdx, 8(%rsi)
	0x31, 0xc0, 0xc3, // xor %eax, %eax; ret

	// gettimeofday(rdi: timeval, rsi: timezone)
	0x48, 0x85, 0xff, 0x74, 0x15, // test %rdi, %rdi; je 2f
	0x48, 0x8b, 0x05, 0x59, 0x00, 0x00, 0x00, 0x48, 0x89, 0x07, // mov day(%rip), %rax; mov %rax, (%rdi)
	0x48, 0x8b, 0x05, 0x57, 0x00, 0x00, 0x00, 0x48, 0x89, 0x47, 0x08, // mov day+8(%rip), %rax; mov %rax, 8(%rdi)
	0x48, 0x85, 0xf6, 0x74, 0x07, // 2: test %rsi, %rsi; je 3f
	0x48, 0xc7, 0x06, 0x00, 0x00, 0x00, 0x00, // movq $0, (%rsi)
	0x31, 0xc0, 0xc3, // 3: xor %eax, %eax; ret

	// time(rdi: time_t)
	0x48, 0x8b, 0x05, 0x35, 0x00, 0x00, 0x00, // mov day(%rip), %rax
	0x48, 0x85, 0xff, 0x74, 0x03, 0x48, 0x89, 0x07, 0xc3, // test %rdi, %rdi; je 4f; mov %rax, (%rdi); 4: ret

	// getrandom
	0x48, 0xc7, 0xc0, 0xda, 0xff, 0xff, 0xff, 0xc3, // mov $-ENOSYS, %rax; ret
	0x0f, 0x1f, 0x40, 0x00, // nop
}

// mappingOf finds a mapping of a process by its name; its size is 0 if there is none.
func mappingOf(pid int, name string) (at int64, size int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasSuffix(strings.TrimSpace(line), " "+name) {
			continue
		}
		var from, to int64
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			return 0, 0, fmt.Errorf("seccomp: got %q in the maps of process %d: %w", line, pid, err)
		}
		return from, int(to - from), nil
	}
	return 0, 0, nil
}

// hide takes the vDSO out of the auxiliary vector of a process (getauxval(3)) that stands in front
// of its first instruction. Each look at the clock is a call then.
func hide(pid int) error {
	var regs unix.PtraceRegs
	if err := ptrace(unix.PTRACE_GETREGS, pid, 0, uintptr(unsafe.Pointer(&regs))); err != nil {
		return err
	}
	const (
		endOfVector, ignored = 0, 1
		vdso                 = 33 // AT_SYSINFO_EHDR
	)
	word := make([]byte, 8)
	next := func(at uint64) (uint64, error) {
		_, err := unix.PtracePeekData(pid, uintptr(at), word)
		return binary.LittleEndian.Uint64(word), err
	}
	lists := 2 // behind argc come argv and the environment, each with a 0 at its end
	for at := regs.Rsp + 8; ; at += 8 {
		value, err := next(at)
		switch {
		case err != nil:
			return os.NewSyscallError("ptrace", err)
		case lists > 0 && value == 0:
			lists--
		case lists > 0:
		case value == endOfVector:
			return nil
		case value == vdso:
			_, err = unix.PtracePokeData(pid, uintptr(at), binary.LittleEndian.AppendUint64(nil, ignored))
			return os.NewSyscallError("ptrace", err)
		default:
			at += 8 // behind the type comes the value
		}
	}
}
