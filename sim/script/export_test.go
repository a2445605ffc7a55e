package script

// KeysOf lists the keys of a header line, in its order.
func KeysOf(line string) []string { return keysOf(rowsOf(line)) }

// HeaderKeys lists the keys of all header lines; required are those that must be there.
func HeaderKeys() (all, required []string) {
	for _, l := range header {
		all = append(all, l.key)
		if !l.optional {
			required = append(required, l.key)
		}
	}
	return all, required
}
