package story_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestBlameFollowsTheBytes: what one pump does is often seen at the other end, which has done
// nothing wrong. The story names the pump that did it, and the step and the bytes that show it.
func TestBlameFollowsTheBytes(t *testing.T) {
	for _, tc := range []struct{ what, script, seen, did string }{
		{"a close that leaves the queue behind: the server misses a byte",
			"data-loss/close-before-the-queue-upload-and-close",
			"Seen at step 14, at the server (pump reference): accepted plaintext never reaches the app, 1 bytes",
			"close-before-the-queue broke it at step 12, at the client: it ended its direction, and 1 " +
				"bytes that it had accepted were never given to its engine"},
		{"a pump that ends both directions when its peer ends one",
			"data-loss/peers-close-ends-both-half-close",
			"Seen at step 10, at the client (pump reference): accepted plaintext never reaches the app, 24 bytes",
			"peers-close-ends-both broke it at step 8, at the server: it ended its direction, and 24 bytes " +
				"that it had accepted were never given to its engine"},
		{"a piece of plaintext that is skipped: the client sees a gap",
			"data-loss/blocked-write-is-sent-bulk-both-ways",
			"Seen at step 10, at the client (pump reference)",
			"blocked-write-is-sent broke it at step 8, at the server: it gave its engine 251 bytes of " +
				"plaintext, which leaves out 251 bytes"},
		{"a send buffer that is used again: the client can't read the record",
			"spurious-failure/completion-buffer-reused-bulk-both-ways",
			"Seen at step 7, at the client (pump reference): the app was told of a TLS failure",
			"completion-buffer-reused broke it at step 5, at the server: it sent 128 bytes of ciphertext, "},
		{"a send that starts over: the client gets the bytes twice",
			"spurious-failure/completion-send-starts-over-bulk-both-ways",
			"Seen at step 15, at the client (pump reference): the app was told of a TLS failure",
			"completion-send-starts-over broke it at step 13, at the server: it sent 128 bytes of " +
				"ciphertext, of which some had gone by before"},
		{"a FIN that overtakes close_notify: the client sees a truncated end",
			"spurious-failure/completion-close-unsent-mutual-close",
			"Seen at step 12, at the client (pump reference): the app was told of a truncated end",
			"completion-close-unsent broke it at step 10, at the server: it ended its direction, and its " +
				"close was never sent"},
		{"an end that is told too early: nobody else has done anything",
			"data-loss/eof-before-data-upload-and-close",
			"At step 8, at the server (pump eof-before-data)",
			"eof-before-data broke it at step 8: the end counted while "},
	} {
		t.Run(tc.script, func(t *testing.T) {
			s := fuzztest.Script(t, tc.script+".script")
			out, err := run.Replay(fuzztest.RunnerFor(t, s), s, run.ReplayOptions{Trace: true})
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(story.Tell(s, &out).Verdict.Paragraphs, "\n")
			fuzztest.Wants(t, text, tc.seen, tc.did)
			lines := strings.Join(story.Explain(s, &out), "\n")
			place, clause, _ := strings.Cut(tc.did, ": ")
			if seen := strings.ToLower(tc.seen[:1]) + tc.seen[1:]; !strings.Contains(lines, seen[:20]) ||
				strings.HasPrefix(tc.seen, "Seen") && !strings.Contains(lines, clause) {
				t.Errorf("%s: got the lines\n%s\nwant %q and %q (%s)", tc.what, lines, seen, clause, place)
			}
		})
	}
}

// TestBlameDoesNotDependOnTheRole: the same mistake is found at the same end whichever of the two
// pumps is called the one under test.
func TestBlameDoesNotDependOnTheRole(t *testing.T) {
	judged := 0
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, _ *run.Runner) {
		c := s.Config
		if c.Pump == c.Peer || c.Links > 1 || c.Trigger != 0 {
			return // the loop's trigger goes with the role
		}
		here, ok := blamed(t, s)
		if !ok {
			return
		}
		turned := *s
		turned.Hash, turned.Config.Pump, turned.Config.Peer = 0, c.Peer, c.Pump
		turned.Config.Under = c.Under.Peer()
		there, ok := blamed(t, &turned)
		if !ok {
			return // settings such as hostile, eager-peer and keeps-open go with the role too
		}
		if judged++; here != there {
			t.Errorf("got the %s to blame, and the %s when it is the peer", here, there)
		}
	})
	if judged < 100 {
		t.Errorf("got %d scripts that fail both ways; want 100", judged)
	}
}

// blamed replays a script and says which end is to blame; ok is false if nothing was found.
func blamed(t *testing.T, s *script.Script) (end string, ok bool) {
	t.Helper()
	out, err := run.Replay(fuzztest.RunnerFor(t, s), s, run.ReplayOptions{Trace: true, Loose: true})
	if err != nil || !out.Result.Found {
		return "", false
	}
	return story.Tell(s, &out).Verdict.End, true
}
