//go:build unix && !solaris && !illumos && !aix

package cli

import (
	"io"
	"os"
	"syscall"
	"unsafe"
)

// columns is the width of a terminal; ok is false if w is none, such as a file or a pipe. The width is
// 0 if the terminal does not know it.
func columns(w io.Writer) (n int, ok bool) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, false
	}
	var size struct{ rows, columns, x, y uint16 }
	err = raw.Control(func(fd uintptr) {
		_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCGWINSZ,
			uintptr(unsafe.Pointer(&size)))
		ok = failed == 0
	})
	return int(size.columns), ok && err == nil
}
