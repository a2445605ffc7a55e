package require

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Child runs the calling test again in another process and returns what that prints. env has more
// variables for that process, as "NAME=value". A TestMain that knows one of them may do something
// else there. If the process fails, so does the test.
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

// elsewhere is the variable that makes a test process print the text that its test gives to
// Elsewhere.
const elsewhere = "WANTWRITE_ELSEWHERE"

// Elsewhere runs the calling test in another process with more variables, and returns the text that
// the test gives to Elsewhere there. In that process the call ends the test.
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
