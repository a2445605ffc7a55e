package fuzz

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/model/pumps"
)

// fuzzTime is how long go test -fuzz is measured.
const fuzzTime = 10 * time.Second

// goFuzz measures the batches of this package's own fuzz target, in this
// process and under go test -fuzz with one worker. Go builds it there with
// instrumentation that can't be turned off; its twin runs without: see twin.
func (b *Bench) goFuzz(ctx context.Context) error {
	here, err := b.batches()
	if err != nil {
		return err
	}
	if err := b.Row(BenchRow{Table: "go-fuzz", Name: "in process", Pump: "reference",
		SchedulesPerSecond: here.rate(), Ratio: 1}); err != nil {
		return err
	}
	row := BenchRow{Table: "go-fuzz", Name: "go test -fuzz", Pump: "reference"}
	dir, err := os.MkdirTemp("", "wantwrite-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(ctx, "go", "test", "github.com/wantwrite/wantwrite/fuzz", "-run", "^$",
		"-fuzz", "^FuzzSchedule$", "-fuzztime", fuzzTime.String(), "-parallel", "1",
		"-test.fuzzcachedir", filepath.Join(dir, "cache"))
	cmd.Env = append(os.Environ(), fuzzCount+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		row.Note = "skipped: it takes Go and this module's source: " + firstLine(out, err)
		return b.Row(row)
	}
	n, err := countedIn(dir)
	if err != nil {
		return err
	}
	row.SchedulesPerSecond = float64(n) / fuzzTime.Seconds()
	row.Ratio = row.SchedulesPerSecond / here.rate()
	row.Note = "the fuzzer's inputs with Go's instrumentation, the batches without"
	return b.Row(row)
}

// firstLine is the first line of what a command printed, or its error.
func firstLine(out []byte, err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if line == "" {
		return err.Error()
	}
	return line
}

// countedIn sums what the processes of a fuzz target have counted: see
// countFuzzed.
func countedIn(dir string) (total uint64, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "[0-9]*"))
	if err != nil {
		return 0, err
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseUint(string(text), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("fuzz: got %q in %s; want a count", text, name)
		}
		total += n
	}
	return total, nil
}

// batches runs batches of schedules of all methods in turn.
func (b *Bench) batches() (p pace, err error) {
	r, err := fuzzRunner(pumps.ReferenceSpec(), "")
	if err != nil {
		return p, err
	}
	defer r.Close()
	start := time.Now()
	for n := uint64(0); r.ran < b.Schedules; n++ {
		if _, err := r.batch(batch{int(n) % len(r.searchers), n, 0}); err != nil {
			return p, err
		}
	}
	return pace{r.ran, 0, time.Since(start)}, nil
}
