//go:build windows && (amd64 || arm64)

package openssl

import (
	"runtime"
	"strings"
	"syscall"
)

// defaultNames are what Load("") tries, in this order.
func defaultNames() []string {
	if runtime.GOARCH == "arm64" {
		return []string{"libssl-3-arm64.dll"}
	}
	return []string{"libssl-3-x64.dll"}
}

// installHint is what to do when there is none.
func installHint() string { return "install OpenSSL 3 and put its bin directory on PATH" }

// opener is the system's word for opening a library.
const opener = "LoadLibrary"

// openC opens libssl and libcrypto. GetProcAddress, unlike dlsym, does not
// look into what a library depends on, so both are needed by name.
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

// lookupC finds a symbol in one of the libraries; 0: in neither.
func lookupC(handles []uintptr, symbol string) uintptr {
	for _, h := range handles {
		if addr, err := syscall.GetProcAddress(syscall.Handle(h), symbol); err == nil {
			return addr
		}
	}
	return 0
}
