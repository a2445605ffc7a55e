package script

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// noDimension are the fields of Config that have no value, for no run depends on it: names, the seed
// and how often a run is repeated.
// They have rows too, for their lines.
var noDimension = []string{"Dialogue", "Pump", "Program", "ProgramVersion", "Engine", "PeerEngine", "Scenario", "Seed", "Repeats"}

// leaves lists the fields of a Config, those of its Sizes included.
func leaves(t reflect.Type, path string) (names []string) {
	for i := range t.NumField() {
		switch f := t.Field(i); f.Type.Kind() {
		case reflect.Struct:
			names = append(names, leaves(f.Type, path+f.Name+".")...)
		default:
			names = append(names, path+f.Name)
		}
	}
	return names
}

// changed lists the fields in which two configurations differ.
func changed(a, b Config) (names []string) {
	for _, name := range leaves(reflect.TypeFor[Config](), "") {
		x, y := reflect.ValueOf(a), reflect.ValueOf(b)
		for part := range strings.SplitSeq(name, ".") {
			x, y = x.FieldByName(part), y.FieldByName(part)
		}
		if !x.Equal(y) {
			names = append(names, name)
		}
	}
	return names
}

// defaults is a world of defaults, with names.
func defaults() Config {
	c := Config{Pump: "reference", Engine: "model", PeerEngine: "model", Scenario: "none", Seed: 1}
	for _, d := range Dimensions() {
		d.Set(&c, d.Default)
	}
	return c
}

// TestEachFieldHasOneRow keeps a field from being added to Config or Sizes without
// its row, and a row from changing another field, or two.
func TestEachFieldHasOneRow(t *testing.T) {
	owner := map[string]string{}
	for i := range rows {
		d := &rows[i]
		var fields []string
		for _, probe := range probes(d) {
			fields = append(fields, changed(Config{}, probe)...)
		}
		slices.Sort(fields)
		fields = slices.Compact(fields)
		if want := fieldsOf(d); len(fields) != want {
			t.Errorf("row %s changes the fields %q; want exactly %d", d.Key, fields, want)
			continue
		}
		for _, field := range fields {
			if other, twice := owner[field]; twice {
				t.Errorf("field %s has the rows %s and %s; want one", field, other, d.Key)
			}
			owner[field] = d.Key
			if got, want := d.Order == 0, slices.Contains(noDimension, field); got != want {
				t.Errorf("row %s of field %s has order %d; want 0 only for names, the seed and repeats",
					d.Key, field, d.Order)
			}
		}
	}
	for _, field := range leaves(reflect.TypeFor[Config](), "") {
		if owner[field] == "" {
			t.Errorf("field %s has no row; want one in dimensions.go", field)
		}
	}
}

// fieldsOf is how many fields a row has: a program's name goes with its version.
func fieldsOf(d *Dimension) int {
	if d.Key == program {
		return 2
	}
	return 1
}

// probes are configurations in which only the row's field was set.
func probes(d *Dimension) (list []Config) {
	if d.Order == 0 {
		var s Script
		if err := d.own.set(&s, strings.TrimSpace(strings.Repeat(" 77", fieldsOf(d)))); err != nil {
			panic(err)
		}
		return append(list, s.Config)
	}
	for _, v := range [...]int{d.Least, d.Most, d.Default} {
		var c Config
		d.Set(&c, v)
		list = append(list, c)
	}
	return list
}

// TestRows: what the table promises of each row.
func TestRows(t *testing.T) {
	keys, orders := map[string]bool{}, map[int]string{}
	lastLine := map[string]int{}
	for i := range rows {
		d := &rows[i]
		if keys[d.Key] {
			t.Errorf("got key %q twice; want each once", d.Key)
		}
		keys[d.Key] = true
		if last, seen := lastLine[d.Line]; seen && last != i-1 {
			t.Errorf("got row %s of line %q apart from the others of it; want them together",
				d.Key, d.Line)
		}
		lastLine[d.Line] = i
		if d.Order == 0 {
			continue
		}
		if other := orders[d.Order]; other != "" {
			t.Errorf("got order %d for %s and %s; want each once", d.Order, d.Key, other)
		}
		orders[d.Order] = d.Key
		if !d.Legal(d.Default) {
			t.Errorf("got default %d of %s; want a legal one: %s", d.Default, d.Key, d.want())
		}
		if d.Words != nil && len(d.Words) != d.Most-d.Least+1 {
			t.Errorf("got words %q of %s; want one for each value from %d to %d", d.Words, d.Key,
				d.Least, d.Most)
		}
		if DimensionNamed(d.Key) != d {
			t.Errorf("got another dimension by the name %s", d.Key)
		}
	}
	if c := defaults(); c.Check() != nil {
		t.Errorf("got %v of a world of defaults; want none", c.Check())
	}
}

// roundTrip is a configuration after it was written and read again.
func roundTrip(c Config) (Config, error) {
	s := Script{Config: c}
	got, err := Parse(bytes.NewReader(s.Format()), "x.script")
	if err != nil {
		return Config{}, err
	}
	return got.Config, nil
}

