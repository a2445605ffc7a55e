package openssl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// TestKeyLog: both ends log the same secrets, one line a time, for each
// handshake; and they, or that nobody wants them, change no byte on the wire.
func TestKeyLog(t *testing.T) {
	need(t)
	for v, labels := range map[model.Version][]string{
		model.TLS12: {"CLIENT_RANDOM"},
		model.TLS13: {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
			"SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"},
	} {
		t.Run(v.String(), func(t *testing.T) {
			var logs [2][]string
			var sums []string
			for _, wanted := range []bool{false, true, false} {
				cfgs := [2]model.EngineConfig{base(v), base(v)}
				for i := range cfgs {
					if wanted {
						cfgs[i].KeyLog = func(line string) { logs[i] = append(logs[i], line) }
					}
				}
				t.Run("", func(t *testing.T) {
					l := openEach(t, cfgs)
					l.handshake(1 << 16)
					sums = append(sums, l.sum())
				})
			}
			if len(sums) != 3 {
				t.Fatalf("got %d runs; want three", len(sums))
			}
			if sums[0] != sums[1] || sums[1] != sums[2] {
				t.Errorf("got wires %v; want one", sums)
			}
			for i := range logs {
				slices.Sort(logs[i])
			}
			if !slices.Equal(logs[0], logs[1]) {
				t.Errorf("the client logs %q, the server %q", logs[0], logs[1])
			}
			for _, label := range labels {
				n := 0
				for _, line := range logs[0] {
					if fields := strings.Fields(line); len(fields) == 3 && fields[0] == label {
						n++
					}
				}
				if n != 1 {
					t.Errorf("got %d lines of %s in %q; want 1", n, label, logs[0])
				}
			}
		})
	}
}
