package check

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
)

func TestSpeed(t *testing.T) {
	max, _ := strconv.Atoi(os.Getenv("STATES"))
	if max == 0 {
		t.Skip()
	}
	b := Bounds{Deliver: []uint32{sim.OneByte, sim.Part, sim.Record, sim.All}}
	b.Budget[0][sim.Write], b.Budget[0][sim.Renegotiate] = 2, 1
	b.Budget[1][sim.Write], b.Budget[1][sim.Renegotiate] = 1, 1
	b.Writes[0] = [][2]uint32{{10, 10}, {100, 0}}
	b.Writes[1] = [][2]uint32{{10, 0}}
	s := Search{Configs: []sim.Config{small("reference", 1)}, Parts: partsOf(model.ReferenceSpec()), Bounds: b, States: uint64(max)}
	s.Unreduced = os.Getenv("UNRED") != ""
	s.Workers, _ = strconv.Atoi(os.Getenv("WORKERS"))
	start := time.Now()
	rep, err := s.Run(context.Background())
	el := time.Since(start)
	t.Log(rep.Stop, rep.States, rep.Transitions, rep.Healed, rep.Depth, rep.Memory, err, el, float64(rep.States)/el.Seconds(), float64(rep.Memory)/float64(rep.Largest))
	if c := rep.Counterexample; c != nil {
		t.Log(c.Actions, c.Finding)
	}
}
