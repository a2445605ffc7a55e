package differential

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/model/tls"
)

// A recorder is a test that keeps what it is told and fails nobody.
type recorder struct {
	rapid.TB
	lines  []string
	failed bool
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "TestRecorded" }
func (r *recorder) Failed() bool { return r.failed }

func (r *recorder) Log(args ...any) { r.Logf("%s", fmt.Sprint(args...)) }

func (r *recorder) Logf(format string, args ...any) {
	r.lines = append(r.lines, strings.Split(fmt.Sprintf(format, args...), "\n")...)
}

func (r *recorder) Errorf(format string, args ...any) {
	r.Logf(format, args...)
	r.failed = true
}

func (r *recorder) FailNow() {
	r.failed = true
	runtime.Goexit()
}

func (r *recorder) Fail() { r.failed = true }

// told is what a failing property tells. The seed is fixed, and rapid has all the time it needs to
// shrink: what it tells must not depend on the machine.
func told(t *testing.T, c *Comparison) []string {
	t.Helper()
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "5m", "rapid.seed": "1"} {
		f := flag.Lookup(name)
		was := f.Value.String()
		defer f.Value.Set(was)
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
	}
	r, done := &recorder{}, make(chan bool)
	go func() {
		defer close(done)
		c.property(quiet{r})
	}()
	if <-done; !r.failed {
		t.Fatal("the property holds; want it to find the mistake")
	}
	return r.lines
}

// TestPropertyTellsOneStory: rapid's state machine finds each mistake and shrinks it to a few
// calls, in words. What it drew is not printed besides.
func TestPropertyTellsOneStory(t *testing.T) {
	for name, forge := range mistakes {
		c := &Comparison{library: &forgery{tls.NewModels(), forge}}
		lines := told(t, c)
		text := strings.Join(lines, "\n")
		if strings.Count(text, "calls the library is not like the model") != 1 || len(lines) > 30 ||
			strings.Contains(text, "[rapid] draw") {
			t.Errorf("%s: told in %d lines; want one difference in at most 30, and no draws:\n%s", name,
				len(lines), text)
		}
	}
}
