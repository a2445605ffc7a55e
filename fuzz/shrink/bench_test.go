package shrink_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// BenchmarkShrink shrinks failures of the default hunt's pump, one after the other, from
// workloads of hundreds of actions.
func BenchmarkShrink(b *testing.B) {
	spec := pumps.Named("kv-original")
	for _, id := range []oracle.PropertyID{oracle.BusyLoop, oracle.Stall, oracle.DataLoss,
		oracle.SpuriousFailure} {
		b.Run(id.String(), func(b *testing.B) {
			q := quarry{options: run.Options{Pump: &spec}, property: id}
			var all []script.Script
			q.caught(b, 20, func(_ *run.Runner, s *script.Script) { all = append(all, *s) })
			r := fuzztest.Runner(b, spec)
			runs, actions, n := 0, 0, 0
			for b.Loop() {
				s := all[n%len(all)]
				st := shrunk(b, r, &s)
				runs, actions, n = runs+st.Runs, actions+st.After, n+1
			}
			b.ReportMetric(float64(runs)/b.Elapsed().Seconds(), "runs/s")
			b.ReportMetric(float64(runs)/float64(n), "runs/shrink")
			b.ReportMetric(float64(actions)/float64(n), "actions")
		})
	}
}
