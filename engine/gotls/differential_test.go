package gotls_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/differential"
	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/model"
)

func TestLikeTheModel(t *testing.T) {
	differential.Test(t, differential.GoTLS(gotls.New()))
}

func TestLikeTheModelProperty(t *testing.T) {
	differential.Property(t, differential.GoTLS(gotls.New()))
}

func FuzzLikeTheModel(f *testing.F) {
	differential.Fuzz(f, differential.GoTLS(gotls.New()))
}

// What crypto/tls does in its own way, call by call. See differential.Traits.
func TestTraits(t *testing.T) {
	const all = 1 << 15
	c, s := model.Client, model.Server
	call := func(op differential.Op, on model.Role, n int) differential.Call {
		return differential.Call{Op: op, On: on, N: n}
	}
	in12 := differential.Setting{Certs: true, Record: 16384, Moving: true}
	in13 := in12
	in13.Version = model.TLS13
	fixed, socket := in12, in12
	fixed.Moving, socket.Transport = false, model.Attached
	up := func(more ...differential.Call) []differential.Call {
		return append(differential.Shake(), more...)
	}
	full := func(more ...differential.Call) []differential.Call {
		// The second one finds the buffer of 65536 bytes full.
		return up(append([]differential.Call{call(differential.Write, s, all),
			call(differential.Write, s, all)}, more...)...)
	}
	differential.Shows(t, differential.GoTLS(gotls.New()),
		func(t differential.Trait) string { return t.GoTLS },
		map[string]differential.Show{
			"answer-at-read":        {Test: TestKeyUpdateIsAnsweredAtTheRead},
			"post-handshake-auth":   {Test: TestBadConfigurations},
			"early-data":            {Test: TestBadConfigurations},
			"early-pause":           {Test: TestBadConfigurations},
			"data-in-renegotiation": {Test: TestDataInARenegotiation},
			"alert-after-close": {Setting: in12, Calls: up(call(differential.Write, c, 10),
				call(differential.Drain, c, all), call(differential.Damage, s, 0),
				call(differential.Shutdown, s, 0), call(differential.Drain, s, all),
				call(differential.Feed, s, all), call(differential.Read, s, all))},
			"dead-status": {Setting: in12, Calls: up(call(differential.Write, c, 10),
				call(differential.Drain, c, all), call(differential.Damage, s, 0),
				call(differential.Feed, s, all), call(differential.Read, s, all),
				call(differential.Drain, s, all), call(differential.Feed, c, all),
				call(differential.Read, c, all))},
			"renegotiate": {Setting: in12, Calls: up(call(differential.Renegotiate, c, 0))},
			"key-update":  {Setting: in13, Calls: up(call(differential.Ask, c, 0))},
			"silent-eof": {Setting: socket, Calls: up(call(differential.Fin, c, 0),
				call(differential.Read, c, all))},
			"shorter-retry":         {Setting: in12, Calls: full(call(differential.Shorter, s, 1))},
			"moved-retry":           {Setting: fixed, Calls: full(call(differential.Moved, s, 0))},
			"shutdown-behind-write": {Setting: in12, Calls: full(call(differential.Shutdown, s, 0))},
			"shutdown-meets-data": {Setting: in12, Calls: up(call(differential.Write, c, 10),
				call(differential.Drain, c, all), call(differential.Feed, s, all),
				call(differential.Shutdown, s, 0), call(differential.Shutdown, s, 0))},
			"error-queue": {Setting: in12, Calls: up(call(differential.Ask, c, 0),
				call(differential.Read, c, all))},
		})
}
