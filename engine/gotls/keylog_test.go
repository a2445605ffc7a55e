package gotls_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// TestKeyLog: each end logs the secrets, without newlines, and that changes no
// byte on the wire.
func TestKeyLog(t *testing.T) {
	for v, label := range map[model.Version]string{
		model.TLS12: "CLIENT_RANDOM ", model.TLS13: "SERVER_TRAFFIC_SECRET_0 ",
	} {
		cfg := base(v)
		want := opened(t, cfg).sum()
		n := 0
		cfg.KeyLog = func(line string) {
			if strings.Contains(line, "\n") || len(strings.Fields(line)) != 3 {
				t.Errorf("got line %q; want a label and two numbers", line)
			}
			if strings.HasPrefix(line, label) {
				n++
			}
		}
		if got := opened(t, cfg).sum(); got != want {
			t.Errorf("%s: got wire %s; want %s as without a log", v, got, want)
		}
		if n != 2 {
			t.Errorf("%s: got %d lines of %q; want one of each end", v, n, label)
		}
	}
}
