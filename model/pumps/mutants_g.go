package pumps

import (
	"github.com/wantwrite/wantwrite/model/oracle"
)

// jams is family G: deadlocks across both ends.
var jams = []plan{
	{name: "no-read-while-blocked", breaks: oracle.Deadlock, bugs: "G2, G3, G4, G5",
		scenario: "bulk-both-ways",
		about:    "stops reading while it can't send",
		also:     either(oracle.Stall),
		because:  "with a peer that has paused for good only one end waits",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).unlessBlocked},
			{at: atArmRead, judge: (*Reference).unlessBlocked},
		}},
	{name: "no-read-while-queued", breaks: oracle.Deadlock, bugs: "G6", scenario: "bulk-both-ways",
		about:   "stops reading while the app's data waits to be written",
		also:    either(oracle.Stall),
		because: "an edge that comes meanwhile is lost",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).unlessQueued},
			{at: atArmRead, judge: (*Reference).unlessQueued},
		}},
}

func (p *Reference) unlessBlocked(right bool) bool { return right && !p.owes() }

func (p *Reference) unlessQueued(right bool) bool {
	return right && (p.queue.len() == 0 || !p.up())
}
