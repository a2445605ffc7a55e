package canary

import (
	"regexp"
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/model/oracle"
)

// TestPlanted: what the comments tell is what the programs have. Each mistake is named in the
// program's list, told once, and asked for.
func TestPlanted(t *testing.T) {
	told := map[string][]string{}
	for _, m := range All() {
		told[m.Program] = append(told[m.Program], m.Mistake)
		for _, property := range append([]string{m.Property}, m.Also...) {
			if _, known := oracle.PropertyNamed(property); !known && property != "leak" {
				t.Errorf("%s -m %s breaks %s; want a property", m.Program, m.Mistake, property)
			}
		}
	}
	list := regexp.MustCompile(`(?s)mistakes\[\] = \{(.*?), NULL\}`)
	listed := regexp.MustCompile(`"([a-z-]+)"`)
	asked := regexp.MustCompile(`mistake\("([a-z-]+)"\)`)
	for _, p := range Programs() {
		text, err := sources.ReadFile("c/" + p.Name + ".c")
		if err != nil {
			t.Fatal(err)
		}
		words := func(re *regexp.Regexp, text []byte) (all []string) {
			for _, m := range re.FindAllSubmatch(text, -1) {
				all = append(all, string(m[1]))
			}
			slices.Sort(all)
			return all
		}
		have := told[p.Name]
		slices.Sort(have)
		if names := words(listed, list.Find(text)); !slices.Equal(names, have) {
			t.Errorf("%s lists %v; its comments tell %v", p.Name, names, have)
		}
		if names := slices.Compact(words(asked, text)); !slices.Equal(names, have) {
			t.Errorf("%s asks for %v; its comments tell %v", p.Name, names, have)
		}
	}
}

// TestEveryPropertyIsBroken: the canaries as a whole break all that a server can break by itself,
// and each of them most of it.
func TestEveryPropertyIsBroken(t *testing.T) {
	properties := []string{"stall", "busy-loop", "data-loss", "corruption", "truncation", "spurious-failure",
		"unbounded-buffer", "crash", "leak"}
	// libevent asks OpenSSL itself, and clears its errors; kv has pipes of a fixed size.
	without := map[string]string{"bufferevent": "spurious-failure", "kv": "unbounded-buffer"}
	for _, p := range Programs() {
		for _, property := range properties {
			found := slices.ContainsFunc(All(), func(m Planted) bool {
				return m.Program == p.Name && m.Property == property
			})
			if found != (without[p.Name] != property) {
				t.Errorf("%s has a mistake for %s: %v", p.Name, property, found)
			}
		}
	}
}
