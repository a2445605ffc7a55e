package openssl_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/differential"
	"github.com/wantwrite/wantwrite/model"
)

func TestLikeTheModel(t *testing.T) {
	differential.Test(t, differential.OpenSSL(need(t)))
}

func TestLikeTheModelProperty(t *testing.T) {
	differential.Property(t, differential.OpenSSL(need(t)))
}

func FuzzLikeTheModel(f *testing.F) {
	differential.Fuzz(f, differential.OpenSSL(need(f)))
}

func TestEarlyDataLikeTheModel(t *testing.T) {
	differential.TestEarly(t, differential.OpenSSL(need(t)))
}

func TestFullOutputLikeTheModel(t *testing.T) {
	differential.TestFull(t, differential.OpenSSL(need(t)))
}

// What OpenSSL does to itself, call by call. See differential.Traits.
func TestTraits(t *testing.T) {
	const all = 1 << 15
	c, s := model.Client, model.Server
	narrow := differential.Setting{In: 4096, Out: 2000, Record: 16384, Moving: true}
	refusing := narrow
	refusing.Out, refusing.Refuse, refusing.Refuser = 300, true, s
	early := narrow
	early.Version, early.Resume, early.Early = model.TLS13, true, 100
	blocked := append(differential.Shake(), differential.Call{Op: differential.Write, On: s, N: 4000})
	differential.Shows(t, differential.OpenSSL(need(t)),
		func(t differential.Trait) string { return t.OpenSSL },
		map[string]differential.Show{
			"dies-blocked": {Setting: narrow, Calls: append(blocked,
				differential.Call{Op: differential.Renegotiate, On: c},
				differential.Call{Op: differential.Drain, On: c, N: all},
				differential.Call{Op: differential.Feed, On: s, N: all},
				differential.Call{Op: differential.Read, On: s, N: all})},
			"early-pause": {Setting: early, Calls: []differential.Call{
				{Op: differential.WriteEarly, On: c, N: 100}, {Op: differential.Drain, On: c, N: all},
				{Op: differential.Feed, On: s, N: all}, {Op: differential.Read, On: s},
				{Op: differential.Drain, On: s, N: all}, {Op: differential.FeedRecord, On: c},
				{Op: differential.Read, On: c}, {Op: differential.Feed, On: c, N: all},
				{Op: differential.Handshake, On: c}}},
			// 290 of 300 bytes are taken, and an alert is 31 long.
			"loses-alerts": {Setting: refusing, Calls: append(differential.Shake(),
				differential.Call{Op: differential.Write, On: s, N: 261},
				differential.Call{Op: differential.Renegotiate, On: c},
				differential.Call{Op: differential.Drain, On: c, N: all},
				differential.Call{Op: differential.Feed, On: s, N: all},
				differential.Call{Op: differential.Read, On: s, N: all})},
		})
}
