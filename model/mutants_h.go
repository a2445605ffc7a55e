package model

// staleErrors is family H: the error queue of the thread.
var staleErrors = []plan{
	{name: "errors-never-cleared", breaks: SpuriousFailure, scenario: "two-links",
		bugs:    "H1, H2, H3, H4, H5, H6, H9, H11",
		about:   "judges a call by errors that another link has left",
		also:    either(DataLoss, Truncation),
		because: "the call may be the last Read or the Shutdown",
		mistakes: judged(atRestart, func(p *Reference, _ bool) bool {
			p.env.Engine = uncleared{p.env.Engine}
			return true
		})},
}

// uncleared is an engine for a pump that has not heard of the error queue.
type uncleared struct{ Engine }

// ClearErrors does nothing.
func (uncleared) ClearErrors() {}
