package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model/attack"
)

// A hunt with a puppet at the other end of crypto/tls finds what is wrong with a
// pump, and what it saves replays: the attack is a line of it.
func TestHuntAgainstAPuppet(t *testing.T) {
	t.Chdir(t.TempDir())
	engines := []string{"--engine", "gotls", "--peer-engine", "puppet"}
	o := objects(t, want(t, exitViolation, append([]string{"hunt", "--json", "--first", "--schedules",
		"3000", "--scenario", "hostile-peer"}, engines...)...))
	script := o[0]["script"].(string)
	tells(t, read(t, script), "engine: gotls\n", "peer-engine: puppet\n")
	tells(t, want(t, exitViolation, "replay", script), "(as saved)")
	want(t, exitClean, append([]string{"hunt", "--pump", "reference", "--schedules", "100"},
		engines...)...)
}

// attacked is a script in which a puppet attacks a server of crypto/tls.
const attacked = `wantwrite script 1
pump: reference
peer: reference
engine: gotls
peer-engine: puppet
scenario: hostile-peer
under: server
tls: 1.3
transport: attached
trigger: level
links: 1
seed: 0x1
traits: resume hostile
sizes: bio=8192 pipe=8192 queue=8192 chunk=8192 flight=16384 window=16384 record=16384 ` +
	`hello=16384 chain=0 client-chain=0 tickets=0 linger=16

attack client split 1
attack client empties 100
`

// A script with an attack is shown with it, and one whose engine can't attack is
// refused before it runs.
func TestScriptOfAnAttack(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("attacked.script", []byte(attacked), 0o644); err != nil {
		t.Fatal(err)
	}
	tells(t, want(t, exitClean, "show", "attacked.script"), "attack client split 1",
		"produces application data (0 bytes)", "told: fault")
	refused(t, command("replay", "--peer-engine", "gotls", "attacked.script"),
		`got trait hostile and peer-engine "gotls"; want model or puppet`)
	refused(t, command("replay", "--engine", "puppet", "--peer-engine", "puppet",
		"attacked.script"), "want it at the other end")
}

// list has the puppet, and a script's word for each attack.
func TestListTellsOfAttacks(t *testing.T) {
	out := want(t, exitClean, "list")
	tells(t, out, "puppet", "hostile-peer")
	for a := range attack.Count {
		tells(t, out, "\n  "+a.String()+" ")
	}
}

// What makes no sense with a puppet is told in a line.
func TestPuppetWhereItCannotBe(t *testing.T) {
	t.Chdir(t.TempDir())
	const on = "hunt --engine gotls --peer-engine puppet "
	for line, words := range map[string]string{
		"hunt --engine puppet":                 `engine "puppet" under the pump under test; want it at`,
		"hunt --peer-engine puppet":            "want the model at both ends or at none",
		"hunt --confirm puppet":                "got --confirm puppet; want a library that others use",
		on + "--profile mutual":                "has no certificates; want psk",
		on + "--scenario early-data":           "scenario early-data needs early data, which engine gotls does not have",
		on + "--scenario key-update --tls 1.2": "scenario key-update is about TLS 1.3 only",
	} {
		refused(t, command(strings.Fields(line)...), words)
	}
}