// TestEachRowRoundTrips: each setting comes back from its text at its least, most
// and default value. What lies beyond is refused, by Parse and by Check, with the
// same words.
func TestEachRowRoundTrips(t *testing.T) {
	for _, d := range Dimensions() {
		t.Run(d.Key, func(t *testing.T) {
			for _, v := range [...]int{d.Least, d.Most, d.Default} {
				want := defaults()
				if d.Set(&want, v); d.Key == "peer" && v == 1 {
					want.Peer = "another"
				}
				got, err := roundTrip(want)
				if err != nil || got != want || d.Get(&got) != v || want.Check() != nil {
					t.Errorf("got %d of %d (%v, %v); want it back", d.Get(&got), v, err, want.Check())
				}
			}
			if d.Line == traits || d.Key == "peer" {
				return // a flag is a word, and a peer a name: no text is beyond
			}
			for _, v := range [...]int{-1, d.Least - 1, d.Most + 1} {
				if d.Zero && v == 0 {
					continue
				}
				beyond := defaults()
				d.Set(&beyond, v)
				refused(t, d, beyond)
			}
		})
	}
}

// refused fails unless neither Parse nor Check takes the value of a dimension.
func refused(t *testing.T, d *Dimension, c Config) {
	t.Helper()
	_, parsed := roundTrip(c)
	checked := c.Check()
	for _, err := range [...]error{parsed, checked} {
		if err == nil || !strings.HasSuffix(err.Error(), "; want "+d.want()) {
			t.Errorf("got %v for %d; want it refused: want %s", err, d.Get(&c), d.want())
		}
	}
}

// TestFlagsBeyond: a flag has no value but on and off.
func TestFlagsBeyond(t *testing.T) {
	for _, d := range rowsOf(traits) {
		s := Script{}
		err := setTraits(&s, d.Key+" "+d.Key)
		if want := "each trait once"; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v for %s twice; want %q", err, d.Key, want)
		}
	}
}

// TestOptionalIsDefault: a script without an optional word means the default, so
// that a setting can be added and old scripts stay what they are.
func TestOptionalIsDefault(t *testing.T) {
	for _, d := range Dimensions() {
		if !d.Optional {
			continue
		}
		c := defaults()
		s := Script{Config: c}
		if text := string(s.Format()); strings.Contains(text, d.Key+"=") ||
			strings.Contains(text, d.Key+":") || strings.Contains(text, " "+d.Key+" ") {
			t.Errorf("got %s in a script where it is default:\n%s", d.Key, text)
		}
		if got, err := roundTrip(c); err != nil || d.Get(&got) != d.Default {
			t.Errorf("got %d for %s (%v); want the default", d.Get(&got), d.Key, err)
		}
	}
}

// TestAdaptedActions: what is adapted to a world in which a dimension is default
// can happen there.
func TestAdaptedActions(t *testing.T) {
	deliver := func(on End) Action { return Action{Verb: Deliver, On: on, Arg: All} }
	tick := Action{Verb: Tick, Arg: 1}
	mixed := []Action{deliver(2), tick, deliver(3), deliver(0)}
	got := DimensionNamed("links").Adapt(mixed)
	if want := []Action{deliver(0), tick, deliver(1)}; !slices.Equal(got, want) {
		t.Errorf("got %v on one link; want %v", got, want)
	}
	got = DimensionNamed("under").Adapt([]Action{deliver(0), tick, deliver(3)})
	if want := []Action{deliver(1), tick, deliver(2)}; !slices.Equal(got, want) {
		t.Errorf("got %v at the other ends; want %v", got, want)
	}
	if model.Role(deliver(0).On.Peer()) != model.Server {
		t.Error("the client's peer is not the server")
	}
}

// TestDimensionsForPeople: what list prints of a row.
func TestDimensionsForPeople(t *testing.T) {
	for key, want := range map[string]string{
		"links":       "1 to 2, default 1",
		"tls":         "1.2 or 1.3, default 1.3",
		"trigger":     "level or edge or oneshot, default level",
		"hello-retry": "off or on, default off; applies to TLS 1.3",
		"peer":        "reference or another pump, default reference",
		"early":       "0, or 1 to 600, default 0; applies to TLS 1.3, with resume",
	} {
		if got := DimensionNamed(key).String(); got != want {
			t.Errorf("got %q for %s; want %q", got, key, want)
		}
	}
}

// TestOldWords: a word of a script that was once legal stays legal.
func TestOldWords(t *testing.T) {
	for line, words := range map[string]string{
		traits: "auth answer-at-read refuse-reneg ignore-reneg soft-refusal whole-writes " +
			"fixed-buffer reentrant stream await-update hello-retry resume reject-early post-auth " +
			"hasty keeps-open lasting-pause strict-reneg eager-peer hostile",
		sizes: "bio=1048576 pipe=1048576 queue=1048576 chunk=1048576 flight=65536 window=65536 " +
			"record=16384 hello=16384 chain=20000 client-chain=20000 tickets=255 linger=1000000",
		"links": "2", "early": "600", "under": "client", "tls": "1.2", "transport": "attached",
		"trigger": "oneshot",
	} {
		i, err := lineNamed(line)
		if err == nil {
			err = header[i].set(&Script{}, words)
		}
		if err != nil {
			t.Errorf("%s: %s is refused: %v", line, words, err)
		}
	}
}

// TestOptionalSize: a size that is added is optional, and missing in old scripts.
func TestOptionalSize(t *testing.T) {
	d := DimensionNamed("linger")
	d.Optional = true
	defer func() { d.Optional = false }()
	c := defaults()
	s := Script{Config: c}
	if text := string(s.Format()); strings.Contains(text, "linger") {
		t.Errorf("got an optional size in a script where it is default:\n%s", text)
	}
	if got, err := roundTrip(c); err != nil || got != c {
		t.Errorf("got %+v (%v); want the default", got, err)
	}
}
