//go:build !unix || solaris || illumos || aix

package cli

import (
	"io"
	"os"
)

// columns says whether w is a terminal. Its width is not asked for on this system.
func columns(w io.Writer) (n int, ok bool) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	info, err := f.Stat()
	return 0, err == nil && info.Mode()&os.ModeCharDevice != 0
}
