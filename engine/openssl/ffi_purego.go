//go:build ((linux && !android) || darwin || windows) && (amd64 || arm64)

package openssl

import "github.com/ebitengine/purego"

// callC calls a C function whose arguments all fit in integer registers. The caller keeps what the
// arguments point to alive and on the heap: see engine.pin. A slice that exists costs no
// allocation; variadic arguments would cost one.
func callC(fn uintptr, args []uintptr) uintptr {
	r, _, _ := purego.SyscallN(fn, args...)
	return r
}

// bindC makes *fptr, a func variable, call the C function at addr. It uses reflection, which costs
// about 300 ns and some allocations for each call. So it is for functions that are called a few
// times in a link.
func bindC(fptr any, addr uintptr) { purego.RegisterFunc(fptr, addr) }

// callbackC makes a Go func callable from C. Its memory is never freed, and a process may have
// about 2000 of them. So they belong to a Library and not to an engine.
func callbackC(fn any) uintptr { return purego.NewCallback(fn) }
