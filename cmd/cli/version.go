package cli

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"strings"
)

// installed is how the project's own command is installed.
const installed = "go install " + module + "/cmd/wantwrite@latest"

// module is the path of this module.
const module = "github.com/wantwrite/wantwrite"

// version says what this program is made of, and which libraries it has found.
func (p *program) version(info *debug.BuildInfo) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", p.name, built(info))
	for _, dep := range info.Deps { // in a user's own program
		if dep.Path == module {
			fmt.Fprintf(&b, "%s %s\n", module, dep.Version)
		}
	}
	settings := settingsOf(info)
	fmt.Fprintf(&b, "%s %s/%s\n", info.GoVersion, settings["GOOS"], settings["GOARCH"])
	c := p.catalog()
	for _, name := range c.Engines() {
		fmt.Fprintf(&b, "%s: %s\n", name, describe(c, name))
	}
	return b.String()
}

// built is the version of the program's module, and the commit that it was built from.
func built(info *debug.BuildInfo) string {
	settings := settingsOf(info)
	text := cmp.Or(info.Main.Version, "(devel)")
	if commit := settings["vcs.revision"]; commit != "" {
		text += " (commit " + commit[:min(12, len(commit))] + " of " + settings["vcs.time"]
		if settings["vcs.modified"] == "true" {
			text += ", changed since"
		}
		text += ")"
	}
	return text
}

// settingsOf are the settings of a build by their keys.
func settingsOf(info *debug.BuildInfo) map[string]string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	return settings
}

// buildInfo is that of this program. It is empty if the program was not built by the go command.
func buildInfo() *debug.BuildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return &debug.BuildInfo{}
	}
	return info
}
