package openssl

import "github.com/wantwrite/wantwrite/model"

// Results of SSL_read_early_data(3).
const (
	earlyData   = 1 // SSL_READ_EARLY_DATA_SUCCESS
	earlyFinish = 2 // SSL_READ_EARLY_DATA_FINISH
)

const callWriteEarly = "SSL_write_early_data"

// WriteEarly is SSL_write_early_data(3), at a client.
//
// Story 32: a client read between two such calls, and no input had come. OpenSSL took the second
// call for a continuation of the handshake, and could not decrypt what the server sent then: see
// issue 7757. So WriteEarly is refused after any other call that may read. It is also refused at a
// server, which would send data to an unknown peer.
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
