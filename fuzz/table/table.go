// Package table is what the tables of hunts have in common, whatever their rows are: patterns that
// choose rows, comma-separated values, and the script and style of a page whose rows can be sorted and
// searched.
package table

import (
	_ "embed" // for the files of the page
	"encoding/csv"
	"fmt"
	"io"
	"path"
	"reflect"
	"strings"

	"github.com/wantwrite/wantwrite/sim/script"
)

// CSS is the style of a page of cells, and JS its script. The page's template has the elements that the
// script asks for by their ids.
var (
	//go:embed page/table.css
	CSS string
	//go:embed page/table.js
	JS string
)

// Chosen says whether one of the patterns (see path.Match) matches one of the names, and marks the
// patterns that did.
func Chosen(patterns []string, used []bool, names ...string) (is bool) {
	for i, pattern := range patterns {
		for _, name := range names {
			if fits, _ := path.Match(pattern, name); fits {
				is, used[i] = true, true
			}
		}
	}
	return is
}

// Idle is the error of a pattern that Chosen has not marked; nil if all are marked. Kind is what it
// should have chosen, and want what would have been right.
func Idle(kind, want string, patterns []string, used []bool, known []string) error {
	for i, pattern := range patterns {
		if !used[i] {
			return fmt.Errorf("got %s %q; want %s; see: wantwrite list%s", kind,
				strings.ToValidUTF8(pattern, "?"), want, script.Suggest(pattern, known))
		}
	}
	return nil
}

// CSV writes rows in the format of RFC 4180, with a first line of names: those of the fields' json
// tags. The first field is left out: it says what kind of object a row is. Several words in a field have
// blanks between them.
func CSV[Row any](out io.Writer, rows []Row) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	kind := reflect.TypeFor[Row]()
	var names []string
	for i := 1; i < kind.NumField(); i++ {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	if err := w.Write(names); err != nil {
		return err
	}
	for i := range rows {
		if err := w.Write(fields(reflect.ValueOf(rows[i]))); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// fields are those of a row as text.
func fields(row reflect.Value) (text []string) {
	for i := 1; i < row.NumField(); i++ {
		if words, ok := row.Field(i).Interface().([]string); ok {
			text = append(text, strings.Join(words, " "))
		} else {
			text = append(text, fmt.Sprint(row.Field(i).Interface()))
		}
	}
	return text
}
