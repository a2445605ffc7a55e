package gotls_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/differential"
	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/model"
)

func TestLikeTheModel(t *testing.T)         { differential.GoTLS(gotls.New()).Test(t) }
func TestLikeTheModelProperty(t *testing.T) { differential.GoTLS(gotls.New()).Property(t) }
func FuzzLikeTheModel(f *testing.F)         { differential.GoTLS(gotls.New()).Fuzz(f) }

// TestTraits shows what crypto/tls does differently, call by call. See differential.Traits.
func TestTraits(t *testing.T) {
	in12 := differential.Setting{Certs: true, Record: 16384, Moving: true}
	in13, fixed, attached := in12, in12, in12
	in13.Version = model.TLS13
	fixed.Moving = false
	attached.Transport = model.Attached
	// The second write finds the buffer of 65536 bytes full.
	const full = "shake, server write, server write, "
	differential.GoTLS(gotls.New()).Shows(t, map[string]differential.Show{
		"answer-at-read":        {Test: TestKeyUpdateIsAnsweredAtTheRead},
		"post-handshake-auth":   {Test: TestBadConfigurations},
		"early-data":            {Test: TestBadConfigurations},
		"early-pause":           {Test: TestBadConfigurations},
		"data-in-renegotiation": {Test: TestDataInARenegotiation},
		"alert-after-close": {Setting: in12, Calls: "shake, client write 10, client drain, " +
			"server damage, server shutdown, server drain, server feed, server read"},
		"dead-status": {Setting: in12, Calls: "shake, client write 10, client drain, " +
			"server damage, server feed, server read, server drain, client feed, client read"},
		"renegotiate":           {Setting: in12, Calls: "shake, client renegotiate"},
		"key-update":            {Setting: in13, Calls: "shake, client keyupdate-requested"},
		"silent-eof":            {Setting: attached, Calls: "shake, client fin, client read"},
		"shorter-retry":         {Setting: in12, Calls: full + "server write-shorter 1"},
		"moved-retry":           {Setting: fixed, Calls: full + "server write-moved 0"},
		"shutdown-behind-write": {Setting: in12, Calls: full + "server shutdown"},
		"shutdown-meets-data": {Setting: in12, Calls: "shake, client write 10, client drain, " +
			"server feed, server shutdown, server shutdown"},
		"error-queue": {Setting: in12, Calls: "shake, client keyupdate-requested, client read"},
	})
}
