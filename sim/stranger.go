package sim

import (
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// breaks are the properties that the faults of a program break. A call that is not understood
// breaks none: it ends the run with an error.
var breaks = [...]oracle.PropertyID{
	foreign.Crashed:     oracle.Crash,
	foreign.Spins:       oracle.BusyLoop,
	foreign.Leaks:       oracle.UnboundedBuffer,
	foreign.Unsupported: oracle.NoProperty,
}
