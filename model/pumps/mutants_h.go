package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// staleErrors is family H: the error queue of the thread.
var staleErrors = []plan{
	{name: "errors-never-cleared", breaks: oracle.SpuriousFailure, scenario: "two-links",
		bugs:    "H1, H2, H3, H4, H5, H6, H9, H11",
		about:   "judges a call by errors that another link has left",
		also:    either(oracle.DataLoss, oracle.Truncation),
		because: "the call may be the last Read or the Shutdown",
		mistakes: judged(atRestart, func(p *Reference, _ bool) bool {
			p.env.Engine = uncleared{p.env.Engine}
			return true
		})},
}

// uncleared is an engine for a pump that has not heard of the error queue.
type uncleared struct{ model.Engine }

// ClearErrors does nothing.
func (uncleared) ClearErrors() {}

// clearsAfter is an engine for a pump that empties the error queue when a Read or
// a Write has failed, and thinks that this is enough.
type clearsAfter struct{ model.Engine }

// ClearErrors does nothing.
func (*clearsAfter) ClearErrors() {}

// Read clears what it leaves.
func (e *clearsAfter) Read(p []byte) (int, model.Status) {
	n, st := e.Engine.Read(p)
	return n, e.clean(st)
}

// Write clears what it leaves.
func (e *clearsAfter) Write(p []byte) (int, model.Status) {
	n, st := e.Engine.Write(p)
	return n, e.clean(st)
}

func (e *clearsAfter) clean(st model.Status) model.Status {
	if st == model.Failed {
		e.Engine.ClearErrors()
	}
	return st
}
