package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// lostFlights is family B: what a handshake has to send, or to have read, is
// left where it is.
var lostFlights = []plan{
	{name: "flights-unflushed", breaks: oracle.Stall, bugs: "B4, B16, B17", scenario: "request-response",
		about:    "sends nothing while a handshake is under way",
		mistakes: judged(atFlush, func(p *Reference, _ bool) bool { return p.wrote || p.up() })},
	{name: "last-flight-unflushed", breaks: oracle.Stall, bugs: "B1, B2, B3", scenario: "request-response",
		about:    "takes a handshake for finished before its last flight has left",
		mistakes: judged(atFlush, (*Reference).pastLastFlight)},
	{name: "one-drain-is-enough", breaks: oracle.Stall, bugs: "B7, B20, D25", scenario: "long-handshake",
		about:    "takes the engine for drained when its own buffer is full",
		also:     either(oracle.DataLoss, oracle.Truncation),
		because:  "what it leaves in the engine is lost when it closes",
		mistakes: always(atDrained)},
	{name: "early-write-parked", breaks: oracle.Stall, bugs: "B5, B8, B9", scenario: "request-response",
		about: "leaves what was written before the handshake ended until the app writes again",
		mistakes: append(judged(atWriteNow, func(p *Reference, up bool) bool {
			return p.parked(up, true)
		}), unpark...)},
	{name: "one-recv-a-wakeup", breaks: oracle.Stall, bugs: "B13", scenario: "long-handshake",
		about:   "receives once a wakeup while a handshake is under way",
		also:    either(oracle.DataLoss),
		because: gaveUpText,
		mistakes: judged(atReceiveOn, func(p *Reference, right bool) bool {
			return right && p.up()
		})},
	{name: "end-in-handshake-untold", breaks: oracle.Stall, bugs: "B21", scenario: "network-faults",
		about: "tells nobody of an end that comes before the handshake's",
		mistakes: judged(atTellEnd, func(p *Reference, right bool) bool {
			return right && (!p.eof || p.up())
		})},
	{name: "no-handshake-while-paused", breaks: oracle.Stall, bugs: "B14", scenario: "lasting-pause",
		about: "carries no handshake on while the app has paused",
		mistakes: append(never(atShake), mistake{at: atArmRead,
			judge: func(p *Reference, right bool) bool { return right && !p.resting() }})},
	{name: "close-in-handshake-forgotten", breaks: oracle.Stall, bugs: "B18",
		scenario: "close-in-handshake",
		about:    "waits with a close for a flush that no handshake makes",
		mistakes: []mistake{
			{at: atCallClose, judge: func(p *Reference, _ bool) bool {
				p.slip.on = p.slip.on || !p.up()
				return true
			}},
			{at: atAllIsWritten, judge: func(p *Reference, right bool) bool {
				return right && !p.slip.on
			}},
		}},
	{name: "no-read-after-handshake", breaks: oracle.Stall, bugs: "B15, D16", scenario: "request-response",
		about: "does not read what came together with the end of the handshake",
		also:  either(oracle.Deadlock, oracle.SpuriousFailure),
		because: "the link may fill up meanwhile, in both directions, and data that is read " +
			"late may meet a renegotiation",
		mistakes: judged(atRead, (*Reference).shakeHandsFirst)},
}

// pastLastFlight holds what is pending when a handshake ends, until the app's
// side makes output.
func (p *Reference) pastLastFlight(bool) bool {
	switch {
	case !p.up():
		p.slip.n = 0
		return true
	case p.wrote:
		p.slip.n = 1
	}
	return p.slip.n > 0
}

// shakeHandsFirst makes the first handshake by calls of Handshake, and leaves it
// at that.
func (p *Reference) shakeHandsFirst(bool) bool {
	if p.slip.on || p.up() {
		p.slip.on = true
		return true
	}
	if st := p.engine().Handshake(); st != model.OK {
		p.readEnded(st)
	}
	p.slip.on = p.up()
	return false
}
