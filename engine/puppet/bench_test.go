package puppet_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/model"
)

// BenchmarkForeign makes both ends of a link that share nothing, shakes hands and frees them. The
// server is OpenSSL, as most programs are.
func BenchmarkForeign(b *testing.B) {
	server := need(b)
	for _, client := range []model.Library{puppet.New(), server, goTLS(b)} {
		for _, v := range []model.Version{model.TLS12, model.TLS13} {
			b.Run(client.Name()+"/tls="+v.String(), func(b *testing.B) {
				b.ReportAllocs()
				client.Begin(1)
				defer client.End()
				server.Begin(1)
				defer server.End()
				ours, theirs := strange(v, 0), strange(v, 500)
				for b.Loop() {
					l := linktest.Pair(b, linktest.Side{Library: client, Config: ours},
						linktest.Side{Library: server, Config: theirs})
					l.Shake()
					l.Free()
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "handshakes/s")
			})
		}
	}
}
