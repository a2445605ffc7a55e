package cli

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/sim/script"
)

// schemaVersion is the version of the schemas in schema/. Each object says it. It grows when a
// field goes or changes its meaning; a new field leaves it.
const schemaVersion = 1

// schemas are a JSON Schema for each command that has --json (https://json-schema.org, 2020-12).
//
//go:embed schema/*.json
var schemas embed.FS

func newSchema(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [COMMAND]",
		Short: "print the JSON Schema of what a command prints with --json",
		Long: "schema prints the JSON Schema of the objects that a command prints with --json, one a\n" +
			"line. Each object says in its field schema by which version it is to be read. The version\n" +
			"grows when a field goes or changes its meaning; a new field leaves it. Without a command\n" +
			"it lists those that have a schema.",
		Example: "  wantwrite schema\n  wantwrite schema hunt",
		Args:    countArgs(0, 1, "a command, or none"),
		RunE: func(_ *cobra.Command, args []string) error {
			known := schemaNames()
			if len(args) == 0 {
				p.printf("version %d: %s\n", schemaVersion, strings.Join(known, ", "))
				return p.broken
			}
			text, err := schemas.ReadFile("schema/" + args[0] + ".json")
			if err != nil {
				return fmt.Errorf("got command %q; want one that has --json: %s%s", args[0],
					strings.Join(known, ", "), script.Suggest(args[0], known))
			}
			_, err = p.Write(text)
			return err
		},
		ValidArgs: schemaNames(),
	}
}

// schemaNames are the commands that have a schema.
func schemaNames() (names []string) {
	files, err := fs.Glob(schemas, "schema/*.json")
	if err != nil {
		panic(err) // a pattern that is wrong
	}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(file, "schema/"), ".json"))
	}
	return names
}
