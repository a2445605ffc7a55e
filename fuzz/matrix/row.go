package matrix

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// A Row is a cell for other programs: the object of a line of JSON, and a line of
// CSV under the same names.
type Row struct {
	Result string `json:"result"` // cell
	// Mutant is the name of the mutant or the pump, and Must the property that a
	// mutant must break.
	Mutant   string `json:"mutant"`
	Must     string `json:"must"`
	Engine   string `json:"engine"`
	TLS      string `json:"tls"`
	Strategy string `json:"strategy"`
	// Found is whether a property was violated, and Outcome the cell's: a mutant
	// may be found by another property than it must break.
	Found    bool   `json:"found"`
	Outcome  string `json:"outcome"`
	Property string `json:"property"`
	// Schedules is the median of the seeds, of which Hunts of Seeds found it; 0
	// if fewer than half did.
	Schedules uint64 `json:"schedules"`
	Hunts     int    `json:"hunts"`
	Seeds     int    `json:"seeds"`
	// Actions is the length of the shrunk script, and Scenario its.
	Actions   int      `json:"actions"`
	Scenario  string   `json:"scenario"`
	Confirmed []string `json:"confirmed"`
	Script    string   `json:"script"`
	// Reason says why there is nothing to find, why another property was found,
	// or why a library does not confirm it.
	Reason string `json:"reason"`
	Bugs   string `json:"bugs"`
}

// Row makes the cell a row.
func (c *Cell) Row() Row {
	r := Row{Result: "cell", Mutant: c.Subject.Spec.Name, Engine: c.Engine, TLS: c.Version,
		Strategy: c.Strategy, Outcome: c.Outcome.String(), Schedules: c.Schedules, Hunts: c.Hunts,
		Property: found(c.Property), Seeds: c.Seeds,
		Confirmed: append([]string{}, c.Confirmed()...), Script: c.Path, Reason: c.Reason}
	if m := c.Subject.Mutant; m != nil {
		r.Must, r.Bugs = m.Breaks.String(), strings.Join(m.Bugs, ", ")
	}
	if c.Script != nil {
		r.Found, r.Actions, r.Scenario = true, len(c.Script.Actions), c.Script.Config.Scenario
	}
	return r
}

// CSV writes the report as RFC 4180 has it, a line of names first. Several words
// in a field have blanks between them.
func (r *Report) CSV(out io.Writer) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	kind := reflect.TypeFor[Row]()
	var names []string
	for i := 1; i < kind.NumField(); i++ { // less the result
		names = append(names, kind.Field(i).Tag.Get("json"))
	}
	if err := w.Write(names); err != nil {
		return err
	}
	for _, c := range r.Cells {
		row := reflect.ValueOf(c.Row())
		var fields []string
		for i := 1; i < row.NumField(); i++ {
			text := fmt.Sprint(row.Field(i).Interface())
			if words, ok := row.Field(i).Interface().([]string); ok {
				text = strings.Join(words, " ")
			}
			fields = append(fields, text)
		}
		if err := w.Write(fields); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
