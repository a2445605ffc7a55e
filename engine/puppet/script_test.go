package puppet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// stories are runs that once failed, by the number of the story at the line that prevents it now.
var stories = []struct {
	number             int
	engine, under, tls string
	transport, trigger string
	traits             string
	queue, link        string // sizes, and those of the link
	actions            string
}{
	{51, "openssl", "server", "1.3", "attached", "level",
		"hostile", "8192", "flight=16384 window=16384", `
attack client interleave
attack client deaf`},
	{52, "gotls", "client", "1.2", "attached", "level",
		"resume hostile", "16", "flight=256 window=16384", `
write client 64 0
deliver server all
poll client
deliver server all
poll server
deliver client all
pause client
attack server hello-requests 1`},
	{52, "gotls", "client", "1.2", "attached", "edge",
		"resume hostile", "8", "flight=1024 window=16384", `
write client 256 0
deliver server all
poll server
deliver client all
poll client
deliver server all
attack server hello-requests 2`},
	{53, "openssl", "client", "1.3", "pair", "level",
		"hostile", "16", "flight=1024 window=1024", `
poll client
deliver server all
poll server
write client 1024 0
attack server close
attack server deaf`},
	{54, "gotls", "client", "1.3", "pair", "level",
		"resume hostile", "8192", "flight=16384 window=16384", `
write server 0 0
write server 0 0
write server 0 0
spurious client read
deliver server all
poll server
deliver client all
poll client
deliver server all
poll server
write server 0 0
shut client
attack server key-updates 1`},
}

const storyHeader = `wantwrite script 1
pump: reference
peer: reference
engine: %s
peer-engine: puppet
scenario: hostile-peer
under: %s
tls: %s
transport: %s
trigger: %s
links: 1
seed: 0x1
traits: %s
sizes: bio=8192 pipe=8192 queue=%s chunk=8192 %s record=16384 ` +
	`hello=16384 chain=0 client-chain=0 tickets=0 linger=16
%s
`

// TestStories replays the stories, and nothing is found any more.
func TestStories(t *testing.T) {
	for _, s := range stories {
		t.Run(fmt.Sprint(s.number), func(t *testing.T) {
			text := fmt.Sprintf(storyHeader, s.engine, s.under, s.tls, s.transport, s.trigger, s.traits,
				s.queue, s.link, s.actions)
			out := replay(t, s.engine, text)
			if out.Result.Found {
				t.Errorf("%v", out.Result.Violation)
			}
			again := replay(t, s.engine, text)
			if again.Result.Hash != out.Result.Hash {
				t.Errorf("a second run differs: %016x and %016x", out.Result.Hash, again.Result.Hash)
			}
		})
	}
}

// TestEarlyEnds: when an attacker ends the link in mid-handshake, with a close_notify or without
// a word, the victim's app is told which it was, with either transport.
func TestEarlyEnds(t *testing.T) {
	for attack, want := range map[string]model.Cause{"end": model.Truncated, "close": model.Fault} {
		for _, transport := range []string{"pair", "attached"} {
			for _, lib := range []string{"openssl", "gotls"} {
				text := fmt.Sprintf(storyHeader, lib, "client", "1.3", transport, "level",
					"resume hostile", "8192", "flight=16384 window=16384", "\npoll client\n"+
						"deliver server all\nattack server "+attack)
				out := replay(t, lib, text)
				victim := out.Accounts[0]
				if out.Result.Found || !victim.Told || victim.Why != want || !victim.Gone {
					t.Errorf("%s, %s, %s: found %v; told %t of %v, gone %t; want it told of %v", attack,
						transport, lib, out.Result.Violation, victim.Told, victim.Why, victim.Gone, want)
				}
			}
		}
	}
}

// replay runs a script with new libraries.
func replay(t *testing.T, engine, text string) run.Outcome {
	t.Helper()
	c := run.NewCatalog()
	for _, lib := range libraries[1:] {
		if lib.name == engine {
			c.AddEngine(lib.load(t), func() (model.Library, error) { return lib.load(t), nil })
		}
	}
	c.AddEngine(puppet.New(), func() (model.Library, error) { return puppet.New(), nil })
	s, err := script.Parse(strings.NewReader(text), "story")
	if err != nil {
		t.Fatal(err)
	}
	spec := pumps.ReferenceSpec()
	r, err := run.NewRunner(c, run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out, err := run.Replay(r, s, run.ReplayOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWorlds: an error of one line says which worlds a puppet can't be in.
func TestWorlds(t *testing.T) {
	c := run.NewCatalog()
	for _, lib := range []model.Library{(*openssl.Library)(nil), gotls.New(), puppet.New()} {
		c.AddEngine(lib, func() (model.Library, error) { return lib, nil })
	}
	good := script.Config{Pump: "reference", Peer: "reference", Engine: "openssl",
		PeerEngine: "puppet", Version: model.TLS13}
	if _, err := c.Parts(&good); err != nil {
		t.Errorf("a PSK with OpenSSL: %v", err)
	}
	for want, change := range map[string]func(*script.Config){
		"want it at the other end": func(c *script.Config) { c.Engine = "puppet" },
		"the model at both ends":   func(c *script.Config) { c.Engine = "model" },
		"has no certificates":      func(c *script.Config) { c.Sizes.Chain = 500 },
		"without trait resume":     func(c *script.Config) { c.Engine = "gotls" },
		"which can attack":         func(c *script.Config) { c.PeerEngine, c.Hostile = "openssl", true },
	} {
		cfg := good
		change(&cfg)
		if _, err := c.Parts(&cfg); err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v; want a line with %q", err, want)
		}
	}
}
