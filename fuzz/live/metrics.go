package live

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// shrinkText says how far a shrink has come.
func shrinkText(s shrink.Shrunk) string {
	return fmt.Sprintf("%d actions are %d after %d runs", s.Before, s.After, s.Runs)
}

// serveMetrics answers with the metrics in Prometheus' text format, version 0.0.4.
func (b *Board) serveMetrics(w http.ResponseWriter, _ *http.Request) {
	answer(w, "text/plain; version=0.0.4; charset=utf-8", []byte(b.metrics()))
}

// metrics writes the board as metrics. Labels are quoted, because a pump may have any name.
func (b *Board) metrics() string {
	st := b.state()
	b.mu.Lock()
	about := b.about
	b.mu.Unlock()
	var out strings.Builder
	family := func(name, kind, help string) {
		fmt.Fprintf(&out, "# HELP wantwrite_%s %s\n# TYPE wantwrite_%[1]s %[3]s\n", name, help, kind)
	}
	one := func(name, kind, help string, v float64) {
		family(name, kind, help)
		fmt.Fprintf(&out, "wantwrite_%s %s\n", name, figure(v))
	}
	family("hunt_info", "gauge", "What is hunted; always 1.")
	fmt.Fprintf(&out, "wantwrite_hunt_info{pump=%s,engine=%s,tls=%s,scenario=%s,strategy=%s,seed=%s} 1\n",
		label(about.Pump), label(about.Engine), label(about.TLS), label(about.Scenario),
		label(about.Strategy), label(strconv.FormatUint(about.Seed, 10)))
	one("schedules_total", "counter", "Schedules that have run.", float64(st.Now.Schedules))
	one("steps_total", "counter", "Actions that these schedules did.", float64(st.Now.Steps))
	one("elapsed_seconds", "gauge", "How long the hunt has run.", st.Now.Seconds)
	one("cells_reached", "gauge", "Cells, decision point x phase x event, that were reached.",
		float64(st.Now.Cells))
	one("pairs_reached", "gauge", "Pairs of writer and reader that were reached.",
		float64(st.Now.Pairs))
	one("states_reached", "gauge", "States of a link that were reached, by hash.",
		float64(st.Now.States))
	shrinking := 0.0
	if st.Shrinking != "" {
		shrinking = 1
	}
	one("shrinking", "gauge", "1 while a failure is shrunk.", shrinking)
	if st.Left >= 0 {
		one("left_seconds", "gauge", "An estimate of how long the hunt still takes.", st.Left)
	}
	family("finds_total", "counter", "Violations that were found, by property.")
	found := map[string]int{}
	for _, f := range st.Failures {
		found[f.Property]++
	}
	for _, p := range oracle.Properties() {
		fmt.Fprintf(&out, "wantwrite_finds_total{property=%s} %d\n", label(p.Name), found[p.Name])
	}
	return out.String()
}

// figure writes a value with all its digits.
func figure(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// label quotes the value of a label. Three bytes are special there.
func label(v string) string {
	v = strings.ToValidUTF8(v, "\uFFFD")
	return `"` + strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(v) + `"`
}
