//go:build ((linux && !android) || darwin || windows) && (amd64 || arm64)

package openssl

import "github.com/ebitengine/purego"

// callC calls a C function whose arguments all fit integer registers. The
// caller keeps whatever the arguments point to alive, and on the heap: see
// engine.pin. A slice that exists already costs no allocation here, where
// variadic arguments would cost one.
func callC(fn uintptr, args []uintptr) uintptr {
	r, _, _ := purego.SyscallN(fn, args...)
	return r
}

// bindC makes *fptr, a pointer to a func variable, call the C function at
// addr. It goes through reflection: about 300 ns and some allocations a call,
// so it is for calls that are made a few times a link.
func bindC(fptr any, addr uintptr) { purego.RegisterFunc(fptr, addr) }

// callbackC makes a Go func callable from C. Its memory is never given back,
// and a process has about 2000 of them: they belong to a Library, not to an
// engine.
func callbackC(fn any) uintptr { return purego.NewCallback(fn) }
