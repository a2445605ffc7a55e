package programs

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/sim/script"
)

// TestJudgements: each find has a script of its program and a judgement, and each script has one.
func TestJudgements(t *testing.T) {
	scripts, names := map[string]bool{}, []string{}
	for _, j := range All() {
		names = append(names, j.Name())
		s, err := script.Parse(strings.NewReader(string(j.Script())), j.Name())
		if err != nil {
			t.Error(err)
			continue
		}
		scripts[j.Program+"/"+j.Slug+".script"] = true
		program, version, _ := strings.Cut(s.Config.Program+" "+s.Config.ProgramVersion, " ")
		if program != j.Program || version == "" {
			t.Errorf("%s: the script is of %s %s; want %s and its version", j.Name(), program, version, j.Program)
		}
		if property, _, _ := strings.Cut(j.Cause, ","); property != s.Property {
			t.Errorf("%s: the script breaks %s; its judgement says %s", j.Name(), s.Property, property)
		}
		if j.Public() && !strings.Contains(strings.Join(s.Story, "\n"), j.Report) {
			t.Errorf("%s: the script's story does not name the bug: %s", j.Name(), j.Report)
		}
		if got := Known(j.Program, j.Cause); !slices.Contains(strings.Fields(got), j.Name()) {
			t.Errorf("%s: its cause is known as %q", j.Name(), got)
		}
	}
	found, err := filepath.Glob("*/*.script")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found {
		if !scripts[filepath.ToSlash(name)] {
			t.Errorf("%s has no judgement", name)
		}
	}
	if !slices.IsSorted(names) || len(names) == 0 {
		t.Errorf("got %v; want some, in order", names)
	}
}

// TestBadJudgements: a judgement that lacks something, or says what nobody asked, is refused.
func TestBadJudgements(t *testing.T) {
	const good = "verdict: defect\nreport: none found\nupstream: still there\ncause: stall, server: answer\n\nText.\n"
	if err := new(Judgement).parse(good); err != nil {
		t.Error(err)
	}
	for old, now := range map[string]string{"defect": "wrong", "report: none found\n": "", "upstream": "downstream",
		"cause: stall, server: answer\n": "", "Text.": ""} {
		if err := new(Judgement).parse(strings.Replace(good, old, now, 1)); err == nil {
			t.Errorf("%q in the place of %q: got no error", now, old)
		}
	}
}

// TestPublic: kin of a bug is another bug.
func TestPublic(t *testing.T) {
	for report, want := range map[string]bool{"none found": false, "kin of hitch 42fdc55": false, "memcached 96e05b75f": true} {
		if j := (Judgement{Report: report}); j.Public() != want {
			t.Errorf("%s: got %t; want %t", report, !want, want)
		}
	}
}
