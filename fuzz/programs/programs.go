// Package programs knows the real programs that can be put under the scheduler. The command line
// has them.
package programs

import (
	"os"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/program"
	"github.com/wantwrite/wantwrite/program/dialogue"
)

// Add makes a program known to a catalog. Nothing is started before somebody wants it.
func Add(c *run.Catalog, d program.Description, o program.Options) error {
	says, err := speaks(&d)
	if err != nil {
		return err
	}
	var quirks []string
	for _, q := range d.Quirks {
		quirks = append(quirks, q.Name)
		if q.Name == "no-half-close" {
			closes := *says
			closes.Finishes = false
			says = &closes
		}
	}
	c.AddProgram(run.Program{Name: d.Name, About: d.About, Dialogue: says, Quirks: quirks,
		FindVersion: d.FindVersion,
		Open: func(m foreign.Mode, inside bool) foreign.Session {
			o := o
			o.Mode, o.Observe = m, inside
			return program.New(&d, o)
		}})
	return nil
}

// speaks is the dialogue of a program: that with its name, or of that file, or of lines.
func speaks(d *program.Description) (*own.Dialogue, error) {
	name := d.Dialogue
	if d.Lines != "" {
		return dialogue.Parse(name, d.Lines)
	}
	if !strings.ContainsAny(name, "./") {
		return dialogue.Named(name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return dialogue.Parse(name, string(text))
}

// AddTo makes all programs known that are described.
func AddTo(c *run.Catalog, o program.Options) error {
	for _, d := range program.Known() {
		if err := Add(c, d, o); err != nil {
			return err
		}
	}
	return nil
}
