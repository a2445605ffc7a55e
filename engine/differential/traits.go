package differential

import "github.com/wantwrite/wantwrite/model"

// A Trait is something that libraries do differently. It says what the model does by default and
// what each library does. A library that does as the model has "the same".
type Trait struct {
	// Name is the trait's word. Call is the engine call that shows it.
	Name, Call string
	// What the model and the two libraries do, a clause each.
	Model, OpenSSL, GoTLS string
}

// same is the text of a library that does as the model.
const same = "the same"

// Traits are all known differences between the model, OpenSSL 3.0 and crypto/tls. Every other
// difference is a defect of the model.
func Traits() []Trait {
	return []Trait{
		{"answer-at-read", "Read of a KeyUpdate that asks for one",
			"the next Write answers", same, "answers at once"},
		{"dies-blocked", "Read that has to answer while a Write waits for room",
			"the answer waits behind it", "fatal (issue 8677)", same},
		{earlyPause, "Handshake or Write that reads the rest of the server's flight after early data",
			"concludes the handshake",
			"says OK without; a Write's data stay in a buffer, as early data", "no link has it"},
		{"loses-alerts", "any call after an alert that did not fit",
			"the rest leaves with it",
			"it is lost, or makes the next Write fatal", same},
		{"silent-eof", "Read at the end of the socket without close_notify",
			"fatal, with alert decode_error", same, "fatal, without an alert"},
		{"alert-after-close", "Read that fails after our Shutdown",
			"no alert: nothing follows close_notify", same, "sends it all the same"},
		{"data-in-renegotiation", "Read of data between ClientHello and ServerHello",
			"delivered; to any other call fatal", same, "fatal"},
		{"renegotiate", "Renegotiate",
			"begins one; refused in a handshake, behind a Write or half a record, after a " +
				"close, and to who refuses it", same, "refused"},
		{"key-update", "KeyUpdate", "sends one; refused behind a Write", same, "refused"},
		{"post-handshake-auth", "Authenticate", "asks for a certificate", same,
			"no link has it"},
		{"early-data", "WriteEarly, ReadEarly", "early data in a resumed session", same,
			"no link has it"},
		{"dead-status", "any call after a failure, the error queue cleared",
			"says what an earlier call wanted, or closed: a fatal alert counts as a close", same,
			"failed"},
		{"shorter-retry", "Write that is retried with fewer bytes",
			"fatal", same, "refused, and the link lives"},
		{"moved-retry", "Write that is retried from another address, without MovingBuffer",
			"fatal", same, "taken"},
		{"shutdown-behind-write", "Shutdown while a Write waits for room",
			"says what an earlier call wanted; the next one is fatal", same,
			"wants to write, until the Write's record has left"},
		{"shutdown-meets-data", "Shutdown that waits for the peer's and meets data",
			"fatal", same, "leaves it for Read"},
		{"error-queue", "any call that wants something, over a stranger's error",
			"failed", same, "has no queue"},
	}
}

// earlyPause is a trait that the model can copy, but only for a Handshake.
const earlyPause = "early-pause"

// OpenSSL compares the model with OpenSSL.
func OpenSSL(lib model.Library) *Comparison {
	return &Comparison{library: lib, ends: endsOpenSSL,
		column: func(t Trait) string { return t.OpenSSL },
		traits: model.Traits{DiesBlocked: true, LosesAlerts: true, PausesEarly: true}}
}

// endsOpenSSL names the trait of OpenSSL that ends a comparison; "" if none does. It is earlyPause
// when a client with early data has not finished its handshake, and its Write took data or has to
// be repeated.
func endsOpenSSL(c call, o outcome) string {
	v := o.Ends[c.on]
	write := c.op == opWrite || c.op == opMoved || c.op == opShorter
	took := o.Status == model.OK || o.Status == model.WantWrite
	if write && took && c.on == model.Client && !v.Init && v.Early != model.EarlyUnsent {
		return earlyPause
	}
	return ""
}

// GoTLS compares the model with crypto/tls. That has only certificates, no tickets here, and no
// call that begins anything.
func GoTLS(lib model.Library) *Comparison {
	return &Comparison{library: lib, mute: true,
		column: func(t Trait) string { return t.GoTLS },
		traits: model.Traits{AnswerAtRead: true, NoDataInReneg: true, SilentEOF: true,
			AlertsAfterClose: true},
		adapt: func(s *Setting) {
			s.Certs, s.Tickets, s.Refuse, s.Moving = true, 0, false, true
			s.PostAuth, s.Early = false, 0
		},
		avoid:   avoidsGoTLS,
		explain: explainGoTLS,
	}
}

// avoidsGoTLS reports whether crypto/tls has nothing like a call.
func avoidsGoTLS(c call, owed int) bool {
	switch c.op {
	case opRenegotiate, opAsk, opUpdate, opAuthenticate, opWriteEarly, opReadEarly:
		return true
	case opShutdown:
		return owed > 0
	}
	return false
}

// explainGoTLS names the trait of crypto/tls that explains a difference between two answers to a
// call; "" if none does. dead reports whether the model's engine has failed.
func explainGoTLS(c call, ours, theirs model.Status, dead bool) string {
	switch {
	case c.op == opShutdown && ours == model.Failed && theirs == model.WantRead:
		return "shutdown-meets-data"
	case c.op == opMoved && dead && theirs != model.Failed:
		return "moved-retry"
	case c.op == opShorter && dead && theirs == model.Failed:
		return "shorter-retry"
	case dead && theirs == model.Failed:
		return "dead-status"
	}
	return ""
}
