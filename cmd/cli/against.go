package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/programs"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/versus"
	realprog "github.com/wantwrite/wantwrite/program"
)

// compare hunts in two versions of a program, and says where they part.
func (f *huntFlags) compare(cmd *cobra.Command, p *program, h *hunt.Hunt) error {
	t := p.terminal
	c, err := f.comparison(p, h)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if f.time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.time)
		defer cancel()
	}
	c.Found = func(d *versus.Difference) error { return f.differs(t, d) }
	if !f.json {
		c.Progress = func(in int, s hunt.Stats) {
			t.draw([...]string{"old", "new"}[in] + ": " + progressLine(s, goal{h.Schedules, f.time}))
		}
	}
	rep, err := c.Run(ctx)
	t.clear()
	if err != nil {
		return err
	}
	return f.endComparison(cmd, t, &rep)
}

// comparison makes one of the flags. The new version is the same description with another file.
func (f *huntFlags) comparison(p *program, h *hunt.Hunt) (*versus.Comparison, error) {
	switch {
	case h.Program == nil:
		return nil, fmt.Errorf("got --against %s without a program; want --program NAME, or a command behind --", f.against)
	case f.http != "" || f.first || f.observe:
		return nil, fmt.Errorf("got --against with --http, --first or --observe; want it without")
	}
	old := f.own
	if old == nil {
		known, err := realprog.Find(h.Program.Name)
		if err != nil {
			return nil, err
		}
		old = known
	}
	now := *old
	path, err := filepath.Abs(f.against)
	if err != nil {
		return nil, err
	}
	now.Command = append([]string{path}, old.Command[1:]...)
	if _, err := now.Path(); err != nil {
		return nil, fmt.Errorf("got --against %s; want the file of a program", f.against)
	}
	c := &versus.Comparison{Hunt: *h, Program: h.Program.Name}
	for i, d := range []realprog.Description{*old, now} {
		o := p.real
		if f.own != nil {
			o.Output = os.Stderr
		}
		c.Catalogs[i] = run.NewCatalog()
		engines.AddTo(c.Catalogs[i])
		if err := programs.Add(c.Catalogs[i], d, o); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// differs saves the script of a difference, and reports it.
func (f *huntFlags) differs(t *terminal, d *versus.Difference) error {
	path, err := save(f.corpus, d.Script)
	if err != nil {
		return err
	}
	f.saved = append(f.saved, path)
	if f.json {
		err = t.object(differenceObject(d, path))
	} else {
		t.clear()
		tellDifference(t, d, path)
	}
	if t.broken != nil {
		return fmt.Errorf("%w; what was found is saved in %s", t.broken, f.corpus)
	}
	return err
}

// tellDifference prints a difference for people.
func tellDifference(t *terminal, d *versus.Difference, path string) {
	if d.Kind() == "seen" {
		t.printf("%s, scenario %s\n  old: %s\n  new: %s\n", t.bold("clients see something else"), d.Script.Config.Scenario, d.Saw[0], d.Saw[1])
	} else {
		word := map[string]string{"new": "only in the new version", "gone": "only in the old version", "both": "in both versions"}
		t.printf("%s %s, scenario %s: %d of %d new processes of the old version fail, and %d of the new one\n",
			t.bold(d.Script.Property), word[d.Kind()], d.Script.Config.Scenario, d.Fails[0], versus.Times, d.Fails[1])
		t.printf("%s\n", indent(d.Story))
	}
	if d.Step > 0 {
		t.printf("%s\n", t.wrapped(fmt.Sprintf("they part at step %d: %s", d.Step, d.Apart), 2))
	}
	t.printf("  %d actions: %s\n\n", len(d.Script.Actions), path)
}

// A differenceJSON is the object of a difference.
type differenceJSON struct {
	Result   string   `json:"result"`
	Kind     string   `json:"kind"`
	Property string   `json:"property"`
	Scenario string   `json:"scenario"`
	TLS      string   `json:"tls"`
	Actions  int      `json:"actions"`
	Fails    [2]int   `json:"fails"`
	Saw      []string `json:"saw"`
	Step     int      `json:"step"`
	Apart    string   `json:"apart"`
	Script   string   `json:"script"`
	Story    []string `json:"story"`
}

func differenceObject(d *versus.Difference, path string) differenceJSON {
	o := differenceJSON{Result: "difference", Kind: d.Kind(), Property: d.Script.Property, Scenario: d.Script.Config.Scenario,
		TLS: d.Script.Config.Version.String(), Actions: len(d.Script.Actions), Fails: d.Fails, Saw: []string{}, Step: d.Step,
		Apart: d.Apart, Script: path, Story: append([]string{}, d.Story...)}
	if o.Kind == "seen" {
		o.Saw = d.Saw[:]
	}
	return o
}

// A comparisonJSON is the object of a comparison's end.
type comparisonJSON struct {
	Result    string    `json:"result"`
	Program   string    `json:"program"`
	Versions  [2]string `json:"versions"`
	Schedules [2]uint64 `json:"schedules"`
	Compared  uint64    `json:"compared"`
	New       int       `json:"new"`
	Gone      int       `json:"gone"`
	Both      int       `json:"both"`
	Seen      int       `json:"seen"`
	Unsteady  int       `json:"unsteady"`
	Seconds   float64   `json:"seconds"`
}

// endComparison reports how a comparison ended. What is new, or is seen otherwise, is exit code 1.
func (f *huntFlags) endComparison(cmd *cobra.Command, t *terminal, rep *versus.Report) error {
	stopped := rep.Interrupted && cmd.Context().Err() != nil
	worse := rep.New+rep.Seen > 0
	if f.json {
		o := comparisonJSON{"compared", f.program, rep.Versions, rep.Schedules, rep.Compared, rep.New, rep.Gone, rep.Both, rep.Seen,
			rep.Unsteady, rep.Elapsed.Seconds()}
		if stopped {
			o.Result = "comparison-interrupted"
		}
		if err := t.object(o); err != nil {
			return err
		}
	} else {
		t.printf("%s %s and %s: %d new, %d gone, %d in both, %d seen otherwise; %d and %d schedules, %d compared, %.1fs\n",
			f.program, orUnknown(rep.Versions[0]), orUnknown(rep.Versions[1]), rep.New, rep.Gone, rep.Both, rep.Seen, rep.Schedules[0], rep.Schedules[1],
			rep.Compared, rep.Elapsed.Seconds())
	}
	switch {
	case stopped:
		return interrupted(worse, "interrupted after %d and %d schedules; what was found is saved in %s", rep.Schedules[0],
			rep.Schedules[1], f.corpus)
	case worse:
		return errViolation
	}
	return t.broken
}

// orUnknown is a version.
func orUnknown(version string) string {
	if version == "" {
		return "(no version)"
	}
	return version
}
