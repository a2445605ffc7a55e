package run

import (
	"bufio"
	"fmt"
	"path"
	"reflect"
	"runtime"
	"strings"

	"github.com/wantwrite/wantwrite/sim/script"
)

// Where a pump is in its source is for people: it is told in stories and messages. It is not
// part of a result, because it moves with every edit of the pump.

const (
	module = "github.com/wantwrite/wantwrite/"
	// runner is the package that runs worlds. What called it is not the pump's.
	runner = module + "fuzz/run"
	// mostPlaces is how many frames are kept of a panic, and callPlaces of a call. The innermost
	// are the interesting ones.
	mostPlaces, callPlaces = 8, 3
)

// placesOf is how a run of this world asks where its pump is. Of the project's own pumps only panics
// are placed: their decisions are told by name, and looking costs as much as the run.
func (c *Catalog) placesOf(cfg *script.Config) func(panicked bool) []string {
	if c.isOwn(cfg.Pump) || c.isOwn(cfg.Peer) {
		return places
	}
	return func(panicked bool) []string {
		if panicked {
			return places(true)
		}
		return nil
	}
}

// places lists the frames of the pump on this goroutine's stack, innermost first, as
// "pump.go:31: mypump.(*pump).Ready".
func places(panicked bool) (list []string) {
	most := callPlaces
	if panicked {
		most = mostPlaces
	}
	var pcs [256]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	inside := false // this package's frames: behind them is who asked for the run
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		in := packageOf(f.Function)
		switch inside = inside || in != runner; {
		case inside && in == runner:
			return list
		case !ofPump(in, f.File, panicked):
			continue
		}
		list = append(list, place(f.Function, f.File, f.Line))
		if len(list) == most {
			break
		}
	}
	return list
}

// place is a frame in words. The file's folder is left out: it differs from machine to machine,
// and the function says the package.
func place(function, file string, line int) string {
	return fmt.Sprintf("%s:%d: %s", base(file), line, path.Base(function))
}

// base is the last element of a path of any system.
func base(file string) string { return file[strings.LastIndexAny(file, `/\`)+1:] }

// packageOf is the import path of a function's package.
func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/') + 1
	name, _, _ := strings.Cut(function[slash:], ".")
	return function[:slash] + name
}

// ofPump says whether a frame belongs to a pump, and not to the workbench or to Go.
func ofPump(in, file string, panicked bool) bool {
	if goRoot != "" && strings.HasPrefix(file, goRoot) || in == "runtime" {
		return false
	}
	ours, isOurs := strings.CutPrefix(in, module)
	switch {
	case !isOurs:
		first, _, _ := strings.Cut(in, "/")
		return goRoot != "" || strings.Contains(first, ".") || first == "main"
	case ours == "model/pumps":
		return panicked
	}
	return ours == "fuzz/example" || ours == "fuzz/fuzztest" || ours == "docs" || strings.HasSuffix(ours, "_test")
}

// goRoot is where the source of the standard library lay when this program was built. It is
// empty if the build has left out such paths (-trimpath).
var goRoot = func() string {
	f := runtime.FuncForPC(reflect.ValueOf(path.Base).Pointer())
	file, _ := f.FileLine(f.Entry())
	root, found := strings.CutSuffix(file, "path/path.go")
	if !found {
		return ""
	}
	return root
}()

// placesIn lists the frames of a pump in the text that a Go process prints when it dies, as
// places does. The first goroutine of the text is the one that died.
func placesIn(trace string) (list []string) {
	function, dead := "", false
	for lines := bufio.NewScanner(strings.NewReader(trace)); lines.Scan(); {
		text := lines.Text()
		switch {
		case strings.HasPrefix(text, "goroutine ") && dead, packageOf(function) == runner,
			len(list) == mostPlaces:
			return list
		case strings.HasPrefix(text, "goroutine "):
			dead = true
		case !dead:
		case !strings.HasPrefix(text, "\t"):
			function = text
		default:
			list = appendPlace(list, function, strings.TrimSpace(text))
		}
	}
	return list
}

// appendPlace appends a frame of a printed stack, if it belongs to a pump: a line
// "mypump.(*pump).Ready(0xc000010000, 0x1)" and a line "/home/me/pump.go:31 +0x1d".
func appendPlace(list []string, function, where string) []string {
	if i := strings.LastIndexByte(function, '('); i > 0 && !strings.HasPrefix(function, "created by ") {
		function = function[:i]
	} else {
		return list
	}
	where, _, _ = strings.Cut(where, " ")
	file, line := where, 0
	if i := strings.LastIndexByte(where, ':'); i > 0 {
		file = where[:i]
		if _, err := fmt.Sscan(where[i+1:], &line); err != nil {
			return list
		}
	}
	if !ofPump(packageOf(function), file, true) {
		return list
	}
	return append(list, place(function, file, line))
}
