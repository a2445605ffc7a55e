package puppet_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/model"
)

// libraries are those of victims, and the ways in which a puppet can shake hands with each.
var libraries = []struct {
	name string
	load func(testing.TB) model.Library
	ways []way
}{
	{"puppet", func(testing.TB) model.Library { return puppet.New() }, everyWay},
	{"openssl", need, everyWay},
	{"gotls", goTLS, []way{resumed, both}},
}

// A way is how the ends shake hands: by the PSK or by a session, and with or without a
// HelloRetryRequest.
type way struct{ resume, retry bool }

var resumed, retried, both = way{resume: true}, way{retry: true}, way{true, true}

var everyWay = []way{{}, resumed, retried, both}

// TestHandshakes: the puppet shakes hands with each library, at either end and in all ways. Data
// go both ways, and both ends close.
func TestHandshakes(t *testing.T) {
	for _, lib := range libraries {
		t.Run(lib.name, func(t *testing.T) {
			roles(t, func(t *testing.T, v model.Version, r model.Role) {
				for _, w := range lib.ways {
					cfg := config(v)
					cfg.Resume, cfg.Retry = w.resume, w.retry
					l := open(t, lib.load(t), r, cfg).shaken()
					l.Say(model.Client, "request")
					l.Say(model.Server, "response")
					l.close(r)
				}
			})
		})
	}
}

// close has one end close, and the other answer.
func (l *link) close(r model.Role) {
	l.t.Helper()
	if st := l.Ends[r].Shutdown(); st != model.WantRead {
		l.t.Errorf("the first Shutdown said %v (%v); want want-read", st, l.Ends[r].Err())
	}
	l.Settle()
	if _, st := l.Read(r.Peer()); st != model.Closed {
		l.t.Errorf("the other end reads %v; want closed", st)
	}
	if st := l.Ends[r.Peer()].Shutdown(); st != model.OK {
		l.t.Errorf("its Shutdown says %v; want ok", st)
	}
	l.Settle()
	if st := l.Ends[r].Shutdown(); st != model.OK {
		l.t.Errorf("the last Shutdown says %v; want ok", st)
	}
}
