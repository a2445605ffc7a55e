package story

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A hold says how many bytes lie in one place and how many fit there. Limit 0 means no
// limit of its own.
type hold struct {
	Name         string
	Bytes, Limit int
}

// firstInward is the first place of holds for incoming bytes, lastOutward that in front of it.
const firstInward, lastOutward = "socket, unread", "in flight to the peer"

// view is what was seen of an end after a step.
func (s *Story) view(step int, end script.End) *sim.View { return &s.Trace.View(step)[end] }

// unseen says whether a hold can't be seen: what lies inside a program.
func (s *Story) unseen(h hold, end script.End) bool {
	return s.Config.Foreign(end) && h.Name != firstInward && h.Name != lastOutward
}

// holds lists what lies where at an end after a step, from the app's plaintext on its
// way out to decrypted data on its way in.
func (s *Story) holds(step int, end script.End) []hold {
	v, z := s.view(step, end), &s.Config.Sizes
	a := &v.Account
	r := &a.Quiescence
	bio := z.Bio
	if a.Attached {
		bio = 0
	}
	return []hold{
		{"app has to write", int(a.Backlog), 0},
		{"pump, plaintext out", int(a.Queue()), z.Queue},
		{"engine, sealed", r.Sealed, 0},
		{"engine, output", r.Output, bio},
		{"pump, ciphertext out", int(a.PipeOut()), z.Pipe},
		{lastOutward, s.view(step, end.Peer()).InFlight, z.Flight},
		{firstInward, r.Unread, z.Window},
		{"pump, ciphertext in", int(a.PipeIn()), z.Pipe},
		{"engine, input", v.Input, bio},
		{"engine, decrypted", r.Inside, 0},
		{"pump, decrypted", int(a.Held()), z.Queue},
	}
}

// waits lists what an end waits for after a step, as pairs of a name and a value.
func (s *Story) waits(step int, end script.End) [][2]string {
	v := s.view(step, end)
	return [][2]string{
		{"interest", v.Account.Quiescence.Mask.String()},
		{"socket is ready for", v.Readiness.String()},
		{"loop would call with", called(v)},
		{"engine", engineState(v)},
		{"link", linkState(v)},
	}
}

// called is what the loop would tell the pump.
func called(v *sim.View) string {
	switch {
	case v.Ready != 0:
		return v.Ready.String()
	case v.Account.Gone:
		return "nothing: closed"
	case v.Timer > 0:
		return fmt.Sprintf("nothing before tick %d", v.Timer)
	}
	return "nothing"
}

func engineState(v *sim.View) string {
	r := &v.Account.Quiescence
	switch {
	case v.State != "":
		return v.State
	case v.Account.Foreign:
		return "the program's own"
	case r.Failed:
		return "failed"
	case r.InitDone:
		return "no handshake under way"
	}
	return "in a handshake"
}

// linkState says whether the link has ended, and how.
func linkState(v *sim.View) string {
	a := &v.Account
	switch {
	case a.Gone && a.Told:
		return "closed, app told: " + a.Why.String()
	case a.Gone:
		return "closed"
	case a.Told:
		return "app told: " + a.Why.String()
	case v.ResetSeen:
		return "reset"
	case v.FinSeen:
		return "the peer's FIN has come"
	case a.Closing:
		return "app has closed"
	case a.HalfClosing:
		return "app has half-closed"
	case a.Quiescence.Shut&model.ReceivedClose != 0:
		return "close_notify has come"
	}
	return "open"
}
