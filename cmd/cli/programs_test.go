package cli

import "testing"

// TestOwnProgramsHaveNamesOfTheirOwn: a command that is called as a described program is not taken
// for it. Its description, dialogue and all, was.
func TestOwnProgramsHaveNamesOfTheirOwn(t *testing.T) {
	for command, want := range map[string]string{"/usr/sbin/nginx": "own-nginx", "./My_Server": "my-server", "/": "own"} {
		f := programFlags{listen: "127.0.0.1:8443", speaks: "echo"}
		d, err := f.describe([]string{command, "-x"})
		if err != nil || d.Name != want || d.Dialogue != "echo" || d.Port != 8443 {
			t.Errorf("%s: %+v, %v; want the name %s", command, d, err, want)
		}
	}
}
