package wire

// An Alert is an alert's description (RFC 8446, section 6; RFC 5246, 7.2).
type Alert uint8

// The alerts that the engine sends, or that have a meaning of their own when
// it receives them. Any other is fatal when its level says so.
const (
	AlertCloseNotify         Alert = 0
	AlertUnexpectedMessage   Alert = 10
	AlertBadRecordMAC        Alert = 20
	AlertRecordOverflow      Alert = 22
	AlertHandshakeFailure    Alert = 40
	AlertIllegalParameter    Alert = 47
	AlertDecodeError         Alert = 50
	AlertDecryptError        Alert = 51
	AlertProtocolVersion     Alert = 70
	AlertInternalError       Alert = 80
	AlertUserCanceled        Alert = 90
	AlertNoRenegotiation     Alert = 100
	AlertCertificateRequired Alert = 116
)

// The alert levels, the first byte of an alert. TLS 1.3 ignores them
// (RFC 8446, section 6).
const (
	LevelWarning byte = 1
	LevelFatal   byte = 2
)

// alertText has each name with its word in front, as notes want it, so that
// telling of an alert costs nothing.
var alertText = [256]string{
	AlertCloseNotify:         "alert close_notify",
	AlertUnexpectedMessage:   "alert unexpected_message",
	AlertBadRecordMAC:        "alert bad_record_mac",
	21:                       "alert decryption_failed",
	AlertRecordOverflow:      "alert record_overflow",
	30:                       "alert decompression_failure",
	AlertHandshakeFailure:    "alert handshake_failure",
	41:                       "alert no_certificate",
	42:                       "alert bad_certificate",
	43:                       "alert unsupported_certificate",
	44:                       "alert certificate_revoked",
	45:                       "alert certificate_expired",
	46:                       "alert certificate_unknown",
	AlertIllegalParameter:    "alert illegal_parameter",
	48:                       "alert unknown_ca",
	49:                       "alert access_denied",
	AlertDecodeError:         "alert decode_error",
	AlertDecryptError:        "alert decrypt_error",
	AlertProtocolVersion:     "alert protocol_version",
	71:                       "alert insufficient_security",
	AlertInternalError:       "alert internal_error",
	86:                       "alert inappropriate_fallback",
	AlertUserCanceled:        "alert user_canceled",
	AlertNoRenegotiation:     "alert no_renegotiation",
	109:                      "alert missing_extension",
	110:                      "alert unsupported_extension",
	112:                      "alert unrecognized_name",
	113:                      "alert bad_certificate_status_response",
	115:                      "alert unknown_psk_identity",
	AlertCertificateRequired: "alert certificate_required",
	120:                      "alert no_application_protocol",
}

// String is the RFC's name of the alert, "unknown" if it has none.
func (a Alert) String() string { return a.Word()[len("alert "):] }

// Word is the alert's word in a Note.
func (a Alert) Word() string {
	if s := alertText[a]; s != "" {
		return s
	}
	return "alert unknown"
}

// AlertRecord is a whole record in the clear with one alert: what an attacker
// can inject.
func AlertRecord(level byte, a Alert) []byte {
	return AppendRecord(nil, TypeAlert, WireTLS12, []byte{level, byte(a)})
}

// CommonAlerts are alerts that peers send, or that have a meaning of their own, for
// whoever draws one.
var CommonAlerts = [...]Alert{AlertCloseNotify, AlertUnexpectedMessage, AlertBadRecordMAC,
	AlertRecordOverflow, AlertHandshakeFailure, AlertDecodeError, AlertInternalError,
	AlertUserCanceled, AlertNoRenegotiation}
