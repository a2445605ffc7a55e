//go:build linux && amd64

package programs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	judged "github.com/wantwrite/wantwrite/corpus/programs"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program"
)

// TestJudgedFinds replays each find of corpus/programs on its program, in a new process. It must fail for
// the cause that its judgement names. A long test does so in ten processes. Another version may have
// been mended.
func TestJudgedFinds(t *testing.T) {
	c := catalog(t)
	for _, j := range judged.All() {
		t.Run(j.Program+"/"+j.Slug, func(t *testing.T) {
			d, err := program.Find(j.Program)
			if err != nil {
				t.Fatal(err)
			}
			p := here(t, c, j.Program, d.Package)
			s := parsed(t, string(j.Script()))
			r, err := run.NewRunner(c, run.Options{Program: p})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			r.Mode = foreign.Fresh
			out, err := run.Replay(r, s, run.ReplayOptions{Loose: true})
			if err != nil {
				t.Fatal(err)
			}
			got := out.Result.Violation.Cause()
			if known := strings.Fields(judged.Known(j.Program, got)); !out.Result.Found || !slices.Contains(known, j.Name()) {
				if p.Version != s.Config.ProgramVersion {
					require.Missing(t, d.Package, fmt.Sprintf("%s %s is here, and the find is of %s; install that version of %s", j.Program,
						p.Version, s.Config.ProgramVersion, d.Package))
				}
				t.Fatalf("got %q; want %q", got, j.Cause)
			}
			if want := int(require.Times(0, 10)); want > 0 {
				if n, err := r.Repeats(s, want); err != nil || n != want {
					t.Errorf("%d of %d new processes fail, %v; want all", n, want, err)
				}
			}
		})
	}
}
