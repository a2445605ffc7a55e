package tls

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/wantwrite/wantwrite/model"
)

// TestTLSTraces replays testdata: two engines, call by call. The verbs:
//
//	new       make both ends; arguments are the configuration
//	shake     handshake and move until both are up, in silence
//	move END [n=N]   carry at most n bytes from END's buffer to its peer
//	handshake, read, write, shutdown, renegotiate, keyupdate, authenticate END
//	write-early, read-early END
//	clear END        empty END's error queue
//
// A call shows its answer, the messages that it absorbed (<) and sent (>), and
// where bytes are afterwards.
func TestTLSTraces(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var p *link
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "new":
				p = newTracedLink(t, d)
				return ""
			case "shake":
				p.Shake()
				p.Notes = nil
				return ""
			}
			return p.verb(t, d)
		})
	})
}

// newTracedLink reads a configuration.
func newTracedLink(t *testing.T, d *datadriven.TestData) *link {
	version, policy := "1.2", "allow"
	cfg := config(model.TLS12)
	d.MaybeScanArgs(t, "tls", &version)
	d.MaybeScanArgs(t, "in", &cfg.In)
	d.MaybeScanArgs(t, "out", &cfg.Out)
	d.MaybeScanArgs(t, "chain", &cfg.ServerChain)
	d.MaybeScanArgs(t, "client-chain", &cfg.ClientChain)
	d.MaybeScanArgs(t, "auth", &cfg.ClientAuth)
	d.MaybeScanArgs(t, "retry", &cfg.Retry)
	d.MaybeScanArgs(t, "resume", &cfg.Resume)
	d.MaybeScanArgs(t, "early", &cfg.EarlyData)
	d.MaybeScanArgs(t, "post-auth", &cfg.PostAuth)
	d.MaybeScanArgs(t, "tickets", &cfg.Tickets)
	d.MaybeScanArgs(t, "record", &cfg.MaxRecord)
	d.MaybeScanArgs(t, "hello", &cfg.HandshakeRecord)
	d.MaybeScanArgs(t, "at-read", &cfg.Traits.AnswerAtRead)
	d.MaybeScanArgs(t, "soft", &cfg.Traits.RefusalIsWarning)
	d.MaybeScanArgs(t, "reneg", &policy)
	if version == "1.3" {
		cfg.Version = model.TLS13
	}
	for i, name := range []string{"allow", "refuse", "ignore"} {
		if name == policy {
			cfg.Traits.Renegotiation = model.RenegPolicy(i)
		}
	}
	p := makeLink(t, cfg, true)
	room := cfg.Out
	d.MaybeScanArgs(t, "server-out", &room)
	p.ends[model.Server].out.Reset(room)
	return p
}

// verb makes one call and shows what came of it.
func (p *link) verb(t *testing.T, d *datadriven.TestData) string {
	if len(d.CmdArgs) == 0 {
		d.Fatalf(t, "%s: which end?", d.Cmd)
	}
	r := model.Client
	if d.CmdArgs[0].Key == "server" {
		r = model.Server
	}
	var out strings.Builder
	p.call(t, d, r, &out)
	for _, n := range p.Notes {
		arrow := "<"
		if n.Sent {
			arrow = ">"
		}
		fmt.Fprintf(&out, "  %s %s (%d)\n", arrow, n.Message, n.Bytes)
	}
	p.Notes = nil
	e := p.ends[r]
	fmt.Fprintf(&out, "%s %s, input %d, output %d, behind it %d", r, e.State(),
		e.in.Len(), e.OutputPending(), e.Unsent())
	for flag, is := range []bool{e.HasPending(), e.Deferred(), p.queues[r].Len() > 0} {
		if is {
			out.WriteString([]string{", bytes inside", ", deferred", ", error queued"}[flag])
		}
	}
	return out.String() + "\n"
}

func (p *link) call(t *testing.T, d *datadriven.TestData, r model.Role, out *strings.Builder) {
	n := 1000
	d.MaybeScanArgs(t, "n", &n)
	e, st := p.ends[r], model.OK
	switch d.Cmd {
	case "move":
		buf := make([]byte, min(n, p.ends[r.Peer()].InputRoom()))
		n = e.Drain(buf)
		p.ends[r.Peer()].Feed(buf[:n])
		fmt.Fprintf(out, "%d bytes\n", n)
		return
	case "clear":
		e.ClearErrors()
		return
	case "read":
		buf := make([]byte, n)
		n, st = e.Read(buf)
		if st == model.OK {
			fmt.Fprintf(out, "%q ", buf[:n])
		}
	case "read-early":
		buf := make([]byte, n)
		n, st = e.ReadEarly(buf)
		fmt.Fprintf(out, "%q ", buf[:n])
	case "write":
		n, st = e.Write([]byte(strings.TrimSuffix(d.Input, "\n")))
		fmt.Fprintf(out, "%d ", n)
	case "write-early":
		n, st = e.WriteEarly([]byte(strings.TrimSuffix(d.Input, "\n")))
		fmt.Fprintf(out, "%d ", n)
	default:
		st = p.simpleCall(t, d, e)
	}
	fmt.Fprintf(out, "%s\n", st)
	if err := e.Err(); err != nil {
		fmt.Fprintf(out, "  %v\n", err)
	}
}

func (p *link) simpleCall(t *testing.T, d *datadriven.TestData, e *TLS) model.Status {
	switch d.Cmd {
	case "handshake":
		return e.Handshake()
	case "shutdown":
		return e.Shutdown()
	case "renegotiate":
		return e.Renegotiate()
	case "keyupdate":
		return e.KeyUpdate(d.HasArg("requested"))
	case "authenticate":
		return e.Authenticate()
	}
	d.Fatalf(t, "no verb %q", d.Cmd)
	return model.Failed
}
