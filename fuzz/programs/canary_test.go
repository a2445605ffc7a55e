//go:build linux && amd64

package programs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/program"
	"github.com/wantwrite/wantwrite/program/canary"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A canaryHunt hunts in a canary: a correct one, or one with a mistake.
type canaryHunt struct {
	dir, path string
	name      string
	speaks    string
}

// errEnough ends a hunt that has found what it was to find.
var errEnough = errors.New("enough")

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
	chain, err := certificate.ForProgram(1, c.Chain)
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

// catalog knows the canary with a mistake; "" is none.
func (c *canaryHunt) catalog(t *testing.T, mistake string) (*run.Catalog, *run.Program) {
	t.Helper()
	command := []string{c.path, "-c", "chain.pem", "-k", "key.pem"}
	if mistake != "" {
		command = append(command, "-m", mistake)
	}
	d := program.Description{Name: c.name, Command: append(command, "127.0.0.1", "8443"), Port: 8443, Dialogue: c.speaks, Dir: c.dir}
	catalog := run.NewCatalog()
	engines.AddTo(catalog)
	if err := Add(catalog, d, program.Options{}); err != nil {
		t.Fatal(err)
	}
	p, err := catalog.Program(c.name)
	if err != nil {
		t.Fatal(err)
	}
	return catalog, p
}

// hunt hunts in the canary with a mistake. An errEnough of found ends it.
func (c *canaryHunt) hunt(t *testing.T, mistake string, schedules uint64, found func(*hunt.Failure) error) hunt.Report {
	t.Helper()
	catalog, p := c.catalog(t, mistake)
	h := hunt.Hunt{Seed: 1, Schedules: schedules, Found: found, Unshrunk: true}
	h.Program = p
	rep, err := h.Run(context.Background(), catalog)
	if err != nil && !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	return rep
}

// clean says whether a script finds nothing in the correct canary.
func (c *canaryHunt) clean(t *testing.T, s *script.Script) bool {
	t.Helper()
	catalog, p := c.catalog(t, "")
	r, err := run.NewRunner(catalog, run.Options{Program: p})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out, err := run.Replay(r, s, run.ReplayOptions{Loose: true})
	if err != nil {
		t.Fatal(err)
	}
	return !out.Result.Found
}

// defects are what OpenSSL does by itself, by the names that canaries have for it. A program that
// lets it write to the socket shows them.
var defects = map[string][]rare{
	"LosesAlerts": {{"", alerts}, {"", behind}, garbled},
	"DiesBlocked": {{"", blocked}},
}

// TestCorrectCanaries finds nothing in the correct servers but what OpenSSL does by itself, in 200,000
// schedules of a long test.
func TestCorrectCanaries(t *testing.T) {
	for _, c := range canary.Programs() {
		t.Run(c.Name, func(t *testing.T) {
			build(t, c).hunt(t, "", require.Times(30, 40_000), func(f *hunt.Failure) error {
				for _, name := range c.Defects {
					list := in(f.Script.Config.Scenario, defects[name])
					if slices.ContainsFunc(list, func(d known) bool { return d.is(&f.Result.Violation.Finding) }) {
						return nil
					}
				}
				t.Errorf("schedule %d: %s\n%s", f.Schedule, f.Result.Violation, f.Script.Format())
				return nil
			})
		})
	}
}

// early are mistakes that each hunt finds within some schedules: one for each way to see one.
var early = []string{"poll flight-fits", "poll use-after-failure"}

// TestPlantedCanaries finds each planted mistake by its property, within 2,000 schedules.
func TestPlantedCanaries(t *testing.T) {
	for _, c := range canary.Programs() {
		t.Run(c.Name, func(t *testing.T) {
			var hunts *canaryHunt
			for _, m := range canary.All() {
				name := m.Program + " " + m.Mistake
				if m.Program != c.Name || !require.Long() && !slices.Contains(early, name) {
					continue
				}
				if hunts == nil {
					hunts = build(t, c)
				}
				t.Run(m.Mistake, func(t *testing.T) { hunts.search(t, m) })
			}
		})
	}
}

// search hunts for a mistake by its property. A find counts only if its script is clean on the correct
// program: it could be OpenSSL's own.
func (c *canaryHunt) search(t *testing.T, m canary.Planted) {
	var at *hunt.Failure
	var others []string
	rep := c.hunt(t, m.Mistake, 2000, func(f *hunt.Failure) error {
		v := &f.Result.Violation
		leak := m.Property == "leak" && (v.Obligation == oracle.SocketEnd || v.Obligation.Kept())
		if (f.Script.Property == m.Property || leak) && c.clean(t, f.Script) {
			at = f
			return errEnough
		}
		others = append(others, fmt.Sprintf("schedule %d, %s: %s", f.Schedule, f.Script.Config.Scenario, v))
		return nil
	})
	if at == nil {
		t.Errorf("%s: not in %d schedules (%d not repeated); want it: %s; but %q", m.Property, rep.Schedules, rep.Unrepeated, m.About, others)
		return
	}
	t.Logf("%s: schedule %d, %s: %s", m.Property, at.Schedule, at.Script.Config.Scenario, at.Result.Violation)
}
