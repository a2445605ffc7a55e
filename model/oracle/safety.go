package oracle

import "github.com/wantwrite/wantwrite/model"

// The safety properties: what must never happen.

// checkDataLoss looks for a gap when an app is given data. When an app is told of the
// end it looks for what had arrived before and was not read (bugs.txt F18, F19), and for
// bytes that are missing although the peer closed in good order (bugs.txt F1: "returns 0
// even when this call had decrypted"). At quiescence it looks for accepted bytes that are
// in no buffer.
func checkDataLoss(l *Ledger, e int, m Moment) (Finding, bool) {
	a, p := &l.Ends[e], l.peer(e)
	if m == AtData {
		return Finding{End: e, Obligation: Delivery, Detail: "a part of the data is missing"},
			a.Mismatch == Gap
	}
	if m == AtClosed && a.leftBehind() > 0 {
		return Finding{End: e, Obligation: SocketInput, Bytes: a.leftBehind(),
			Detail: "it had arrived before the end, and the app was told of the end"}, true
	}
	missing := p.Accepted - a.Delivered
	f := Finding{End: e, Obligation: Delivery, Bytes: missing}
	if l.tainted(e) || missing == 0 || a.Closing {
		return f, false
	}
	if m == AtClosed {
		f.Detail = "the peer had closed in good order, after this data"
		return f, l.graceful(e) && a.Why != model.Fault && a.Why != model.TimedOut
	}
	f.Detail = "it is not in any buffer"
	failed := a.Told || p.Told || p.Quiescence.Failed || a.Quiescence.Failed
	return f, !failed && !p.outgoing() && !a.incoming()
}

func checkCorruption(l *Ledger, e int, _ Moment) (Finding, bool) {
	return Finding{End: e, Detail: "the app was given bytes that its peer did not write next"},
		l.Ends[e].Mismatch == Garbled
}

// checkTruncation looks for a FIN or a reset in the place of close_notify, after the
// app has closed (RFC 8446, section 6.1). It is judged at the end that sends it, and at
// the end that is told of it.
func checkTruncation(l *Ledger, e int, m Moment) (Finding, bool) {
	a, p := &l.Ends[e], l.peer(e)
	if m == AtFin {
		return Finding{End: e, Obligation: CloseNotify,
			Detail: "FIN leaves and close_notify never did"}, bareFin(l, e)
	}
	if !l.graceful(e) {
		return Finding{}, false
	}
	notified := p.Quiescence.Shut&model.SentClose != 0
	f := Finding{End: e ^ 1, Obligation: CloseNotify}
	switch {
	case !notified && a.Why == model.Clean:
		f.End, f.Detail = e, "the stream ended without close_notify and was taken for a clean end"
	case !notified && a.Quiescence.MetEnd && (a.Why == model.Truncated || a.Why == model.Broken && !a.Quiescence.Broken):
		f.Detail = "the socket was closed and close_notify was never sent"
	case a.Why == model.Broken && a.Quiescence.Broken:
		f.Detail = "the socket was closed with data unread: the reset destroyed the close"
	default:
		return f, false
	}
	return f, true
}

// bareFin says whether e's app has closed in good order, its engine could have said so,
// and did not. A close_notify that is still with the engine or the pump counts as not
// said: it will never leave now (bugs.txt F6).
func bareFin(l *Ledger, e int) bool {
	a := &l.Ends[e]
	r := &a.Quiescence
	asked := a.Closing || a.HalfClosing
	able := r.InitDone && !r.Failed && !r.Broken && !(a.Told && a.Why != model.Clean)
	return asked && able && !l.tainted(e) && !(r.Shut&model.SentClose != 0 && l.allLeft(e))
}

// checkSpurious looks for a failure that the app is told of although no fault was made
// and nobody closed.
func checkSpurious(l *Ledger, e int, _ Moment) (Finding, bool) {
	a, p := &l.Ends[e], l.peer(e)
	f := Finding{End: e, Detail: spuriousText[int(a.Why)%len(spuriousText)]}
	if l.tainted(e) || a.Closing || p.Told && p.Why != model.Clean {
		return f, false
	}
	if !p.Closing && !p.HalfClosing {
		return f, true
	}
	notified := p.Quiescence.Shut&model.SentClose != 0
	switch a.Why {
	case model.Truncated:
		return f, notified || !a.Quiescence.MetEnd
	case model.Broken:
		return f, !a.Quiescence.Broken && (notified || !a.Quiescence.MetEnd)
	}
	return f, a.Why != model.Clean
}

var spuriousText = [...]string{
	model.Clean:     "the app was told of a clean end and nobody closed",
	model.Truncated: "the app was told of a truncated end and no fault was made",
	model.Broken:    "the app was told of a reset and no fault was made",
	model.Fault:     "the app was told of a TLS failure and no fault was made",
	model.TimedOut:  "the app was told of a timeout and no fault was made",
}

// checkUnbounded looks for a pump that holds more than its limits allow, or gives the
// app data during a pause.
func checkUnbounded(l *Ledger, e int, m Moment) (Finding, bool) {
	a := &l.Ends[e]
	if m == AtData {
		return Finding{End: e, Detail: "the app was given data while it had paused"},
			a.Mismatch == WhilePaused
	}
	f := Finding{End: e}
	limit := uint64(a.Limits.Pipe)
	switch {
	case a.Queue() > uint64(a.Limits.Queue):
		f.Obligation, f.Bytes = PumpQueue, a.Queue()
	case a.PipeOut() > limit:
		f.Obligation, f.Bytes = PumpPipe, a.PipeOut()
	case a.Closing, a.Told:
		// The pump may throw away what comes now, and behind a close_notify it has to (RFC
		// 8446, section 6.1). From outside that looks like keeping it.
		return f, false
	case a.PipeIn() > limit:
		f.Obligation, f.Bytes = PumpInput, a.PipeIn()
	case a.Held() > uint64(a.Limits.Queue) && a.Held() > uint64(a.Limits.Chunk):
		f.Obligation, f.Bytes = HeldData, a.Held()
	default:
		return f, false
	}
	return f, true
}

func checkCrash(l *Ledger, e int, _ Moment) (Finding, bool) {
	return Finding{End: e, Detail: l.Ends[e].Misuse}, l.Ends[e].Misuse != ""
}
