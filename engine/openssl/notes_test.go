package openssl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

// sentences are the notes of a link, with the length of application data.
func sentences(l *linktest.Link) (lines []string) {
	for _, n := range l.Notes {
		line := n.String()
		if n.Message == "application data" {
			line += fmt.Sprint(" ", n.Bytes)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestNotesOfTLS12(t *testing.T) {
	client, server := refusing()
	l := noted(t, client, server)
	l.Say(model.Client, "hello")
	l.Client().Renegotiate()
	l.Settle()
	l.Read(model.Server)
	l.Settle()
	l.Read(model.Client)
	want := []string{
		"client sent ClientHello", "server got ClientHello",
		"server sent ServerHello", "server sent ServerHelloDone",
		"client got ServerHello", "client got ServerHelloDone",
		"client sent ClientKeyExchange", "client sent Finished",
		"server got ClientKeyExchange", "server got Finished", "server sent Finished",
		"client got Finished",
		"client sent application data 5", "server got application data 5",
		"client sent ClientHello", "server got ClientHello",
		"server sent alert no_renegotiation", "client got alert no_renegotiation",
		"client sent alert handshake_failure",
	}
	if diff := cmp.Diff(want, sentences(l)); diff != "" {
		t.Errorf("the notes differ (-want +got):\n%s", diff)
	}
}

func TestNotesOfTLS13(t *testing.T) {
	l := noted(t, config(model.TLS13), config(model.TLS13))
	l.Client().KeyUpdate(true)
	l.Settle()
	l.Read(model.Server)
	l.Say(model.Server, "hello")
	l.Server().Shutdown()
	l.Settle()
	l.Read(model.Client)
	want := []string{
		"client sent ClientHello", "server got ClientHello",
		"server sent ServerHello", "server sent EncryptedExtensions", "server sent Finished",
		"client got ServerHello", "client got EncryptedExtensions", "client got Finished",
		"client sent Finished", "server got Finished",
		"client sent KeyUpdate", "server got KeyUpdate", "server sent KeyUpdate",
		"server sent application data 5",
		"client got KeyUpdate", "client got application data 5",
		"server sent alert close_notify", "client got alert close_notify",
	}
	if diff := cmp.Diff(want, sentences(l)); diff != "" {
		t.Errorf("the notes differ (-want +got):\n%s", diff)
	}
}

// With a PSK a server sends one ticket at most.
func TestTickets(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			cfg := config(model.TLS13)
			cfg.Tickets = n
			l := noted(t, cfg, cfg)
			sent := l.Count(model.Server, true, "NewSessionTicket")
			if sent != min(n, 1) {
				t.Errorf("%d tickets were asked for, %d sent; want %d", n, sent, min(n, 1))
			}
		})
	}
}

// TestKeyLog: both ends log the same secrets of each handshake, a line at a time. The log changes
// no byte on the wire.
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
				cfgs := [2]model.EngineConfig{config(v), config(v)}
				for i := range cfgs {
					if wanted {
						cfgs[i].KeyLog = func(line string) { logs[i] = append(logs[i], line) }
					}
				}
				t.Run("", func(t *testing.T) {
					l := openEach(t, cfgs[0], cfgs[1])
					l.Shake()
					sums = append(sums, l.Sum())
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
