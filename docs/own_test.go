package docs

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
)

// goBlock is a block of Go in a page.
var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestOwnExamples: each example of own.md is a test file that a user can take as it is. It
// is short, and passes in a module of the user's.
func TestOwnExamples(t *testing.T) {
	examples := ownExamples(t)
	for i, name := range []string{"property", "scenario", "dialogue"} {
		t.Run(name, func(t *testing.T) {
			lines := strings.Count(strings.ReplaceAll(examples[i], "\n\n", "\n"), "\n")
			if lines >= 40 {
				t.Errorf("got %d lines; want fewer than 40", lines)
			}
			m := fuzztest.NewModule(t, "..", map[string]string{"pump_test.go": examples[i]})
			if out, ok := m.Go(t, "test", "-short"); !ok {
				t.Errorf("got a failure:\n%s", out)
			}
		})
	}
}

// TestOwnExamplesFail: with one mistake in it each example fails by what its author has
// added, and saves a script that fails again.
func TestOwnExamplesFail(t *testing.T) {
	examples := ownExamples(t)
	for i, tc := range []struct{ name, right, wrong, property, says string }{
		{"property", "a.pump.open = false", "a.pump.open = why == model.Broken",
			"gone-counts-down", "the socket is closed, and the metric says open"},
		{"scenario", "spec.Scenarios =", `spec.Properties = []own.Property{{Name: "no-rekeying-here",
			Broken: func(v *own.View) string {
				if v.There.Output > 0 && v.There.InFlight > 400 {
					return "the link is full"
				}
				return ""
			}}}
	spec.Scenarios =`, "no-rekeying-here", "the link is full"},
		{"dialogue", "i < n; i++", "i < n && n != 7; i++", "bytes-owed", "still waits for"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Replace(examples[i], tc.right, tc.wrong, 1)
			if text == examples[i] {
				t.Fatalf("the example no longer has %q", tc.right)
			}
			m := fuzztest.NewModule(t, "..", map[string]string{"pump_test.go": text})
			out, ok := m.Go(t, "test", "-short", "-run", "TestPump/hunt")
			if ok {
				t.Fatalf("got a pass; want a violation of %s:\n%s", tc.property, out)
			}
			fuzztest.Wants(t, out, tc.property, tc.says)
			scripts := m.Scripts(t)
			if len(scripts) != 1 || !strings.Contains(scripts[0], tc.property) {
				t.Fatalf("got scripts %v; want one, of %s:\n%s", scripts, tc.property, out)
			}
			out, ok = m.Go(t, "test", "-run", "TestPump/replay")
			if ok || !strings.Contains(out, tc.says) {
				t.Errorf("the saved script must fail again; got:\n%s", out)
			}
		})
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
	if len(examples) != 3 {
		t.Fatalf("got %d examples in own.md; want 3", len(examples))
	}
	return examples
}
