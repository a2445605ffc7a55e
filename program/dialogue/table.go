package dialogue

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim/script"
)

// All are the dialogues that have a name. Each New makes Judges. What a user writes for a server
// of his own is read by Parse.
func All() []*own.Dialogue {
	return []*own.Dialogue{&http, &httpAny, &redis, &memcached, &memcachedBinary, &echo, &smtp}
}

// Named is the dialogue with that name.
func Named(name string) (*own.Dialogue, error) {
	var names []string
	for _, d := range All() {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return nil, fmt.Errorf("dialogue: got dialogue %q; want %s%s", name, oneOf(names),
		script.Suggest(name, names))
}

// oneOf lists words for an error.
func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
