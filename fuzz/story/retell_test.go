package story_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
)

// TestRetell: a new story takes the place of the old one; what an author wrote
// stays, behind it.
func TestRetell(t *testing.T) {
	s := fuzztest.Script(t, "stall/kv-original-idle-renegotiation.script")
	r := fuzztest.RunnerFor(t, s)
	out, err := run.Replay(r, s, run.ReplayOptions{Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	told := story.Explain(s, &out)
	s.Story = append([]string{"at step 99 something else happened", "real code: the same"},
		append(told, "", "confirmed on openssl", "  see also: nothing")...)
	want := append(told, "real code: the same", "", "  see also: nothing")
	if got := story.Retell(s, &out); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
