package require

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Child runs the test that calls it once more, in a process of its own that has these
// variables too ("NAME=value"), and gives what that prints. A TestMain that knows one of
// the variables may do something else there.
func Child(t testing.TB, env ...string) string {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), env...)
	var complaint bytes.Buffer
	child.Stderr = &complaint
	out, err := child.Output()
	if err != nil {
		t.Fatalf("the process with %q: %v\n%s%s", env, err, out, complaint.Bytes())
	}
	return string(out)
}

// elsewhere makes a test process print the text that its test gives to Elsewhere.
const elsewhere = "WANTWRITE_ELSEWHERE"

// Elsewhere gives the text that the test which calls it comes to in another process with
// these variables. There the test ends with the call.
func Elsewhere(t testing.TB, here string, env ...string) (there string) {
	t.Helper()
	if os.Getenv(elsewhere) != "" {
		fmt.Printf("<<<%s>>>", here)
		t.SkipNow()
	}
	_, rest, _ := strings.Cut(Child(t, append(env, elsewhere+"=1")...), "<<<")
	there, _, _ = strings.Cut(rest, ">>>")
	return there
}
