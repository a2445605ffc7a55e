//go:build ((linux && !android) || darwin) && (amd64 || arm64)

package openssl

import (
	"runtime"

	"github.com/ebitengine/purego"
)

// defaultNames are the names that Load("") tries, in this order. Homebrew's library is in no
// directory that dlopen searches.
func defaultNames() []string {
	if runtime.GOOS == "darwin" {
		return []string{
			"libssl.3.dylib",
			"/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib",
			"/usr/local/opt/openssl@3/lib/libssl.3.dylib",
		}
	}
	return []string{"libssl.so.3", "libssl.so.1.1"}
}

// installHint says what to install when there is no library.
func installHint() string {
	if runtime.GOOS == "darwin" {
		return "install the Homebrew formula openssl@3"
	}
	return "install the Debian package libssl3"
}

// opener is the system's name for opening a library.
const opener = "dlopen"

// openC opens libssl, which brings libcrypto. RTLD_LOCAL keeps its symbols apart from another
// version of libssl in the process.
//
// Story 95: dlerror tells the last error of its thread. Between dlopen and dlerror the goroutine
// moved to another thread, and a machine without libssl was told no reason. So it stays.
func openC(name string) (handles []uintptr, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	return []uintptr{h}, nil
}

// lookupC returns the address of a symbol in the library or in what it depends on; 0 if none has
// it.
func lookupC(handles []uintptr, symbol string) uintptr {
	for _, h := range handles {
		if addr, err := purego.Dlsym(h, symbol); err == nil {
			return addr
		}
	}
	return 0
}
