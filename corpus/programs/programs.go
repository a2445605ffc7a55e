// Package programs has what hunts have found in real programs: for each find its script, and a judgement
// of it. Both lie in a folder of the program's name:
//
//	corpus/programs/<program>/<slug>.script
//	corpus/programs/<program>/<slug>.md
//
// What turned out to be a mistake of wantwrite is not here: that was mended.
package programs

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/corpus"
)

//go:embed */*.md
var files embed.FS

// A Judgement says what a find is. Its file has a line for each field, such as "verdict: defect", an
// empty line, and the text.
type Judgement struct {
	// Program and Slug name the find: see Name.
	Program, Slug string
	// Verdict is defect, of the program; library, if its TLS library does it by itself; or design, if it
	// is meant, and the standards allow it.
	Verdict string
	// Report is where the bug is known: an issue or a commit, "kin of" one, or "none found".
	Report string
	// Confirmed is how it was shown without wantwrite; empty if it was not.
	Confirmed string
	// Upstream says whether the program's present source still has it, and where.
	Upstream string
	// Cause is that of the finding: see oracle.Finding.
	Cause string
	// Text is what happens, and by which standard or man page it is wrong.
	Text string
}

// Name is the judgement's name in the source: corpus/programs/nginx/stale-handler.
func (j *Judgement) Name() string { return path.Join("corpus/programs", j.Program, j.Slug) }

// Public says whether somebody else has reported the bug itself.
func (j *Judgement) Public() bool {
	return j.Report != noReport && !strings.HasPrefix(j.Report, "kin of ")
}

// noReport is the Report of a find that nobody has reported, as far as a search says.
const noReport = "none found"

// Script is the text of its script.
func (j *Judgement) Script() []byte {
	return corpus.Text(strings.TrimPrefix(j.Name(), "corpus/") + corpus.Ext)
}

// All lists the judgements, by program and slug.
func All() (list []Judgement) {
	folders, err := files.ReadDir(".")
	if err != nil {
		panic("corpus: " + err.Error())
	}
	for _, folder := range folders {
		names, err := files.ReadDir(folder.Name())
		if err != nil {
			panic("corpus: " + err.Error())
		}
		for _, f := range names {
			slug, is := strings.CutSuffix(f.Name(), ".md")
			if !is {
				continue
			}
			j := Judgement{Program: folder.Name(), Slug: slug}
			text, err := files.ReadFile(path.Join(j.Program, f.Name()))
			if err == nil {
				err = j.parse(string(text))
			}
			if err != nil {
				panic(err)
			}
			list = append(list, j)
		}
	}
	slices.SortFunc(list, func(a, b Judgement) int { return strings.Compare(a.Name(), b.Name()) })
	return list
}

// Known names the judgements of a cause in a program, with blanks between them; "" if there is none. A
// blank at the cause's end, where something quoted was left out, does not count.
func Known(program, cause string) string {
	cause = strings.TrimSpace(cause)
	var names []string
	for _, j := range All() {
		if j.Program == program && j.Cause == cause {
			names = append(names, j.Name())
		}
	}
	return strings.Join(names, " ")
}

// parse reads a judgement's file.
func (j *Judgement) parse(text string) error {
	head, rest, _ := strings.Cut(text, "\n\n")
	fields := map[string]*string{"verdict": &j.Verdict, "report": &j.Report, "confirmed": &j.Confirmed,
		"upstream": &j.Upstream, "cause": &j.Cause}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		field := fields[key]
		if field == nil {
			return fmt.Errorf("corpus: %s.md: got line %q; want verdict, report, confirmed, upstream or cause, and an empty line before the text", j.Name(), line)
		}
		*field = strings.Join(strings.Fields(value), " ")
	}
	j.Text = strings.TrimSpace(rest)
	switch {
	case j.Verdict != "defect" && j.Verdict != "library" && j.Verdict != "design":
		return fmt.Errorf("corpus: %s.md: got verdict %q; want defect, library or design", j.Name(), j.Verdict)
	case j.Report == "" || j.Upstream == "" || j.Cause == "" || j.Text == "":
		return fmt.Errorf("corpus: %s.md: got no report, upstream, cause or text; want all of them", j.Name())
	}
	return nil
}
