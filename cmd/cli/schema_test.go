package cli

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/wantwrite/wantwrite/engine/require"
)

// validate checks each line of a command's --json against its schema. It counts what the lines are,
// by the names of the schema's definitions.
func validate(t *testing.T, name, text string) (count map[string]int) {
	t.Helper()
	printed, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		t.Fatalf("%s has --json and no schema", name)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(printed))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	whole, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	count = map[string]int{}
	for line := range strings.Lines(text) {
		object, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := whole.Validate(object); err != nil {
			t.Errorf("%s printed\n%s\nwhich is not by its schema: %v", name, line, err)
		}
		for kind := range doc.(map[string]any)["$defs"].(map[string]any) {
			if def, err := c.Compile(name + "#/$defs/" + kind); err != nil {
				t.Error(err)
			} else if def.Validate(object) == nil {
				count[kind]++
			}
		}
	}
	return count
}

// ofComparisons are the kinds of objects of hunt --against, which takes a real program.
var ofComparisons = []string{"difference", "comparison"}

// TestComparison compares memcached with itself, which fails where a handshake does not fit: that is in
// both, and the objects are by their schema.
func TestComparison(t *testing.T) {
	t.Chdir(t.TempDir())
	require.Runs(t, "openssl", "version")
	require.Runs(t, "memcached", "-V")
	path, err := exec.LookPath("memcached")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"hunt", "--program", "memcached", "--against", path, "--scenario", "small-buffers", "--schedules", "20"}
	o := command(args...) // a slow machine prints progress on standard error
	if o.code != exitClean {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
	tells(t, o.out, "stall in both versions", "10 of 10 new processes of the old version fail, and 10 of the new one", "0 new, 0 gone")
	kinds := validate(t, "hunt", command(append(args, "--json")...).out)
	for _, kind := range ofComparisons {
		if kinds[kind] == 0 {
			t.Errorf("got no object of kind %s", kind)
		}
	}
}

// TestSchemas: each command that has --json prints, in some run, each kind of object of its schema,
// and nothing else. A field that no schema has is an error there.
func TestSchemas(t *testing.T) {
	t.Chdir(t.TempDir())
	stalled := stall(t)
	runs := map[string][]string{
		"hunt": {"hunt --schedules 300", "hunt --pump reference --schedules 100 --tls 1.3",
			"hunt --fixed " + stalled, "hunt --pump kv-speculative --fixed " + stalled,
			"hunt --schedules 300 --confirm gotls --first"},
		"check": {"check --pump reference --writes 1 --buffers 1 --scenario request-response",
			"check --scenario idle-renegotiation --property stall --buffers 1",
			"check --pump reference --states 100"},
		"replay":  {"replay " + stalled, "replay --pump reference --loose " + stalled},
		"shrink":  {"shrink " + stalled, "shrink --pump reference -o none.script " + stalled},
		"list":    {"list", "list --traits", "list --decisions"},
		"matrix":  {"matrix --mutant recv-after-close --schedules 100 --seeds 1 --confirm none", "matrix --program squid"},
		"show":    {"show " + stalled, "show --html two.html --against reference " + stalled},
		"explain": {"explain stall", "explain 1", "explain A1", "explain B12", "explain openssl"},
	}
	for _, cmd := range described() {
		if (cmd.Flags().Lookup("json") != nil) != (runs[cmd.Name()] != nil) {
			t.Errorf("%s: got runs %v; want some if it has --json", cmd.Name(), runs[cmd.Name()])
		}
	}
	if known := slices.Sorted(maps.Keys(runs)); !slices.Equal(known, schemaNames()) {
		t.Errorf("got schemas of %v; want %v", schemaNames(), known)
	}
	for name, lines := range runs {
		var out string
		for _, line := range lines {
			o := command(append(strings.Fields(line), "--json")...)
			if o.out == "" {
				t.Errorf("%s --json: it printed nothing, but %s", line, o.err)
			}
			out += o.out
		}
		kinds := validate(t, name, out)
		var schema struct {
			Defs map[string]any `json:"$defs"`
		}
		if err := json.Unmarshal([]byte(want(t, exitClean, "schema", name)), &schema); err != nil {
			t.Fatal(err)
		}
		for kind := range schema.Defs {
			if kinds[kind] == 0 && !slices.Contains(ofComparisons, kind) {
				t.Errorf("%s: no run printed an object of kind %s", name, kind)
			}
		}
	}
	refused(t, command("schema", "hnut"), `got command "hnut"; want one that has --json: check, `,
		"did you mean hunt?")
	tells(t, want(t, exitClean, "schema"), "version 1: check, explain, hunt, list, ")
}
