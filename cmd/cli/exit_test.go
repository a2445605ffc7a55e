package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestExitCodes: each command exits with 0 when it has done what it was asked for, with 1 if it
// looks for what fails and something does, and with 2 if it can't use what it was given.
func TestExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	mended := write(t, "mended.script", strings.Replace(read(t, script), "pump: kv-original",
		"pump: reference", 1))
	few := " --schedules 300 --confirm none"
	seen := map[string]bool{}
	for line, code := range map[string]int{
		"hunt --pump reference --schedules 100":          exitClean,
		"hunt --schedules 2000":                          exitViolation,
		"hunt --fixed " + script:                         exitViolation,
		"hunt --fixed missing":                           exitUsage,
		"hunt --program openssl-s-server":                exitUsage,
		"check --pump reference --buffers 1":             exitClean,
		"check --property stall":                         exitViolation,
		"check --pump reference --states 100":            exitUsage,
		"check --pump nope":                              exitUsage,
		"replay " + mended:                               exitClean,
		"replay " + script:                               exitViolation,
		"replay " + script + " missing":                  exitUsage,
		"show " + mended:                                 exitClean,
		"show " + script:                                 exitClean,
		"show --html page.html " + script:                exitClean,
		"show --pcap run.pcapng " + script:               exitClean,
		"show --html two.html --against gotls " + script: exitClean,
		"show missing":                                   exitUsage,
		"shrink -o short.script " + script:               exitClean,
		"shrink " + mended:                               exitClean,
		"shrink missing " + script:                       exitUsage,
		"matrix --mutant no-flush-after-read" + few:      exitClean,
		"matrix --mutant spins-for-the-writer --seeds 1 --schedules 1 --confirm none": exitViolation,
		"matrix --mutant nope" + few: exitUsage,
		"list":                       exitClean,
		"list --traits --decisions":  exitUsage,
		"explain stall":              exitClean,
		"explain nope":               exitUsage,
		"schema hunt":                exitClean,
		"schema nope":                exitUsage,
		"man manual":                 exitClean,
		"man":                        exitUsage,
		"--version":                  exitClean,
		"completion bash":            exitClean,
		"completion nope":            exitUsage,
		"help exit-codes":            exitClean,
		"help nope":                  exitUsage,
		"nope":                       exitUsage,
		"program":                    exitClean,
		"program nope":               exitUsage,
		"program trace":              exitUsage,
	} {
		name, _, _ := strings.Cut(line, " ")
		seen[fmt.Sprint(name, code)] = true
		if o := command(strings.Fields(line)...); o.code != code || (o.err != "") != (code == exitUsage) {
			t.Errorf("%s: exit %d, want %d; it says %q", line, o.code, code, o.err)
		}
	}
	for _, cmd := range described() {
		if cmd.Runnable() && cmd.HasParent() && !seen[cmd.Name()+"0"] {
			t.Errorf("%s has no line here; want one for each of its exit codes", cmd.Name())
		}
	}
}

// TestInterrupts: a command that is interrupted before it has found anything exits with 130.
func TestInterrupts(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, line := range []string{"hunt", "check", "check --checkpoint ck", "replay " + script,
		"shrink " + script, "matrix --confirm none"} {
		var out, complaint bytes.Buffer
		code := execute(ctx, on(&terminal{out: &out, err: &complaint}), strings.Fields(line))
		ended(t, exitInterrupted, outcome{code, out.String(), complaint.String()}, "interrupted after ")
	}
}

// TestExitCodesAreTold: the topic has them all.
func TestExitCodesAreTold(t *testing.T) {
	text := want(t, exitClean, "help", "exit-codes")
	codes := []int{exitClean, exitViolation, exitUsage, exitInternal, exitInterrupted, exitClosedPipe}
	if !slices.Equal(codes, []int{0, 1, 2, 3, 130, 141}) {
		t.Errorf("got %v; want those that scripts know", codes)
	}
	for _, c := range exitCodes {
		tells(t, text, fmt.Sprintf("\n%5d  %s\n", c.code, c.means))
	}
	for i, code := range codes {
		if exitCodes[i].code != code {
			t.Errorf("got %d as number %d of the list; want %d", exitCodes[i].code, i, code)
		}
	}
}

// TestFullDisk: a result that can't be printed for another reason than a closed pipe is an error.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	var complaint bytes.Buffer
	code := execute(context.Background(), on(&terminal{out: full, err: &complaint}), []string{"list"})
	refused(t, outcome{code, "", complaint.String()}, "cannot print", "no space left")
}
