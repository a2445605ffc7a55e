package atread

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/differential"
	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

// TestAnswersAtRead: the Read of a KeyUpdate that asks for one makes output.
func TestAnswersAtRead(t *testing.T) {
	side := linktest.Side{Library: New(), Config: linktest.Config(model.TLS13, 4096)}
	l := linktest.Open(t, side, side).Shake()
	server := l.Server()
	l.Want("KeyUpdate", l.Client().KeyUpdate(true), model.OK)
	l.Move(model.Client)
	l.ReadSays(model.Server, model.WantRead)
	if server.OutputPending() == 0 || server.Deferred() {
		t.Errorf("got %d bytes of output, deferred %t; want the answer", server.OutputPending(),
			server.Deferred())
	}
}

// TestLikeTheModel: nothing else differs.
func TestLikeTheModel(t *testing.T) { differential.AtRead(New()).Test(t) }
