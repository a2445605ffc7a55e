package versus

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// What a client has seen when a run is over are its answers, in number, and how its link ended. How long
// answers are is not among it: they may name the version.

// sight is what the clients of a run have seen, in words.
func sight(ends []oracle.Account) string {
	var words []string
	for i := 0; i < len(ends); i += 2 {
		a := client(ends, i)
		text := fmt.Sprintf("%d answers", a.Answers)
		if a.Partial {
			text += " and a part"
		}
		if a.Wrong != "" {
			text += ", which are wrong"
		}
		if a.Owed != "" {
			text += ", lacking " + a.Owed
		}
		words = append(words, text+", "+ended(a))
	}
	return strings.Join(words, "; ")
}

// client is the end of a link where no program stands.
func client(ends []oracle.Account, link int) *oracle.Account {
	if ends[link].Foreign {
		link++
	}
	return &ends[link]
}

// ended says how a client's link ended.
func ended(a *oracle.Account) string {
	if !a.Told {
		return "open"
	}
	return "ended: " + a.Why.String()
}

// part says in which way two runs part, without the numbers of this one; "" if they don't.
func part(old, now []oracle.Account) string {
	var ways []string
	for i := 0; i < len(old); i += 2 {
		a, b := client(old, i), client(now, i)
		if a.Told != b.Told || a.Told && a.Why != b.Why {
			ways = append(ways, ended(a)+" then "+ended(b))
		}
		switch {
		case a.Answers < b.Answers:
			ways = append(ways, "more answers")
		case a.Answers > b.Answers:
			ways = append(ways, "fewer answers")
		}
		if (a.Wrong == "") != (b.Wrong == "") {
			ways = append(ways, "wrong answers")
		}
	}
	slices.Sort(ways)
	return strings.Join(slices.Compact(ways), ", ")
}

// apart finds the first step of a script, from 1, at which the two versions make other calls or get
// other answers, sizes left aside, and says how.
func (k *comparing) apart(s *script.Script) (step int, what string, err error) {
	var steps [2][][]string
	for i, r := range k.runners {
		r.Mode = foreign.Copies
		out, err := run.Replay(r, s, run.ReplayOptions{Loose: true, Trace: true, Watch: k.Hunt.Watch})
		if err != nil {
			return 0, "", err
		}
		steps[i] = calls(&out)
	}
	for i := range max(len(steps[0]), len(steps[1])) {
		a, b := at(steps[0], i), at(steps[1], i)
		if !slices.Equal(a, b) {
			return i, fmt.Sprintf("%s made %s; %s made %s", k.called(0), doings(a), k.called(1), doings(b)), nil
		}
	}
	return 0, "", nil
}

// called is what a version is called.
func (k *comparing) called(i int) string {
	word := [...]string{"the old one", "the new one"}[i]
	if v := k.rep.Versions[i]; v != "" && k.rep.Versions[0] != k.rep.Versions[1] {
		word += " (" + v + ")"
	}
	return word
}

// at is a step; empty behind the last one.
func at(steps [][]string, i int) []string {
	if i < len(steps) {
		return steps[i]
	}
	return nil
}

// doings are calls in words.
func doings(calls []string) string {
	if len(calls) == 0 {
		return "no call"
	}
	return strings.Join(calls, ", ")
}

// calls are those of a program by the steps of a run, without sizes. One that is repeated with the same
// answer counts once: how often depends on sizes.
func calls(out *run.Outcome) (steps [][]string) {
	for i := range out.Trace.Events {
		ev := &out.Trace.Events[i]
		if ev.Call == "" || !out.Config.Foreign(ev.End) {
			continue
		}
		for len(steps) <= ev.Step {
			steps = append(steps, nil)
		}
		at := &steps[ev.Step]
		if text := call(ev); len(*at) == 0 || (*at)[len(*at)-1] != text {
			*at = append(*at, text)
		}
	}
	return steps
}

// call is a program's call with its answer, without sizes.
func call(ev *sim.Event) string {
	text := strings.TrimSpace(ev.Call + " " + ev.Text)
	switch st := model.IOStatus(ev.Status); {
	case ev.Call != "recv" && ev.Call != "send":
		return text
	case st != model.IOOK:
		return text + ": " + st.String()
	case ev.N < ev.Offered:
		return text + " in part"
	}
	return text
}
