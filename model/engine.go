package model

import "fmt"

// A Status is what an engine call answers, in OpenSSL's terms: what
// SSL_get_error(3) makes of the call's return value.
type Status uint8

const (
	// OK: the call did what it was asked (SSL_ERROR_NONE).
	OK Status = iota
	// WantRead: the engine needs more ciphertext from the peer
	// (SSL_ERROR_WANT_READ). Output may be pending all the same: that nobody
	// says so is the trap of MB-53428.
	WantRead
	// WantWrite: the engine's output did not fit and the call must be made
	// again once some has left (SSL_ERROR_WANT_WRITE). Read says it too.
	WantWrite
	// Closed: the peer's close_notify was read (SSL_ERROR_ZERO_RETURN).
	Closed
	// Failed: fatal for the engine, or for this call; Err says which
	// (SSL_ERROR_SSL). A stale entry of the error queue makes it so too.
	Failed

	numStatuses
)

var statusText = [numStatuses]string{"ok", "want-read", "want-write", "closed", "failed"}

// String names the status as traces do.
func (s Status) String() string {
	if s < numStatuses {
		return statusText[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// A ShutState is what SSL_get_shutdown(3) says: which close_notify alerts
// have gone by.
type ShutState uint8

const (
	// SentClose: our close_notify was sealed. It may still be in the engine.
	SentClose ShutState = 1 << iota
	// ReceivedClose: the peer's close_notify was read.
	ReceivedClose
)

// An EarlyStatus is what became of early data.
type EarlyStatus uint8

const (
	// EarlyUnsent: none was sent, or announced.
	EarlyUnsent EarlyStatus = iota
	// EarlyRejected: the server throws it away; it has to be sent again.
	EarlyRejected
	// EarlyAccepted: it counts as application data.
	EarlyAccepted

	numEarlyStatuses
)

var earlyText = [numEarlyStatuses]string{"unsent", "rejected", "accepted"}

// String names the status as traces do.
func (s EarlyStatus) String() string {
	if s < numEarlyStatuses {
		return earlyText[s]
	}
	return fmt.Sprintf("EarlyStatus(%d)", uint8(s))
}

// An Engine is a TLS library as a pump sees it. The semantics are OpenSSL's,
// the lowest common denominator of the field.
//
// With the pair transport ciphertext waits in two bounded buffers, which the
// pump moves with Feed and Drain (a BIO pair: BIO_s_bio(3)). With the attached
// transport the engine calls the socket itself, inside its calls, and Feed and
// Drain move nothing.
//
// An Engine belongs to one thread, together with the error queue that it
// shares with all other engines of that thread.
type Engine interface {
	// Handshake drives the handshake, the first or a later one, as
	// SSL_do_handshake(3) does. OK: none is under way any more.
	Handshake() Status
	// Read decrypts at most len(p) bytes into p: n > 0 goes with OK. It
	// absorbs whatever else arrives on the way: handshakes, KeyUpdates,
	// alerts; and it may thereby write. SSL_read(3).
	Read(p []byte) (n int, s Status)
	// Write seals p. With partial writes allowed n may be short; otherwise OK
	// means all of p. After WantRead or WantWrite the same bytes must be
	// offered again. SSL_write(3).
	Write(p []byte) (n int, s Status)
	// WriteEarly sends early data, before a handshake or in it: in front of
	// everything else, and of any Read (SSL_write_early_data(3)). OK means all of
	// p, WantWrite that the same bytes must be offered again. The peer may reject
	// it: see EarlyData. More of it than EngineConfig.EarlyData is fatal.
	WriteEarly(p []byte) (n int, s Status)
	// ReadEarly is a server's Read until the early data is at its end: OK and no
	// byte say so, and then Read goes on (SSL_read_early_data(3)). With len(p) 0 it
	// fails if there are data. A server that begins with another call rejects it.
	ReadEarly(p []byte) (n int, s Status)
	// Shutdown sends close_notify. WantRead: sent, the peer's has not been
	// seen (SSL_shutdown(3) returns 0, or -1 with WANT_READ); OK: both are
	// through; WantWrite: ours did not fit, call again.
	Shutdown() Status
	// Renegotiate begins a new handshake on an established TLS 1.2 link
	// (SSL_renegotiate(3)): a ClientHello, or from a server a HelloRequest.
	Renegotiate() Status
	// KeyUpdate sends a TLS 1.3 KeyUpdate, with update_requested or without
	// (SSL_key_update(3) and the handshake call after it).
	KeyUpdate(requested bool) Status
	// Authenticate asks for the client's certificate after a TLS 1.3 handshake
	// (RFC 8446, section 4.6.2; SSL_verify_client_post_handshake(3) and the
	// handshake call after it). The client's Read absorbs the request and writes
	// the answer; the server's Read absorbs that.
	Authenticate() Status
	// ClearErrors empties the thread's error queue (ERR_clear_error(3)).
	// Whoever leaves it out will one day fail for a stranger's error.
	ClearErrors()

	// Feed moves ciphertext into the engine's input buffer and says how much
	// fitted (BIO_write on the network end).
	Feed(p []byte) int
	// Drain moves ciphertext out of the engine's output buffer and says how
	// much there was (BIO_read on the network end).
	Drain(p []byte) int

	// InitFinished: no handshake is under way (SSL_is_init_finished(3)).
	InitFinished() bool
	// Pending: decrypted bytes that the next Read gives (SSL_pending(3)).
	Pending() int
	// HasPending: any bytes inside, decrypted or not, part of a record
	// included, but not those of the input buffer (SSL_has_pending(3)).
	HasPending() bool
	// OutputPending: bytes that Drain would give (BIO_ctrl_pending(3)).
	OutputPending() int
	// InputRoom: bytes that Feed would take (BIO_ctrl_get_write_guarantee).
	InputRoom() int
	// EarlyData says what became of early data, once the peer has answered
	// (SSL_get_early_data_status(3)).
	EarlyData() EarlyStatus
	// Deferred: the engine keeps an answer back until the next Write, which
	// may be of zero bytes (SSL_get_key_update_type(3)).
	Deferred() bool
	// ShutState: which close_notify alerts have gone by.
	ShutState() ShutState
	// Err says why the engine failed; nil while it has not.
	Err() error
}

// A Role is an end of a link.
type Role uint8

const (
	// Client opens the link and sends the first ClientHello.
	Client Role = iota
	// Server answers.
	Server
)

// String names the role as scripts do.
func (r Role) String() string {
	if r == Client {
		return "client"
	}
	return "server"
}

// Peer is the other end's role.
func (r Role) Peer() Role { return r ^ 1 }

// A Version is a TLS version.
type Version uint8

const (
	// TLS12 is RFC 5246, with renegotiation (RFC 5746).
	TLS12 Version = iota
	// TLS13 is RFC 8446.
	TLS13
)

// String names the version as scripts and flags do.
func (v Version) String() string {
	if v == TLS12 {
		return "1.2"
	}
	return "1.3"
}

// A Transport is how ciphertext gets between the engine and the socket.
type Transport uint8

const (
	// Pair: two bounded buffers, moved by the pump (kv_engine, node, asyncio).
	Pair Transport = iota
	// Attached: the engine calls the socket inside its calls (nginx, haproxy).
	Attached
)

// String names the transport as scripts do.
func (t Transport) String() string {
	if t == Pair {
		return "pair"
	}
	return "attached"
}

// A RenegPolicy is what an engine does when its peer asks for a new handshake.
type RenegPolicy uint8

const (
	// RenegAllow: take part in it.
	RenegAllow RenegPolicy = iota
	// RenegRefuse: answer with a no_renegotiation warning (RFC 5746, 4.5;
	// SSL_OP_NO_RENEGOTIATION).
	RenegRefuse
	// RenegIgnore: absorb the request and say nothing.
	RenegIgnore

	numRenegPolicies
)

var renegText = [numRenegPolicies]string{"allow", "refuse", "ignore"}

// String names the policy as scripts do.
func (r RenegPolicy) String() string {
	if r < numRenegPolicies {
		return renegText[r]
	}
	return fmt.Sprintf("RenegPolicy(%d)", uint8(r))
}

// Traits are what libraries do differently. The zero value is OpenSSL's
// behaviour with renegotiation allowed, without what it does to itself:
// DiesBlocked, LosesAlerts and PausesEarly.
type Traits struct {
	// Renegotiation: allowed, refused with a warning, or ignored.
	Renegotiation RenegPolicy
	// AnswerAtRead: a requested KeyUpdate is answered by the read that absorbs
	// it (rustls, GnuTLS). Otherwise the answer waits for the next Write
	// (OpenSSL, pull 8773).
	AnswerAtRead bool
	// RefusalIsWarning: a no_renegotiation warning leaves the asker's link up.
	// Otherwise it is fatal to the asker, as in OpenSSL.
	RefusalIsWarning bool
	// NoDataInReneg: application data that arrives between the ClientHello of
	// a renegotiation and its ServerHello is fatal. Otherwise it is delivered,
	// as OpenSSL does.
	NoDataInReneg bool
	// DiesBlocked: what has to be answered while a Write waits for room, a
	// ClientHello or a second KeyUpdate, is fatal, and Err wraps ErrLibrary
	// (OpenSSL, issue 8677). Otherwise it is answered behind the Write. And early
	// data for which the buffer of a handshake has no room is counted again
	// whenever it is offered again, until it is too much.
	DiesBlocked bool
	// LosesAlerts: the rest of an alert that did not fit is lost, or is in the
	// way of the next Write, which is fatal; Err then wraps ErrLibrary (OpenSSL).
	// Otherwise it leaves with the next call.
	LosesAlerts bool
	// PausesEarly: where a Read of a client that has sent early data has left the
	// server's flight in the middle, a Handshake or Write that finds the rest of it
	// stops behind it as well, and says OK (OpenSSL). The Write's data then count as
	// early data. Otherwise such a call concludes the handshake, as
	// SSL_write_early_data(3) says.
	PausesEarly bool
	// AlertsAfterClose: a failure after our close_notify is told all the same
	// (crypto/tls).
	AlertsAfterClose bool
	// SilentEOF: a socket that ends in mid-link is not answered with an alert,
	// decode_error in OpenSSL (crypto/tls).
	SilentEOF bool
}

// An EngineConfig is all that an engine is made from. Both ends of a link get
// the same Version, Key, chains and ClientAuth.
type EngineConfig struct {
	Role      Role
	Version   Version
	Transport Transport
	// In and Out are the capacities of the pair's buffers in bytes, at least 1.
	In, Out int
	// Socket is what an attached engine calls; nil with Pair.
	Socket Socket
	// Errors is the error queue of the thread. The model's engines share it;
	// a real library has its own.
	Errors *ErrorQueue
	Traits Traits
	// Key is the link's secret: keys, nonces and hello randoms follow from it.
	Key uint64
	// ServerChain and ClientChain are the lengths of the certificate chains
	// in bytes, 300 to 20000. A ServerChain of 0 means a PSK cipher suite and
	// no certificate at all.
	ServerChain, ClientChain int
	// ClientAuth: the server asks for the client's certificate.
	ClientAuth bool
	// Retry: a TLS 1.3 server does not take the key share of the client's first
	// ClientHello, and asks for another one with a HelloRetryRequest (RFC 8446,
	// section 4.1.4). TLS 1.2 has none.
	Retry bool
	// Resume: the link resumes a session of a link before it. A handshake of TLS
	// 1.2 is then abbreviated, and the server finishes first (RFC 5246, section
	// 7.3); one of TLS 1.3 has a PSK and no certificates (RFC 8446, section 2.2).
	Resume bool
	// EarlyData is the most early data, in bytes, that the session which is
	// resumed lets a TLS 1.3 client send (max_early_data_size of RFC 8446,
	// section 4.6.1); 0 is none. It means nothing without Resume.
	EarlyData int
	// PostAuth: a TLS 1.3 client lets the server ask for its certificate after
	// the handshake: see Engine.Authenticate. With a ServerChain and a
	// ClientChain it has one, otherwise it answers that it has none.
	PostAuth bool
	// Tickets is how many NewSessionTickets a TLS 1.3 server sends after the
	// handshake.
	Tickets int
	// MaxRecord is the most plaintext of one record in bytes, 1 to 16384.
	MaxRecord int
	// HandshakeRecord is the same for handshake messages, which it splits
	// over several records; 0 means MaxRecordLen.
	HandshakeRecord int
	// BodyLen, if not nil, says how long a handshake message's body is, in bytes;
	// 0 is the model's own length. message is its word in a Note, from is who sends
	// it, and again says that it is a renegotiation's. The model's engines only.
	BodyLen func(message string, from Role, again bool) int
	// PartialWrite: Write may take a part (SSL_MODE_ENABLE_PARTIAL_WRITE).
	PartialWrite bool
	// MovingBuffer: a retry may come from another address
	// (SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER).
	MovingBuffer bool
	// Watch, if not nil, is told of each message; it costs allocations and is
	// set only when a trace is wanted.
	Watch func(Note)
	// KeyLog, if not nil, is given the secrets of the link, a line of NSS's key
	// log format a time, without the newline; the model has none that anybody
	// else could use. It is set only when a trace is wanted.
	KeyLog func(line string)
}

// A Note is one thing that happened inside an engine, for the story of a run.
type Note struct {
	// Sent: the engine produced the message; otherwise it absorbed it.
	Sent bool
	// Message is what it was, in the RFC's word: "ClientHello", "KeyUpdate",
	// "alert close_notify", "application data".
	Message string
	// Bytes is its length: of the handshake message or of the plaintext.
	Bytes int
}

// A Library makes engines: the model's, or a real one's.
type Library interface {
	// Name is the word of --engine: "model", "openssl".
	Name() string
	// Describe is the library's name and version for people.
	Describe() string
	// Begin starts a run on the calling goroutine, with all randomness drawn
	// from seed, and End ends it. A real library pins the thread meanwhile,
	// because its error queue belongs to the thread.
	Begin(seed uint64)
	End()
	// New makes an engine. It fails if the library can't do what cfg asks.
	New(cfg *EngineConfig) (Engine, error)
	// Free takes an engine back. It must not be used afterwards.
	Free(Engine)
}
