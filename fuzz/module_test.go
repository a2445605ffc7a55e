package fuzz_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
)

// wrongPump is a pump of somebody else's module: the example with one mistake, which MISTAKE
// names. The line of each mistake has its name behind //.
const wrongPump = `package mypump

import (
	"os"

	"github.com/wantwrite/wantwrite/fuzz/example"
	"github.com/wantwrite/wantwrite/model"
)

func Spec() model.Spec { return spec("mypump", os.Getenv("MISTAKE")) }

func spec(name, mistake string) model.Spec {
	s := example.Spec()
	s.Name = name
	s.New = func(env model.Env) model.Pump {
		switch mistake {
		case "stall":
			env.Loop = deaf{env.Loop}
		case "data-loss":
			env.App = &lossy{App: env.App}
		case "stillborn":
			panic("no memory") // stillborn
		}
		return &pump{example.New(env), env, mistake, make([]int, 3)}
	}
	return s
}

type deaf struct{ model.Loop }

func (l deaf) Interest(mask model.Events) {
	l.Loop.Interest(mask &^ model.Writable) // stall
}

type lossy struct {
	model.App
	calls int
}

func (a *lossy) Data(p []byte) {
	if a.calls++; a.calls == 2 {
		return
	}
	a.App.Data(p) // data-loss
}

type pump struct {
	model.Pump
	env     model.Env
	mistake string
	counts  []int
}

func (p *pump) Ready(ev model.Events) {
	switch p.mistake {
	case "panic":
		p.count(ev)
	case "closes":
		p.env.Socket.Close() // closes
		return
	}
	p.Pump.Ready(ev)
}

func (p *pump) count(ev model.Events) {
	p.counts[ev&3]++ // panic
}
`

// wrongTest is its test: the recipe of README.md. Its fuzz target does not begin a line, for it is
// none of this package's.
const wrongTest = `package mypump

import (
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
)

func TestPump(t *testing.T) { fuzz.Check(t, Spec()) }

` + "func FuzzPump(f *testing.F) { fuzz.Fuzz(f, Spec()) }\n" + `

func TestTwo(t *testing.T) {
	fuzz.Check(t, spec("one", "stall"))
	fuzz.Check(t, spec("two", "panic"))
}
`

// ownModule builds the test of a module of somebody else's.
func ownModule(t *testing.T) (program string) {
	t.Helper()
	m := fuzztest.NewModule(t, "..", map[string]string{"pump.go": wrongPump, "pump_test.go": wrongTest})
	if out, ok := m.Go(t, "test", "-c", "-vet=off", "-o", "pump.test.exe", "."); !ok {
		t.Fatal(out)
	}
	return filepath.Join(m.Dir, "pump.test.exe")
}

// A tested is what a run of the user's tests has come to.
type tested struct {
	out     string
	ok      bool
	scripts []string // that lie in testdata afterwards
	took    time.Duration
}

// goTest runs the tests of the pump in a folder, as go test does.
func goTest(t *testing.T, program, dir, mistake string, args ...string) (r tested) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "MISTAKE="+mistake)
	started := time.Now()
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	r.out, r.ok, r.took = string(out), err == nil, time.Since(started)
	err = filepath.WalkDir(filepath.Join(dir, "testdata"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			inside, _ := filepath.Rel(dir, path)
			r.scripts = append(r.scripts, filepath.ToSlash(inside))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return r
}

// placeOf is where the source of the wrong pump has a mistake.
func placeOf(t *testing.T, mistake string) string {
	t.Helper()
	for i, line := range strings.Split(wrongPump, "\n") {
		if strings.HasSuffix(line, "// "+mistake) {
			return fmt.Sprintf("look at pump.go:%d: mypump.", i+1)
		}
	}
	t.Fatalf("the pump has no mistake %q", mistake)
	return ""
}

// checkRecipe holds one run of the recipe to what it may print and save.
func checkRecipe(t *testing.T, r tested, place string) {
	t.Helper()
	const most = 57 // go test itself prints three more
	if n := strings.Count(r.out, "\n"); r.ok || n > most {
		t.Errorf("got %d lines, passed: %v; want a failure of at most %d lines:\n%s", n, r.ok, most, r.out)
	}
	if len(r.scripts) != 1 || !strings.HasPrefix(r.scripts[0], "testdata/wantwrite/mypump/") {
		t.Fatalf("got %q in testdata; want one script of the pump:\n%s", r.scripts, r.out)
	}
	fuzztest.Wants(t, r.out, place, r.scripts[0], "replay: go test -run '^")
}

var scheduleLine = regexp.MustCompile(`schedule (\d+) of seed 1`)

// TestARecipeDoesNotFlood is the first day of a user whose pump has one mistake. go test says it
// once, in less than 60 lines, with the line of the source; one script is saved, although the
// test and the fuzz target both meet the mistake. The next go test fails with that script, in a
// subtest of its own, and saves nothing. The fuzz target alone says no more than the test.
func TestARecipeDoesNotFlood(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module")
	}
	program := ownModule(t)
	for _, mistake := range []string{"stall", "data-loss", "panic", "stillborn", "closes"} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			dir, place := t.TempDir(), placeOf(t, mistake)
			recipe := []string{"-test.run", "^TestPump$|^FuzzPump$"}
			first := goTest(t, program, dir, mistake, recipe...)
			checkRecipe(t, first, place)
			found := scheduleLine.FindStringSubmatch(first.out)
			if found == nil {
				t.Fatalf("no schedule is named:\n%s", first.out)
			}
			if n, _ := strconv.Atoi(found[1]); n > 2000 {
				t.Errorf("got schedule %d; want one of the first 2,000", n)
			}
			again := goTest(t, program, dir, mistake, recipe...)
			checkRecipe(t, again, place)
			name := strings.TrimSuffix(strings.TrimPrefix(first.scripts[0], "testdata/wantwrite/mypump/"),
				".script")
			fuzztest.Wants(t, again.out, "--- FAIL: TestPump/"+name, first.scripts[0]+" fails again")
			if again.scripts[0] != first.scripts[0] {
				t.Errorf("got %q; want nothing new", again.scripts)
			}
			alone := goTest(t, program, t.TempDir(), mistake, "-test.run", "^FuzzPump$")
			checkRecipe(t, alone, place)
			t.Logf("%s at schedule %s: %d lines in %s, then %d in %s; the fuzz target %d in %s", mistake,
				found[1], strings.Count(first.out, "\n"), first.took.Round(time.Millisecond),
				strings.Count(again.out, "\n"), again.took.Round(time.Millisecond),
				strings.Count(alone.out, "\n"), alone.took.Round(time.Millisecond))
		})
	}
	t.Run("two pumps", func(t *testing.T) {
		r := goTest(t, program, t.TempDir(), "", "-test.run", "^TestTwo$")
		if len(r.scripts) != 2 || !strings.HasPrefix(r.scripts[0], "testdata/wantwrite/one/") ||
			!strings.HasPrefix(r.scripts[1], "testdata/wantwrite/two/") {
			t.Errorf("got %q; want a script in the folder of each pump:\n%s", r.scripts, r.out)
		}
	})
}
