package main

import "testing"

// bench prints tables for people, and rows for programs.
func TestBench(t *testing.T) {
	out := want(t, exitClean, "bench", "--table", "workers", "--schedules", "40")
	tells(t, out, "workers: the same hunt on one core and on all", "random      1 workers", "1.00x")
	o := command("bench", "--table", "first-failure", "--seeds", "1", "--limit", "60", "--budget", "60")
	if o.code != exitClean { // on a slow machine it tells how far it is
		t.Fatalf("exit %d: %s", o.code, o.err)
	}
	tells(t, o.out, "first-failure: ", "portfolio    random       pct", "rapid\n", "kv-original  ",
		"recv-after-close  ", " >60")
	all := objects(t, want(t, exitClean, "bench", "--table", "speed", "--schedules", "40", "--json"))
	if all[0]["result"] != "row" || all[0]["table"] != "speed" || all[0]["name"] != "bare walk" ||
		all[0]["ratio"] != 1.0 || all[0]["ns_per_step"].(float64) <= 0 {
		t.Errorf("got %v as the first row", all[0])
	}
	refused(t, command("bench", "--table", "chairs"), `got --table "chairs"`, "first-failure")
	refused(t, command("bench", "--seeds", "0"), "want at least 1 of each")
}
