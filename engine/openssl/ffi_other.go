//go:build !(((linux && !android) || darwin || windows) && (amd64 || arm64))

package openssl

import (
	"errors"
	"runtime"
)

// On these platforms Load fails before anything else is called.

func defaultNames() []string { return []string{"libssl"} }

func installHint() string {
	return "use linux, darwin or windows on amd64 or arm64, or --engine model"
}

const opener = "open"

func openC(string) ([]uintptr, error) {
	return nil, errors.New("not supported on " + runtime.GOOS + "/" + runtime.GOARCH)
}

func lookupC([]uintptr, string) uintptr { return 0 }

func callC(uintptr, []uintptr) uintptr { panic("openssl: no library is loaded") }

func bindC(any, uintptr) { panic("openssl: no library is loaded") }

func callbackC(any) uintptr { panic("openssl: no library is loaded") }
