//go:build linux && amd64

package program

import (
	"fmt"
	"io"

	"github.com/wantwrite/wantwrite/program/kernel"
)

// Trace starts a program and writes a line for each call that it makes until it waits for something
// to come: those that are answered here, and those that go on to the system. It says in the end
// what it waits for.
func Trace(d *Description, o Options, w io.Writer) error {
	p := New(d, o)
	defer p.Close()
	calls := 0
	watch := func(thread int, call, answer string) {
		calls++
		fmt.Fprintf(w, "%d  %s %s\n", thread, call, answer)
	}
	if err := p.run(kernel.Everything(), watch); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d calls; it listens on %v\n", calls, p.Ports())
	return nil
}
