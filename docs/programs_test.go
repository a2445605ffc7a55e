package docs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	judged "github.com/wantwrite/wantwrite/corpus/programs"
)

// TestProgramFinds: the table of programs-found.md has a row for each judged find, which says what the
// judgement says, and no other row.
func TestProgramFinds(t *testing.T) {
	page, err := os.ReadFile("programs-found.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| (\\S+) [^|]* \\| `([a-z-]+)` \\| \\[[^]]+\\]\\(\\.\\./(\\S+)\\.md\\) \\| ([a-z]+) \\| ([^|]+) \\|")
	var got, want []string
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		got = append(got, strings.Join([]string{m[3], m[1], m[2], m[4], strings.TrimSpace(m[5])}, ", "))
	}
	for _, j := range judged.All() {
		property, _, _ := strings.Cut(j.Cause, ",")
		want = append(want, strings.Join([]string{j.Name(), j.Program, property, j.Verdict, j.Report}, ", "))
	}
	slices.Sort(got)
	slices.Sort(want)
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("programs-found.md lacks the row %s", w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d rows; want %d", len(got), len(want))
	}
}
