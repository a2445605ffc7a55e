package openssl_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/differential"
	"github.com/wantwrite/wantwrite/model"
)

func TestLikeTheModel(t *testing.T)           { differential.OpenSSL(need(t)).Test(t) }
func TestEarlyDataLikeTheModel(t *testing.T)  { differential.OpenSSL(need(t)).TestEarly(t) }
func TestFullOutputLikeTheModel(t *testing.T) { differential.OpenSSL(need(t)).TestFull(t) }
func TestLikeTheModelProperty(t *testing.T)   { differential.OpenSSL(need(t)).Property(t) }
func FuzzLikeTheModel(f *testing.F)           { differential.OpenSSL(need(f)).Fuzz(f) }

// TestTraits shows what OpenSSL does differently, call by call. See differential.Traits.
func TestTraits(t *testing.T) {
	narrow := differential.Setting{In: 4096, Out: 2000, Record: 16384, Moving: true}
	refusing, early := narrow, narrow
	refusing.Out, refusing.Refuse, refusing.Refuser = 300, true, model.Server
	early.Version, early.Resume, early.Early = model.TLS13, true, 100
	differential.OpenSSL(need(t)).Shows(t, map[string]differential.Show{
		"dies-blocked": {Setting: narrow, Calls: "shake, server write 4000, " +
			"client renegotiate, client drain, server feed, server read"},
		"early-pause": {Setting: early, Calls: "client write-early 100, client drain, " +
			"server feed, server read 0, server drain, client feed-record, client read 0, " +
			"client feed, client handshake"},
		// 290 of 300 bytes are taken, and an alert is 31 long.
		"loses-alerts": {Setting: refusing, Calls: "shake, server write 261, " +
			"client renegotiate, client drain, server feed, server read"},
	})
}
