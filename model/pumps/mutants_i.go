package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// floods is family I: what nobody bounds.
var floods = []plan{
	{name: "queue-without-limit", breaks: oracle.UnboundedBuffer, bugs: "I4, I5", scenario: "slow-reader",
		about: "takes whatever the app writes",
		mistakes: judged(atTakePlaintext, func(p *Reference, right bool) bool {
			p.queue.limit += anySize
			return right
		})},
	{name: "input-without-limit", breaks: oracle.UnboundedBuffer, bugs: "I4, I5", scenario: "slow-reader",
		about: "receives whatever comes, and keeps what the engine has no room for",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).hoard},
			{at: atArmRead, judge: func(p *Reference, right bool) bool {
				pair := p.env.Transport == model.Pair
				return right && !p.slip.on || pair && !p.eof && !p.broken && !p.slip.on
			}},
			{at: atWakeByHand, judge: (*Reference).hasRoomForHoard},
		}},
	{name: "output-without-limit", breaks: oracle.UnboundedBuffer, bugs: "I2", scenario: "hostile-peer",
		about:    "takes whatever answers the engine makes while the socket is full",
		mistakes: judged(atArmWrite, (*Reference).hoardOutput)},
	{name: "flood-is-progress", breaks: oracle.BusyLoop, bugs: "I1, I3", scenario: "hostile-peer",
		about: "bounds a turn by handshakes and data in it, of which a flood has none",
		mistakes: []mistake{
			{at: atRoundsOfTurn, count: func(*Reference, int) int { return noBound }},
			{at: atDeliver, judge: func(p *Reference, right bool) bool {
				p.slip.n++
				return right
			}},
			{at: atTakeInput, judge: func(p *Reference, right bool) bool {
				p.slip.n += ordinal(!p.up())
				return right && p.slip.n < model.MaxRounds
			}},
			{at: atArmRead, judge: func(p *Reference, right bool) bool {
				p.slip.on, p.slip.n = p.slip.n >= model.MaxRounds, 0
				return right
			}},
			{at: atWakeByHand, judge: func(p *Reference, _ bool) bool {
				on := p.slip.on
				p.slip.on = false
				return on
			}},
		}},
}

// hoard receives all that there is, and feeds what fits.
func (p *Reference) hoard(right bool) bool {
	if p.env.Transport == model.Attached || p.discards() {
		return right
	}
	for !p.slip.on && !p.dry {
		n, st := p.env.Socket.Recv(p.scratch)
		p.dry = n < len(p.scratch)
		p.slip.held = append(p.slip.held, p.scratch[:n]...)
		p.slip.on, p.slip.n = st == model.EOF || st == model.Reset, int(st)
	}
	if len(p.slip.held) > 0 {
		n := p.env.Engine.Feed(p.slip.held)
		p.slip.held = p.slip.held[n:]
		p.due = p.due || n > 0
	}
	if p.slip.on && len(p.slip.held) == 0 {
		p.ended(model.IOStatus(p.slip.n)) // behind all that came before it
	}
	return false
}

// hasRoomForHoard says whether some of it would fit now.
func (p *Reference) hasRoomForHoard(bool) bool {
	room := p.env.Transport == model.Pair && p.env.Engine.InputRoom() > 0
	if len(p.slip.held) == 0 || !room || p.over || p.dead || p.broken || p.discards() {
		return false
	}
	p.dry = false
	return true
}

// hoardOutput drains the engine behind what the socket has not taken yet.
func (p *Reference) hoardOutput(right bool) bool {
	if p.env.Transport == model.Attached || p.pipe.len() == 0 || p.silent() {
		return right
	}
	if n := p.env.Engine.Drain(p.scratch); n > 0 {
		p.pipe.limit = max(p.pipe.limit, p.pipe.len()+n)
		p.pipe.put(p.scratch[:n], false)
		p.retryStuck() // so that more comes
	}
	return right
}
