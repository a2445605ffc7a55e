package cli

import (
	"fmt"

	"github.com/wantwrite/wantwrite/corpus"
	judged "github.com/wantwrite/wantwrite/corpus/programs"
	realprog "github.com/wantwrite/wantwrite/program"
)

// programSubjects are the real programs, with what hunts have found in them.
func programSubjects() (all []subject) {
	for _, d := range realprog.Known() {
		all = append(all, subject{names: []string{d.Name}, explain: func() explanation {
			e := newExplanation("program", d.Name, d.About)
			e.tell("package", d.Package)
			if d.Unable != "" {
				e.tell("can't be hunted in", d.Unable)
				return e
			}
			for _, q := range d.Quirks {
				e.tell(q.Name, q.Why)
			}
			var finds []fact
			for _, j := range judged.All() {
				if j.Program == d.Name {
					finds = append(finds, fact{j.Name(), fmt.Sprintf("%s (%s; report: %s)", j.Cause, j.Verdict, j.Report)})
				}
			}
			e.list("finds", finds)
			e.run("hunt --program %s", d.Name)
			return e
		}})
	}
	return all
}

// findSubjects are the judged finds in real programs, by name, with and without the script's end.
func findSubjects() (all []subject) {
	for _, j := range judged.All() {
		all = append(all, subject{names: []string{j.Name(), j.Name() + corpus.Ext}, explain: func() explanation {
			e := newExplanation("find", j.Name(), j.Cause)
			e.Means = j.Text
			e.tell("verdict", j.Verdict)
			e.tell("report", j.Report)
			if j.Confirmed != "" {
				e.tell("confirmed", j.Confirmed)
			}
			e.tell("upstream", j.Upstream)
			e.run("show %s%s", j.Name(), corpus.Ext)
			return e
		}})
	}
	return all
}
