package cli

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
)

// covered prints what a hunt has reached, and whether it is time to stop.
func covered(t *terminal, c *hunt.Coverage) {
	if c == nil {
		return
	}
	t.printf("\n  covered: %d of %d cells (decision point x phase x event), %d pairs of writer and "+
		"reader,\n    %d states\n", c.Cells.Reached, c.Total, c.Pairs.Reached, c.States.Reached)
	t.printf("  new in the last tenth: %d cells, %d pairs, %d states; the next schedule shows a new "+
		"cell\n    with a chance of %s, a new state with %s\n", c.Cells.Late, c.Pairs.Late,
		c.States.Late, percent(c.Cells.Chance), percent(c.States.Chance))
	missed(t, c.Never)
	for _, id := range c.Untested {
		p, _ := oracle.PropertyNamed(id.String())
		t.printf("  never put to the test: %s (it takes %s)\n", p.Name, p.Takes)
	}
}

// percent is a chance from 0 to 1.
func percent(p float64) string {
	if p >= 0.1 {
		return fmt.Sprintf("%.0f %%", 100*p)
	}
	return fmt.Sprintf("%.2g %%", 100*p)
}

// mostMissed is how many cells are named in the text: --json names all.
const mostMissed = 60

// missed names the cells that were not reached, or where there are too many,
// says where they lie.
func missed(t *terminal, never []sim.Situation) {
	if len(never) == 0 {
		return
	}
	more := " (+: with output pending)"
	if len(never) > mostMissed {
		more = " (--json names them)"
	}
	t.printf("  never reached%s:\n", more)
	for _, line := range grouped(never, len(never) > mostMissed) {
		t.printf("%s\n", story.Wrap(line, 4, 96))
	}
}

// grouped joins the cells of a role and phase into a line, by their calls, or
// counts them. A + is output pending.
func grouped(cells []sim.Situation, count bool) (lines []string) {
	for len(cells) > 0 {
		first := cells[0]
		n := 1
		for n < len(cells) && cells[n].Role == first.Role && cells[n].Phase == first.Phase {
			n++
		}
		line := fmt.Sprintf("%s, %s:", first.Role, first.Phase)
		if count {
			lines = append(lines, fmt.Sprintf("%s %d cells", line, n))
		} else {
			lines = append(lines, line+calls(cells[:n]))
		}
		cells = cells[n:]
	}
	return lines
}

// calls lists the answers to each call.
func calls(cells []sim.Situation) string {
	var b strings.Builder
	call := ""
	for i, cell := range cells {
		switch {
		case cell.Call != call && i > 0:
			b.WriteString("; " + cell.Call)
		case cell.Call != call:
			b.WriteString(" " + cell.Call)
		default:
			b.WriteString(",")
		}
		call = cell.Call
		b.WriteString(" " + cell.Answer)
		if cell.Pending {
			b.WriteString("+")
		}
	}
	return b.String()
}

// A coverageJSON is what a hunt has reached.
type coverageJSON struct {
	Cells tallyJSON `json:"cells"`
	Pairs tallyJSON `json:"pairs"`
	// States are hashed: two of them may count as one.
	States tallyJSON `json:"states"`
	// CellsTotal is how many cells there are, NeverReached names the rest.
	CellsTotal   int      `json:"cells_total"`
	NeverReached []string `json:"never_reached"`
	// Untested are the properties that no schedule put to the test.
	Untested []string `json:"untested"`
}

// A tallyJSON counts what was reached, what came in the last tenth of the
// schedules, and the chance, 0 to 1, that the next one shows another.
type tallyJSON struct {
	Reached int     `json:"reached"`
	Late    int     `json:"late"`
	Chance  float64 `json:"chance"`
}

func coverageObject(c *hunt.Coverage) *coverageJSON {
	if c == nil {
		return nil
	}
	o := &coverageJSON{Cells: tallyJSON(c.Cells), Pairs: tallyJSON(c.Pairs),
		States: tallyJSON(c.States), CellsTotal: c.Total, NeverReached: []string{},
		Untested: []string{}}
	for _, cell := range c.Never {
		o.NeverReached = append(o.NeverReached, cell.String())
	}
	for _, p := range c.Untested {
		o.Untested = append(o.Untested, p.String())
	}
	return o
}
