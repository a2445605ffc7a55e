package program

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/sim/script"
	"go.yaml.in/yaml/v3"
)

// A Description is what is known of a program: a file of programs/, or what the user says of his
// own.
type Description struct {
	// Name is the word of --program and of scripts: a-z, 0-9 and -. About is a clause.
	Name, About string
	// Package is the Debian package that brings it, if one does.
	Package string
	// Command is its argv. The first word is looked up in PATH and where servers are.
	Command []string
	// Version is how it tells its version.
	Version Version
	// Dir is its working directory; "" is a new one, with what follows.
	Dir string
	// Env is its environment, beside what all programs get. Files are files of its working
	// directory by their names.
	Env   []string
	Files map[string]string
	// Content is the folder that gets the files that the dialogue http asks for.
	Content string
	// Certificate says which certificate it gets.
	Certificate Certificate
	// Port is the TCP port where it speaks TLS, on any address.
	Port int
	// Dialogue is the name of what our end says: see package dialogue. Lines, if there are some, are
	// what it says then, as a file of lines: see docs/dialogues.md.
	Dialogue, Lines string
	// Services are the servers in the clear that it finds at these ports, by their dialogues: a
	// proxy's upstream.
	Services map[int]string
	// Quirks are what it does otherwise than others, each with a reason.
	Quirks []Quirk
	// Unable, if not "", is why it can't be hunted in.
	Unable string
}

// A Version is a command line that prints a program's version, and what it looks like: the first
// group of a regular expression.
type Version struct {
	Arguments []string
	Pattern   string
}

// A Certificate names the files that a program gets, in PEM: the chain, its key, and the root that
// has issued it (root.pem). Bytes is how long the chain is.
type Certificate struct {
	Chain, Key string
	Bytes      int
}

// A Quirk is a peculiarity of a program, which hunts respect and print.
type Quirk struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Options are what a session may be given.
type Options struct {
	Mode foreign.Mode
	// CPU is where the program runs, with our thread: a number, from 1, among those that we may
	// use. Behind the last comes the first again. 0 is where our thread is.
	CPU int
	// Output takes what the program prints. nil throws it away.
	Output *os.File
	// Observe has the program's libssl watched, for stories: see package observer.
	Observe bool
	// Network lets it have the network of the machine, and the sockets of other programs. What it
	// does then may not repeat, and while it has such a connection no stall is told.
	Network bool
}

// idleThreads is the quirk of a program whose other threads may be missing in copies of it.
const idleThreads = "idle-threads"

// Has says whether the program has a quirk.
func (d *Description) has(quirk string) bool {
	return slices.ContainsFunc(d.Quirks, func(q Quirk) bool { return q.Name == quirk })
}

//go:embed programs/*.yaml
var described embed.FS

// Known lists the programs that are described, by name.
func Known() []Description {
	files, err := described.ReadDir("programs")
	if err != nil {
		panic(err)
	}
	var list []Description
	for _, f := range files {
		text, err := described.ReadFile("programs/" + f.Name())
		if err != nil {
			panic(err)
		}
		d, err := parse(text)
		if err != nil {
			panic(fmt.Sprintf("program: %s: %v", f.Name(), err))
		}
		list = append(list, d)
	}
	return list
}

// parse reads a description. Fields that are not known are errors.
func parse(text []byte) (d Description, err error) {
	in := yaml.NewDecoder(bytes.NewReader(text))
	in.KnownFields(true)
	err = in.Decode(&d)
	return d, err
}

// Find is the description with that name.
func Find(name string) (*Description, error) {
	var names []string
	for _, d := range Known() {
		if d.Name == name {
			return &d, nil
		}
		names = append(names, d.Name)
	}
	return nil, fmt.Errorf("program: got program %q; want one of %s%s, or your own behind --", name,
		strings.Join(names, ", "), script.Suggest(name, names))
}

// Path finds the program's file.
func (d *Description) Path() (string, error) {
	name := d.Command[0]
	if strings.ContainsRune(name, '/') {
		path, err := filepath.Abs(name)
		if err == nil {
			_, err = os.Stat(path)
		}
		return path, err
	}
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} { // not in a user's PATH
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	if d.Package != "" {
		return "", fmt.Errorf("program: got no %s on this machine; want it: apt-get install %s", name, d.Package)
	}
	return "", fmt.Errorf("program: got no %s on this machine; want a command that is in PATH", name)
}

// versionPatience is how long a program may take to tell its version. One that does not know the
// question may begin to serve, and never end.
const versionPatience = 10 * time.Second

// FindVersion asks the program for its version; "" if it tells none. It fails if the program is not
// here, or can't run, as without its libraries.
func (d *Description) FindVersion() (string, error) {
	if d.Unable != "" {
		return "", fmt.Errorf("program: got %s, which can't be hunted in: %s; want another of list --programs", d.Name, d.Unable)
	}
	path, err := d.Path()
	if err != nil || len(d.Version.Arguments) == 0 {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), versionPatience)
	defer cancel()
	out, failed := exec.CommandContext(ctx, path, d.Version.Arguments...).CombinedOutput()
	pattern, err := regexp.Compile(d.Version.Pattern)
	if err != nil {
		return "", fmt.Errorf("program: got version pattern %q of %s: %w", d.Version.Pattern, d.Name, err)
	}
	m := pattern.FindSubmatch(out)
	switch {
	case len(m) > 1:
		return string(m[1]), nil
	case failed != nil:
		line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return "", fmt.Errorf("program: got %s, which does not run: %s; want its package whole: apt-get install %s",
			path, cmp.Or(line, failed.Error()), d.Package)
	}
	return "", nil
}
