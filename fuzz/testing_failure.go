package fuzz

import (
	"context"

	"github.com/wantwrite/wantwrite/sim/script"

	goflag "flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/sim"
)

// the package has a setting of this name

// pageFlag is the flag of test binaries that import this package, and pageDir the
// folder that it names.
const pageFlag = "wantwrite.html"

var pageDir string

// init gives test binaries the flag. Other programs that import this package keep
// their flags to themselves.
func init() {
	if testing.Testing() {
		goflag.StringVar(&pageDir, pageFlag, "", "write a page of each failing run to this folder, "+
			"which is relative to that of the test")
	}
}

// failing is the script of the runner's last run, which has broken a property.
func failing(r *Runner, res sim.Result) *script.Script {
	return &script.Script{Config: r.Config(), Property: res.Violation.Property.String(),
		Actions: append([]script.Action(nil), r.World().Actions()...)}
}

// tell shrinks a failing script and writes its story into it.
func tell(r *Runner, s *script.Script) *script.Script {
	_, err := Shrink(context.Background(), r, s, ShrinkOptions{})
	var out Outcome
	if err == nil {
		out, err = Replay(r, s, ReplayOptions{Trace: true})
	}
	if err != nil {
		s.Story = []string{err.Error()}
		return s
	}
	s.Hash = out.Result.Hash
	s.Story = Explain(s, &out)
	return s
}

// picture is the story of a script; nil if it can't be run here, as with a
// library that this test does not know.
func picture(r *Runner, s *script.Script) *Story {
	out, err := Replay(r, s, ReplayOptions{Trace: true})
	if err != nil || !out.Result.Found {
		return nil
	}
	return Tell(s, &out)
}

// failure saves a script and says what a failing test should say: the story, or
// the short one that is in the script, where the script is, how to run it again,
// and where its page is or how to get one.
func failure(t *testing.T, r *Runner, s *script.Script) string {
	text := strings.Join(s.Story, "\n")
	story := picture(r, s)
	if story != nil {
		text = story.Text(TextOptions{})
	}
	saved, err := corpus.Save(testCorpus, s.Property, SlugOf(s), s.Format())
	if err != nil {
		return strings.Join([]string{text, err.Error(), string(s.Format())}, "\n")
	}
	saved = filepath.ToSlash(saved)
	lines := []string{text, "saved: " + saved, "replay: " + again(t)}
	if story != nil {
		lines = append(lines, pageOf(t, story, saved)...)
	}
	return strings.Join(lines, "\n")
}

// again is the command that runs a test once more. The saved scripts come first.
func again(t *testing.T) string {
	return "go test -run '^" + strings.Split(t.Name(), "/")[0] + "$'"
}

// pageOf writes the page of a story that is saved under this name, if there is a
// folder for that, and says where; or else which command would.
func pageOf(t *testing.T, story *Story, saved string) []string {
	if pageDir == "" {
		return []string{fmt.Sprintf("show: %s -%s pages", again(t), pageFlag)}
	}
	name := path.Join(filepath.ToSlash(pageDir), strings.ReplaceAll(strings.TrimSuffix(
		strings.TrimPrefix(filepath.ToSlash(saved), testCorpus+"/"), corpus.Ext), "/", "-")+".html")
	page, err := Page(story)
	if err == nil {
		err = os.MkdirAll(pageDir, 0o777)
	}
	if err == nil {
		err = corpus.Replace(filepath.FromSlash(name), page)
	}
	if err != nil {
		return []string{fmt.Sprintf("no page: %v", err)}
	}
	return []string{"page: " + name}
}
