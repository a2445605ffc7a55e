package openssl

import "github.com/wantwrite/wantwrite/model"

// What SSL_read_early_data(3) answers.
const (
	earlyData   = 1 // SSL_READ_EARLY_DATA_SUCCESS
	earlyFinish = 2 // SSL_READ_EARLY_DATA_FINISH
)

const callWriteEarly = "SSL_write_early_data"

// WriteEarly is SSL_write_early_data(3), at a client.
//
// Story 32: between two such calls a client had read, and there was nothing yet.
// OpenSSL took the second for the time to go on with the handshake, and could
// not open what the server then sent (issue 7757). After any other call that
// may read it is refused. So is a server's, which sends data to it knows not
// whom.
func (e *engine) WriteEarly(p []byte) (int, model.Status) {
	if e.server || e.began {
		return 0, e.refuse(callWriteEarly, "it is not the time for early data")
	}
	n, ok := e.move(e.lib.sslWriteEarly, e.ssl, p)
	if ok {
		e.earlyOpen = false
		return n, e.well()
	}
	s := e.sendStatus(callWriteEarly, 0)
	e.earlyOpen = true
	return 0, s
}

// ReadEarly is SSL_read_early_data(3).
func (e *engine) ReadEarly(p []byte) (int, model.Status) {
	n, r := e.moveFor(e.lib.sslReadEarly, e.ssl, p)
	switch r {
	case earlyData:
		if e.watch != nil {
			e.watch(model.Note{Message: "application data", Bytes: n})
		}
		return n, e.well()
	case earlyFinish:
		return 0, e.well()
	}
	return 0, e.status("SSL_read_early_data", 0)
}

// EarlyData is SSL_get_early_data_status(3), which has the same values.
func (e *engine) EarlyData() model.EarlyStatus {
	return model.EarlyStatus(e.ask(e.lib.sslEarlyStatus))
}
