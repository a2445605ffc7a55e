package wire

// An Alert is an alert's description (RFC 8446, section 6; RFC 5246, 7.2).
type Alert uint8

// The alerts that an engine of ours sends, or treats in its own way when it receives
// them. Any other is fatal if its level says so.
const (
	AlertCloseNotify       Alert = 0
	AlertUnexpectedMessage Alert = 10
	AlertBadRecordMAC      Alert = 20
	AlertRecordOverflow    Alert = 22
	AlertHandshakeFailure  Alert = 40
	AlertIllegalParameter  Alert = 47
	AlertDecodeError       Alert = 50
	AlertDecryptError      Alert = 51
	AlertProtocolVersion   Alert = 70
	AlertInternalError     Alert = 80
	AlertUserCanceled      Alert = 90
	AlertNoRenegotiation   Alert = 100
)

// The alert levels, the first byte of an alert. TLS 1.3 ignores them
// (RFC 8446, section 6).
const (
	LevelWarning byte = 1
	LevelFatal   byte = 2
)

// alertText has each alert's Word, so that a note of an alert allocates no string.
var alertText = [256]string{
	AlertCloseNotify:       "alert close_notify",
	AlertUnexpectedMessage: "alert unexpected_message",
	AlertBadRecordMAC:      "alert bad_record_mac",
	21:                     "alert decryption_failed",
	AlertRecordOverflow:    "alert record_overflow",
	30:                     "alert decompression_failure",
	AlertHandshakeFailure:  "alert handshake_failure",
	41:                     "alert no_certificate",
	42:                     "alert bad_certificate",
	43:                     "alert unsupported_certificate",
	44:                     "alert certificate_revoked",
	45:                     "alert certificate_expired",
	46:                     "alert certificate_unknown",
	AlertIllegalParameter:  "alert illegal_parameter",
	48:                     "alert unknown_ca",
	49:                     "alert access_denied",
	AlertDecodeError:       "alert decode_error",
	AlertDecryptError:      "alert decrypt_error",
	60:                     "alert export_restriction",
	AlertProtocolVersion:   "alert protocol_version",
	71:                     "alert insufficient_security",
	AlertInternalError:     "alert internal_error",
	86:                     "alert inappropriate_fallback",
	AlertUserCanceled:      "alert user_canceled",
	AlertNoRenegotiation:   "alert no_renegotiation",
	109:                    "alert missing_extension",
	110:                    "alert unsupported_extension",
	111:                    "alert certificate_unobtainable",
	112:                    "alert unrecognized_name",
	113:                    "alert bad_certificate_status_response",
	114:                    "alert bad_certificate_hash_value",
	115:                    "alert unknown_psk_identity",
	116:                    "alert certificate_required",
	120:                    "alert no_application_protocol",
}

// String is the RFC's name of the alert, such as "close_notify"; "unknown" if it has none.
func (a Alert) String() string { return a.Word()[len("alert "):] }

// Word is the alert's word in a model.Note, such as "alert close_notify".
func (a Alert) Word() string {
	if s := alertText[a]; s != "" {
		return s
	}
	return "alert unknown"
}

// CommonAlerts are those that a fuzzer draws from.
var CommonAlerts = [...]Alert{AlertCloseNotify, AlertUnexpectedMessage, AlertBadRecordMAC,
	AlertRecordOverflow, AlertHandshakeFailure, AlertDecodeError, AlertInternalError,
	AlertUserCanceled, AlertNoRenegotiation}
