package sim

import (
	"bytes"

	"github.com/wantwrite/wantwrite/model/oracle"
)

// compare checks plaintext against what the peer's pump accepted, and takes
// it out of there.
func (a *app) compare(p []byte) oracle.Mismatch {
	from := &a.e.peer().app
	sent := from.buf[from.head:from.taken]
	switch {
	case a.e.acct.Paused:
		from.head += min(len(p), len(sent))
		return oracle.WhilePaused
	case len(p) <= len(sent) && bytes.Equal(p, sent[:len(p)]):
		from.head += len(p)
		return oracle.NoMismatch
	case repeated(p, from.buf[:from.taken], from.head):
		return oracle.Garbled
	case skipped(p, sent):
		return oracle.Gap
	}
	return oracle.Garbled
}

// repeated says whether p begins with bytes that were delivered before.
func repeated(p, all []byte, head int) bool {
	for at := head - 1; at >= 0; at-- {
		if n := min(len(p), len(all)-at); bytes.Equal(p[:n], all[at:at+n]) {
			return true
		}
	}
	return false
}

// skipped says whether p is found further on in what was sent: then what is
// before it was lost. Short pieces are found anywhere and prove nothing.
func skipped(p, sent []byte) bool {
	return len(p) >= 8 && bytes.Contains(sent, p)
}

// peer is the other end of the link.
func (e *endpoint) peer() *endpoint { return &e.w.ends[e.id.Peer()] }
