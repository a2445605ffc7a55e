//go:build !linux || !amd64

package program

import (
	"fmt"
	"io"
	"runtime"

	"github.com/wantwrite/wantwrite/model/foreign"
)

// A Program is a described program that runs. Here none can: see Supported.
type Program struct{ foreign.Program }

// Supported says why no program can be run here.
func Supported() error {
	return fmt.Errorf("program: got %s on %s; want Linux on amd64 for real programs", runtime.GOOS, runtime.GOARCH)
}

// New makes a session, which can't be started.
func New(*Description, Options) *Program { return &Program{} }

// Start implements foreign.Program.
func (*Program) Start(foreign.Seam) error { return Supported() }

// Stop implements foreign.Program.
func (*Program) Stop() {}

// Forks is false.
func (*Program) Forks() bool { return false }

// Memory is 0.
func (*Program) Memory(bool) (uint64, int) { return 0, 0 }

// Renew does nothing.
func (*Program) Renew() {}

// Close does nothing.
func (*Program) Close() {}

// Trace fails: see Supported.
func Trace(*Description, Options, io.Writer) error { return Supported() }
