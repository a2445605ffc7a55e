package differential

import "github.com/wantwrite/wantwrite/model"

// A choice draws a number from 0 to n-1. label says what it is for.
type choice func(n int, label string) int

// odds are the weights of the ops. Most calls are those of an ordinary pump, so that sequences get
// somewhere. The others are those of a bad pump.
var odds = [numOps]int{opHandshake: 10, opShutdown: 2, opRenegotiate: 4, opClearErrors: 4,
	opAuthenticate: 3, opAsk: 3, opUpdate: 2, opRead: 24, opWrite: 16, opMoved: 2, opShorter: 1,
	opWriteEarly: 4, opReadEarly: 4, opDrain: 24, opFeed: 20, opFeedRecord: 8, opDamage: 1, opFin: 1}

var totalOdds = func() (sum int) {
	for _, n := range odds {
		sum += n
	}
	return sum
}()

// drawSequence draws a setting and 50 to 200 calls. adapt may change the setting.
func drawSequence(draw choice, adapt func(*Setting)) (Setting, []call) {
	s := drawSetting(draw)
	if adapt != nil {
		adapt(&s)
	}
	calls := make([]call, 50+draw(151, "calls"))
	for i := range calls {
		calls[i] = drawCall(draw)
	}
	return s, calls
}

// drawEarly draws a link whose client may send early data, which ordinary sequences seldom do. Each
// call may come in the middle of the early data. In half of the sequences only the client's output
// is slow.
func drawEarly(draw choice, _ func(*Setting)) (Setting, []call) {
	s := Setting{Version: model.TLS13, Transport: model.Transport(draw(2, "transport")),
		In: 1 << 14, Out: 1 << 16, Moving: true, Resume: true, Tickets: draw(2, "tickets"),
		Retry: draw(4, "retry") == 0, Partial: draw(2, "partial writes") == 0,
		PostAuth: draw(2, "post-handshake authentication") == 0,
		Record:   []int{512, 700, 4074, 4075, 5000, 16384}[draw(6, "record")],
		Early:    []int{1 << 17, 20000, 700, 1}[draw(4, "early data")]}
	ops := []op{opWriteEarly, opReadEarly, opRead, opWrite, opHandshake, opDrain, opFeed,
		opFeedRecord, opClearErrors, opAsk}
	if draw(2, "slow") == 0 {
		s.Out, s.Early = 1+draw(1<<14, "room"), 1<<17
		ops = []op{opWriteEarly, opDrain, opFeed}
	}
	calls := make([]call, 100)
	for i := range calls {
		c, most := call{op: ops[draw(len(ops), "op")], on: model.Role(draw(2, "end"))}, 1<<14
		switch {
		case draw(60, "end of the stream") == 0:
			c.op = opFin
		case c.op == opWriteEarly:
			most = min(s.Early+1, most)
		}
		c.n = draw(most, "bytes")
		calls[i] = c
	}
	return s, calls
}

// drawFull draws a link that is up. Many of its calls find the output full except for a few bytes,
// so an alert, an answer or a record leaves in part.
func drawFull(draw choice, _ func(*Setting)) (Setting, []call) {
	s := Setting{Version: model.Version(draw(2, "version")),
		Transport: model.Transport(draw(2, "transport")), In: 1 << 14, Out: 1500 + draw(3000, "room"),
		Record: []int{512, 700, 16384}[draw(3, "record")], Tickets: draw(2, "tickets"),
		Partial: draw(2, "partial writes") == 0, Moving: draw(4, "moving buffer") > 0,
		Resume: draw(3, "resume") == 0, Refuser: model.Role(draw(2, "refuser"))}
	s.Refuse = s.Version == model.TLS12 && draw(2, "refuse") == 0
	s.PostAuth = s.Version == model.TLS13 && draw(2, "post-handshake authentication") == 0
	calls := shake()
	for range 40 {
		c := drawCall(draw)
		switch {
		case c.op == opWriteEarly || c.op == opReadEarly:
			continue
		case c.op == opWrite:
			c.n = []int{s.Out - draw(90, "bytes"), draw(600, "bytes"), 2 * s.Out}[draw(3, "size")]
		case (c.op == opDrain || c.op == opFeed) && draw(4, "size") == 0:
			c.n = draw(40, "bytes")
		}
		calls = append(calls, c)
	}
	return s, calls
}

// drawSetting draws a setting.
func drawSetting(draw choice) (s Setting) {
	s.Version = model.Version(draw(2, "version"))
	s.Transport = model.Transport(draw(2, "transport"))
	s.Certs = draw(8, "certs") == 0
	s.Mutual = draw(2, "mutual") == 0
	s.In, s.Out = drawBuffer(draw), drawBuffer(draw)
	s.Record = []int{512, 513, 1000, 4096, 16384}[draw(5, "record")]
	s.Tickets = draw(2, "tickets")
	s.Partial = draw(2, "partial writes") == 0
	s.Moving = draw(2, "moving buffer") == 0
	s.Refuse = s.Version == model.TLS12 && draw(3, "refuse") == 0
	s.Refuser = model.Role(draw(2, "refuser"))
	s.Retry = s.Version == model.TLS13 && draw(4, "retry") == 0
	s.Resume = draw(4, "resume") == 0
	s.PostAuth = s.Version == model.TLS13 && draw(2, "post-handshake authentication") == 0
	if s.Version == model.TLS13 && s.Resume {
		s.Early = []int{0, 1, 700, 20000, 1 << 17}[draw(5, "early data")]
	}
	return s
}

// drawBuffer draws the size of a buffer, at least 1 byte.
func drawBuffer(draw choice) int {
	switch draw(6, "buffer") {
	case 0:
		return 1 + draw(16, "bytes")
	case 1:
		return 16 + draw(240, "bytes")
	case 2, 3:
		return 256 + draw(2048, "bytes")
	case 4:
		return 8192
	}
	return 1 << 16
}

// drawCall draws a call.
func drawCall(draw choice) (c call) {
	at := draw(totalOdds, "op")
	for at >= odds[c.op] {
		at -= odds[c.op]
		c.op++
	}
	c.on = model.Role(draw(2, "end"))
	switch c.op {
	case opRead, opWrite, opWriteEarly, opReadEarly, opDrain, opFeed:
		c.n = drawSize(draw)
	case opShorter:
		c.n = 1 + draw(64, "bytes")
	}
	return c
}

// drawSize draws a number of bytes. Half of the time it is all bytes, and often it is 0 or 1, where
// libraries differ.
func drawSize(draw choice) int {
	switch draw(8, "size") {
	case 0:
		return draw(2, "bytes")
	case 1:
		return draw(40, "bytes")
	case 2, 3:
		return draw(1200, "bytes")
	}
	return all
}
