//go:build windows && (amd64 || arm64)

package openssl

import (
	"runtime"
	"strings"
	"syscall"
)

// defaultNames are the names that Load("") tries, in this order.
func defaultNames() []string {
	if runtime.GOARCH == "arm64" {
		return []string{"libssl-3-arm64.dll"}
	}
	return []string{"libssl-3-x64.dll"}
}

// installHint says what to install when there is no library.
func installHint() string { return "install OpenSSL 3 and put its bin directory on PATH" }

// opener is the system's name for opening a library.
const opener = "LoadLibrary"

// openC opens libssl and libcrypto. GetProcAddress does not search what a library depends on, as
// dlsym does, so both are opened by name.
func openC(name string) (handles []uintptr, err error) {
	for _, n := range []string{name, strings.Replace(name, "libssl", "libcrypto", 1)} {
		h, err := syscall.LoadLibrary(n)
		if err != nil {
			return nil, err
		}
		handles = append(handles, uintptr(h))
	}
	return handles, nil
}

// lookupC returns the address of a symbol in one of the libraries; 0 if neither has it.
func lookupC(handles []uintptr, symbol string) uintptr {
	for _, h := range handles {
		if addr, err := syscall.GetProcAddress(syscall.Handle(h), symbol); err == nil {
			return addr
		}
	}
	return 0
}
