package openssl_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/model"
)

func TestLoadSaysWhatToInstall(t *testing.T) {
	_, err := openssl.Load("libssl-of-nobody.so.9")
	if err == nil {
		t.Fatal("loaded a library that does not exist")
	}
	for _, part := range []string{`openssl: no library "libssl-of-nobody.so.9" (`, "); "} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error is %q, want %q in it", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is longer than a line: %q", err)
	}
}

// Each of many that load at once is told the reason: Story 95 in ffi_unix.go.
func TestEachLoadIsToldItsReason(t *testing.T) {
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for range 30 {
				_, err := openssl.Load("libssl-of-nobody.so.9")
				if err == nil || strings.Contains(err.Error(), ": )") {
					t.Errorf("got %v; want a reason in it", err)
				}
			}
		})
	}
	all.Wait()
}

func TestLoadRefusesAnotherLibrary(t *testing.T) {
	need(t)
	if runtime.GOOS != "linux" {
		t.Skip("the name of the C library is known for linux only")
	}
	_, err := openssl.Load("libc.so.6")
	const text = `openssl: library "libc.so.6" has no symbol OpenSSL_version_num; ` +
		`want OpenSSL 3, or 1.1.1`
	if err == nil || err.Error() != text {
		t.Fatalf("the error is %v, want %s", err, text)
	}
}

func TestLoadGivesTheSameLibrary(t *testing.T) {
	if again := need(t); again != need(t) {
		t.Fatal("two loads of one name gave two libraries")
	}
	if runtime.GOOS == "linux" {
		if named, err := openssl.Load("libssl.so.3"); named != need(t) {
			t.Fatalf("another name of the file gave another library (%v)", err)
		}
	}
	if d := need(t).Describe(); !strings.HasPrefix(d, "OpenSSL ") {
		t.Fatalf("it describes itself as %q", d)
	}
}

func TestNewSaysWhatItCannotDo(t *testing.T) {
	lib := need(t)
	cfg := config(model.TLS12)
	if _, err := lib.New(&cfg); err == nil || !strings.Contains(err.Error(), "outside a run") {
		t.Errorf("New without Begin: %v", err)
	}
	lib.Begin(1)
	defer lib.End()
	for text, change := range map[string]func(*model.EngineConfig){
		"got transport attached without a socket; want one": func(c *model.EngineConfig) {
			c.Transport = model.Attached
		},
		"renegotiation ignore is not supported": func(c *model.EngineConfig) {
			c.Traits.Renegotiation = model.RenegIgnore
		},
		"OpenSSL answers at the next write": func(c *model.EngineConfig) {
			c.Traits.AnswerAtRead = true
		},
		"only a warning":              func(c *model.EngineConfig) { c.Traits.RefusalIsWarning = true },
		"OpenSSL delivers it":         func(c *model.EngineConfig) { c.Traits.NoDataInReneg = true },
		"buffers of 0 and 4096 bytes": func(c *model.EngineConfig) { c.In = 0 },
	} {
		cfg := config(model.TLS12)
		change(&cfg)
		if _, err := lib.New(&cfg); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error is %v, want one with %q", err, text)
		}
	}
}
