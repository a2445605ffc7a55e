package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
)

// goBlock is a block of Go in a page.
var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// ownNames are what the examples of own.md show, in order.
var ownNames = []string{"property", "scenario", "dialogue"}

// TestOwnExamples: each example of own.md is a test file that a user can take as it is. It
// is short, and passes in a module of the user's.
func TestOwnExamples(t *testing.T) {
	files := map[string]string{}
	for i, text := range ownExamples(t) {
		lines := strings.Count(strings.ReplaceAll(text, "\n\n", "\n"), "\n")
		if lines >= 40 {
			t.Errorf("%s: got %d lines; want fewer than 40", ownNames[i], lines)
		}
		files[ownNames[i]+"/pump_test.go"] = text
	}
	m := fuzztest.NewModule(t, "..", files)
	if out, ok := m.Go(t, "test", "-short", "./..."); !ok || strings.Count(out, "ok  \t") != len(files) {
		t.Errorf("got a failure:\n%s", out)
	}
}

// ownMistakes are planted in the examples, one in each: what stands there, what is put in its
// place, the property that is broken, and what the story says.
var ownMistakes = []struct{ right, wrong, property, says string }{
	{"a.pump.open = false", "a.pump.open = why == model.Broken",
		"gone-counts-down", "the socket is closed, and the metric says open"},
	{"spec.Scenarios =", `spec.Properties = []own.Property{{Name: "no-rekeying-here",
		Broken: func(v *own.View) string {
			if v.There.Output > 0 && v.There.InFlight > 400 {
				return "the link is full"
			}
			return ""
		}}}
	spec.Scenarios =`, "no-rekeying-here", "the link is full"},
	{"i < n; i++", "i < n && n != 7; i++", "bytes-owed", "still waits for"},
}

// TestOwnExamplesFail: with one mistake in it each example fails by what its author has
// added, and saves a script that fails again.
func TestOwnExamplesFail(t *testing.T) {
	files := map[string]string{}
	for i, text := range ownExamples(t) {
		wrong := strings.Replace(text, ownMistakes[i].right, ownMistakes[i].wrong, 1)
		if wrong == text {
			t.Fatalf("the example no longer has %q", ownMistakes[i].right)
		}
		files[ownNames[i]+"/pump_test.go"] = wrong
	}
	m := fuzztest.NewModule(t, "..", files)
	hunts, _ := m.Go(t, "test", "-short", "-run", "TestPump/hunt", "./...")
	replays, _ := m.Go(t, "test", "-run", "TestPump", "./...")
	if n := strings.Count(replays, "FAIL\texample.com/mypump/"); n != len(files) {
		t.Errorf("%d of %d saved scripts fail again:\n%s", n, len(files), replays)
	}
	for i, tc := range ownMistakes {
		fuzztest.Wants(t, hunts, tc.property+": ", tc.says)
		fuzztest.Wants(t, replays, tc.says)
		scripts, err := filepath.Glob(filepath.Join(m.Dir, ownNames[i], "testdata/wantwrite/*/*/*.script"))
		if err != nil || len(scripts) != 1 || !strings.Contains(scripts[0], "/"+tc.property+"/") {
			t.Errorf("got scripts %v (%v); want one, of %s", scripts, err, tc.property)
		}
	}
}

// ownExamples are the examples of own.md, in order.
func ownExamples(t *testing.T) (examples []string) {
	t.Helper()
	page, err := os.ReadFile("own.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range goBlock.FindAllStringSubmatch(string(page), -1) {
		examples = append(examples, match[1])
	}
	if len(examples) != len(ownNames) {
		t.Fatalf("got %d examples in own.md; want %d", len(examples), len(ownNames))
	}
	return examples
}
