//go:build linux && amd64

package programs

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/program"
	"github.com/wantwrite/wantwrite/program/canary"
)

// A canaryHunt hunts in a correct canary.
type canaryHunt struct {
	dir, path string
	name      string
	speaks    string
}

// build compiles a canary and gives it a certificate.
func build(t *testing.T, c canary.Program) *canaryHunt {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	path, err := canary.Build(filepath.Join(cache, "wantwrite"), c.Name)
	var missing *canary.Missing
	if errors.As(err, &missing) {
		require.Missing(t, missing.Tool, err)
	} else if err != nil {
		t.Fatal(err)
	}
	const notStarted = 127 // by the loader: a library is missing
	var exit *exec.ExitError
	if out, err := exec.Command(path).CombinedOutput(); errors.As(err, &exit) && exit.ExitCode() == notStarted {
		require.Missing(t, "libssl-dev", string(out))
	}
	dir := t.TempDir()
	chain, err := certificate.ForProgram(1, 700)
	if err != nil {
		t.Fatal(err)
	}
	pem, key, _, err := chain.PEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"chain.pem": pem, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &canaryHunt{dir: dir, path: path, name: c.Name, speaks: c.Speaks}
}

// hunt hunts in the canary.
func (c *canaryHunt) hunt(t *testing.T, schedules uint64, found func(*hunt.Failure) error) {
	t.Helper()
	command := []string{c.path, "-c", "chain.pem", "-k", "key.pem", "127.0.0.1", "8443"}
	d := program.Description{Name: c.name, Command: command, Port: 8443, Dialogue: c.speaks, Dir: c.dir}
	catalog := run.NewCatalog()
	engines.AddTo(catalog)
	if err := Add(catalog, d, program.Options{CPU: -1, Output: os.Stderr}); err != nil {
		t.Fatal(err)
	}
	h := hunt.Hunt{Seed: 1, Schedules: schedules, Found: found, Unshrunk: true}
	var err error
	if h.Program, err = catalog.Program(c.name); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Run(context.Background(), catalog); err != nil {
		t.Fatal(err)
	}
}

// defects are what OpenSSL does by itself, by the names that canaries have for it. A program that
// lets it write to the socket shows them.
var defects = map[string]known{
	"LosesAlerts": alerts,
	"DiesBlocked": {oracle.DataLoss, "delivery", "a KeyUpdate meets a write that is blocked, and the link dies (OpenSSL issue 8677)"},
}

// TestCorrectCanaries finds nothing in the correct servers but what OpenSSL does by itself.
func TestCorrectCanaries(t *testing.T) {
	for _, c := range canary.Programs() {
		t.Run(c.Name, func(t *testing.T) {
			build(t, c).hunt(t, require.Times(30, 20_000), func(f *hunt.Failure) error {
				for _, name := range c.Defects {
					if d := defects[name]; d.is(&f.Result.Violation.Finding) {
						return nil
					}
				}
				t.Errorf("schedule %d: %s\n%s", f.Schedule, f.Result.Violation, f.Script.Format())
				return nil
			})
		})
	}
}
