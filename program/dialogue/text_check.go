package dialogue

import "strconv"

// sensible judges the newest of an end's steps.
func (r *textReader) sensible(steps []textStep) error {
	last := steps[len(steps)-1]
	word := textVerbs[last.verb].word
	switch {
	case r.closed > 0:
		return r.errorf("got %s behind the close in line %d; want nothing behind it", word, r.closed)
	case r.half > 0 && (last.verb.sends() || last.verb == textCloseWrite):
		return r.errorf("got %s behind close-write in line %d; want no more to be said", word, r.half)
	}
	switch last.verb {
	case textClose, textExpectClose, textCloseWrite:
		if last.depth > 0 {
			return r.errorf("got %s inside a repeat; want it behind the end", word)
		}
		if last.verb == textCloseWrite {
			r.half = r.line
			break
		}
		r.closed = r.line
	case textSendBytes:
		r.body = true
	case textExpectSent:
		if !r.body {
			return r.errorf("got expect-sent; want a send-bytes before it")
		}
	case textEnd:
		return r.goesOn(steps[last.other:])
	}
	return nil
}

// goesOn judges a repeat that ends here: without a number it must wait for something each time.
func (r *textReader) goesOn(steps []textStep) error {
	if steps[0].times > 0 {
		return nil
	}
	for _, s := range steps {
		switch s.verb {
		case textPause, textExpect, textExpectHex, textExpectUntil, textSkipUntil:
			return nil
		}
	}
	return r.errorf("got a repeat without a number that waits for nothing; want a pause in it, or an expect")
}

// finish judges the steps of an end that are all there.
func (r *textReader) finish() error {
	steps := r.ends[r.at]
	if len(r.open) > 0 {
		return r.errorf("got repeat in line %d without end; want end", steps[r.open[0]].line)
	}
	if said := bytesSaid(steps); said > mostSaid {
		return r.errorf("got lines that say %d bytes; want %d at most", said, mostSaid)
	}
	first := 0
	for first < len(steps) && steps[first].verb == textRepeat {
		first++
	}
	if first < len(steps) && steps[first].verb != textPause && !steps[first].verb.awaits() {
		steps = append([]textStep{{verb: textPause, line: steps[first].line}}, steps...)
		for i := range steps {
			steps[i].other++
		}
		r.ends[r.at] = steps
	}
	return nil
}

// bytesSaid is how much the steps say at most, each repeat without a number counted once.
func bytesSaid(steps []textStep) (said int) {
	times := 1
	var outer []int
	for _, s := range steps {
		switch {
		case s.verb == textRepeat:
			outer = append(outer, times)
			times = min(times*max(s.times, 1), mostSaid+1)
		case s.verb == textEnd:
			times, outer = outer[len(outer)-1], outer[:len(outer)-1]
		case s.verb.sends():
			said = min(said+times*s.longest(), mostSaid+1)
		default:
			said = min(said+times, mostSaid+1) // a step is some work, too
		}
	}
	return said
}

// longest is how long what a step says is at most, in bytes.
func (s *textStep) longest() (n int) {
	if s.verb != textSendBytes {
		for _, p := range s.parts {
			n += len(p.text) + 20*min(1, len(p.variable))
		}
		return n
	}
	if s.parts[0].variable != "" {
		return most
	}
	n, _ = strconv.Atoi(s.parts[0].text)
	return n
}
