package story

import (
	"encoding/json"

	"github.com/wantwrite/wantwrite/sim/script"
)

// A storyJSON is a story for other programs. The command's schema of show describes it.
type storyJSON struct {
	Title   string      `json:"title"`
	End     string      `json:"end"`
	Steps   []stepJSON  `json:"steps"`
	After   []stateJSON `json:"after"`
	Verdict verdictJSON `json:"verdict"`
}

type stepJSON struct {
	Step    int        `json:"step"`
	Action  string     `json:"action"`
	Ticks   uint64     `json:"ticks"`
	Quiesce bool       `json:"quiesce"`
	Matters bool       `json:"matters"`
	Mark    string     `json:"mark,omitempty"`
	Moves   []moveJSON `json:"moves"`
}

type moveJSON struct {
	End   string `json:"end"`
	From  string `json:"from"`
	To    string `json:"to"`
	Text  string `json:"text"`
	Bytes int    `json:"bytes"`
	Aside bool   `json:"aside"`
}

// A stateJSON is what an end holds and waits for after the last step.
type stateJSON struct {
	End   string     `json:"end"`
	Pump  string     `json:"pump"`
	Holds []holdJSON `json:"holds"`
	Waits []waitJSON `json:"waits"`
}

type waitJSON struct {
	What string `json:"what"`
	Is   string `json:"is"`
}

type holdJSON struct {
	Where string `json:"where"`
	Bytes int    `json:"bytes"`
	Limit int    `json:"limit,omitempty"`
}

type verdictJSON struct {
	Property   string   `json:"property"`
	End        string   `json:"end,omitempty"`
	Pump       string   `json:"pump,omitempty"`
	Seen       string   `json:"seen,omitempty"`
	Unsure     bool     `json:"unsure,omitempty"`
	Step       int      `json:"step"`
	Owed       string   `json:"owed,omitempty"`
	Wakeup     string   `json:"wakeup,omitempty"`
	Lost       int      `json:"lost"`
	Came       int      `json:"came"`
	Decision   int      `json:"decision,omitempty"`
	Paragraphs []string `json:"paragraphs"`
	Places     []string `json:"places,omitempty"`
}

// MarshalJSON is the story as the command's schema of show describes it: all steps and all moves.
func (s *Story) MarshalJSON() ([]byte, error) {
	v := &s.Verdict
	o := storyJSON{Title: s.Title, End: s.End.String(), Steps: []stepJSON{}, After: []stateJSON{},
		Verdict: verdictJSON{v.Property, v.End, v.Pump, v.Seen, v.Unsure, v.Step, v.Owed, v.Wakeup, v.Lost, v.Came,
			v.Decision.Number, append([]string{}, v.Paragraphs...), v.Places}}
	for i := range s.Steps {
		o.Steps = append(o.Steps, s.Steps[i].object())
	}
	if last := s.Trace.Last(); last >= 0 {
		for _, end := range [...]script.End{s.End, s.End.Peer()} {
			o.After = append(o.After, s.state(last, end))
		}
	}
	return json.Marshal(o)
}

// object is a step's.
func (st *Step) object() stepJSON {
	o := stepJSON{st.Number, st.Text, st.Now, st.Quiesce, st.Matters, st.Mark, []moveJSON{}}
	for _, m := range st.Moves {
		o.Moves = append(o.Moves, moveJSON{m.End.String(), m.From.String(), m.To.String(), m.Text, m.Bytes,
			m.Aside})
	}
	return o
}

// state is the object of an end after a step.
func (s *Story) state(step int, end script.End) stateJSON {
	o := stateJSON{End: end.String(), Pump: s.pump(end)}
	for _, h := range s.holds(step, end) {
		if s.unseen(h, end) {
			continue
		}
		o.Holds = append(o.Holds, holdJSON{h.Name, h.Bytes, h.Limit})
	}
	for _, w := range s.waits(step, end) {
		o.Waits = append(o.Waits, waitJSON{w[0], w[1]})
	}
	return o
}
