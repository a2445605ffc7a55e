package wire

import (
	"strings"
	"testing"
)

// TestAlertsAreNamed: each alert has the RFC's name, and one that has none says so.
func TestAlertsAreNamed(t *testing.T) {
	for a, text := range alertText {
		if text != "" && !strings.HasPrefix(text, "alert ") {
			t.Errorf("alert %d is called %q", a, text)
		}
	}
	if Alert(200).String() != "unknown" || AlertNoRenegotiation.String() != "no_renegotiation" {
		t.Error("alerts are misnamed")
	}
}

// TestRecordSize: a record is as long as its header says, and a part of a header says
// nothing.
func TestRecordSize(t *testing.T) {
	rec := AppendRecord(nil, TypeAlert, TLS12, []byte{2, byte(AlertDecodeError)})
	if got := RecordSize(rec); got != len(rec) || got != HeaderLen+2 {
		t.Errorf("got size %d of a record of %d bytes; want %d", got, len(rec), HeaderLen+2)
	}
	if got := RecordSize(rec[:HeaderLen-1]); got != 0 {
		t.Errorf("got size %d of a part of a header; want 0", got)
	}
}
