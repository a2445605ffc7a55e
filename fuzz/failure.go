package fuzz

import (
	"context"
	goflag "flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// pageFlag is a flag of test binaries that import this package. pageDir is the folder
// that it names.
const pageFlag = "wantwrite.html"

var pageDir string

// init gives test binaries the flag. Other programs that import this package do not get
// it.
func init() {
	if testing.Testing() {
		goflag.StringVar(&pageDir, pageFlag, "", "write a page of each failing run to this folder, "+
			"which is relative to that of the test")
	}
}

// failing is the script of the runner's last run, which broke a property.
func failing(r *run.Runner, res sim.Result) *script.Script {
	return &script.Script{Config: r.Config(), Property: res.Violation.Violated(),
		Actions: append([]script.Action(nil), r.World().Actions()...)}
}

// tell shrinks a failing script and writes its story into it.
func tell(r *run.Runner, s *script.Script) *script.Script {
	_, err := shrink.Shrink(context.Background(), r, s, shrink.Options{})
	var out run.Outcome
	if err == nil {
		out, err = run.Replay(r, s, run.ReplayOptions{Trace: true})
	}
	if err != nil {
		s.Story = []string{err.Error()}
		return s
	}
	s.Hash = out.Result.Hash
	s.Story = story.Explain(s, &out)
	return s
}

// picture is the story of a script. It is nil if the script can't be run here, for
// example because it needs a library that this test does not have.
func picture(r *run.Runner, s *script.Script) *story.Story {
	out, err := run.Replay(r, s, run.ReplayOptions{Trace: true})
	if err != nil || !out.Result.Found {
		return nil
	}
	return story.Tell(s, &out)
}

// failure saves a script and returns the test's message: the story, where the script is,
// how to run it again, and where its page is or how to make one.
func failure(t *testing.T, r *run.Runner, s *script.Script) string {
	text := strings.Join(s.Story, "\n")
	told := picture(r, s)
	if told != nil {
		text = told.Text(story.TextOptions{})
	}
	saved, err := corpus.Dir(testCorpus).Save(s.Property, slugOf(s), s.Format())
	if err != nil {
		return strings.Join([]string{text, err.Error(), string(s.Format())}, "\n")
	}
	saved = filepath.ToSlash(saved)
	lines := []string{text, "saved: " + saved, "replay: " + again(t)}
	if told != nil {
		lines = append(lines, pageOf(t, told, saved)...)
	}
	return strings.Join(lines, "\n")
}

// again is the command that runs a test once more. It replays the saved scripts first.
func again(t *testing.T) string {
	return "go test -run '^" + strings.Split(t.Name(), "/")[0] + "$'"
}

// pageOf writes the page of a story into the folder of the flag and says where. Without
// the flag it says which command makes the page.
func pageOf(t *testing.T, told *story.Story, saved string) []string {
	if pageDir == "" {
		return []string{fmt.Sprintf("show: %s -%s pages", again(t), pageFlag)}
	}
	name := path.Join(filepath.ToSlash(pageDir), strings.ReplaceAll(strings.TrimSuffix(
		strings.TrimPrefix(filepath.ToSlash(saved), testCorpus+"/"), corpus.Ext), "/", "-")+".html")
	page, err := story.Page(told)
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
