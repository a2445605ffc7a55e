package fuzz

import (
	"errors"
	goflag "flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

// Under go test -fuzz all code is instrumented and runs at a third of its speed. Only the
// fuzzer's own input needs that; from a batch the fuzzer learns nothing.
//
// Story 68: no flag, directive or name keeps a package of this module uninstrumented
// (cmd/go spares a few packages of the standard library by name), so batches ran at a
// third of the speed too. Now the fuzzing process has a twin, the same test built without
// instrumentation, which runs the batches. What the twin finds is run again here.

const (
	// twinFile, in the environment of a fuzzing process, is the twin's program.
	twinFile = "WANTWRITE_FUZZ_TWIN"
	// asTwin, in the twin's environment, is the name of the fuzz target.
	asTwin = "WANTWRITE_FUZZ_AS_TWIN"
)

// A twin is the process that runs batches.
type twin struct {
	in  io.WriteCloser
	out io.Reader
}

// fuzzing says whether this process, or one that it starts, fuzzes the target.
func fuzzing(target string) bool {
	f := goflag.Lookup("test.fuzz")
	if f == nil || f.Value.String() == "" {
		return false
	}
	match, err := regexp.MatchString(f.Value.String(), target)
	return err == nil && match
}

// startedByFuzzer says whether Go's fuzzer started this process.
func startedByFuzzer() bool {
	f := goflag.Lookup("test.fuzzworker")
	return f != nil && f.Value.String() == "true"
}

// pair starts the twin of a fuzzing process, or builds it for the processes that will
// fuzz. Building needs the go command; without it batches run here.
func (g *target) pair(f *testing.F) {
	if !g.fuzzing {
		return
	}
	var err error
	if startedByFuzzer() {
		g.pal, err = startTwin(os.Getenv(twinFile), f)
	} else if err = buildTwin(f); err == nil {
		err = unminimized()
	}
	if err != nil {
		f.Logf("fuzz: batches run with Go's instrumentation, at a third of their speed: %v", err)
	}
}

// buildTwin builds the program of the test that this is, without instrumentation.
func buildTwin(f *testing.F) error {
	dir, err := os.MkdirTemp("", "wantwrite-twin-")
	if err != nil {
		return err
	}
	f.Cleanup(func() { os.RemoveAll(dir) })
	file := filepath.Join(dir, "twin.test.exe")
	args := append([]string{"test", "-c", "-vet=off", "-o", file}, buildFlags()...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return errors.New(firstLine(out, err))
	}
	return os.Setenv(twinFile, file) // the fuzzer's processes inherit it
}

// buildFlags are the flags of this program's build that change what it does.
func buildFlags() (args []string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			args = append(args, "-tags="+s.Value)
		}
	}
	return args
}

// startTwin starts the twin of a process that fuzzes a target.
func startTwin(file string, f *testing.F) (*twin, error) {
	if file == "" {
		return nil, nil // the process that builds it has told why there is none
	}
	cmd := exec.Command(file, "-test.run=^"+f.Name()+"$")
	cmd.Env = append(os.Environ(), asTwin+"="+f.Name())
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	f.Cleanup(func() {
		in.Close() // it ends
		_ = cmd.Wait()
	})
	return &twin{in, out}, nil
}

// clean says whether the twin found nothing in a batch. If the twin does not answer it
// is given up.
func (g *target) clean(name []byte) bool {
	if g.pal == nil {
		return false
	}
	var full [maxBatchName]byte
	copy(full[:], name)
	var answer [1]byte
	_, err := g.pal.in.Write(full[:])
	if err == nil {
		_, err = io.ReadFull(g.pal.out, answer[:])
	}
	if err != nil {
		g.pal = nil
		return false
	}
	if answer[0] != 0 {
		return false
	}
	g.ran += batchSize
	return true
}

// serve is the twin's work: it reads names of batches and answers each with 0 if nothing
// was found. It ends with its input.
func (g *target) serve(in io.Reader, out io.Writer) error {
	var name [maxBatchName]byte
	for {
		if _, err := io.ReadFull(in, name[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("fuzz: reading the name of a batch: %w", err)
		}
		answer := []byte{0}
		if res, err := g.batch(batchOf(name[:], g.methods)); err != nil || res.Found {
			answer[0] = 1
		}
		if _, err := out.Write(answer); err != nil {
			return fmt.Errorf("fuzz: answering for a batch: %w", err)
		}
	}
}

// beTwin serves and ends if this process is a twin for the target.
func (g *target) beTwin(target string) {
	if os.Getenv(asTwin) != target {
		return
	}
	if err := g.serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	os.Exit(0)
}

// firstLine is the first line of what a command printed, or its error.
func firstLine(out []byte, err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if line == "" {
		return err.Error()
	}
	return line
}
