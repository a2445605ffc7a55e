package model

import "fmt"

// A Status is what an engine call answers, in OpenSSL's terms: what
// SSL_get_error(3) makes of the call's return value.
type Status uint8

const (
	// OK: the call did what it was asked (SSL_ERROR_NONE).
	OK Status = iota
	// WantRead: the engine needs more ciphertext from the peer
	// (SSL_ERROR_WANT_READ). Output may be pending at the same time, and the status
	// does not say so: that is the trap of MB-53428.
	WantRead
	// WantWrite: the output did not fit. Make the same call again once some output
	// has left (SSL_ERROR_WANT_WRITE). Read can answer this too.
	WantWrite
	// Closed: the peer's close_notify was read (SSL_ERROR_ZERO_RETURN).
	Closed
	// Failed: the engine or this call has failed; Err says which (SSL_ERROR_SSL). A
	// stale entry in the error queue also makes a call answer Failed.
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

// A ShutState is what SSL_get_shutdown(3) says: which alerts that end a direction have passed.
type ShutState uint8

const (
	// SentClose: our close_notify was sealed. It may still be in the engine.
	SentClose ShutState = 1 << iota
	// ReceivedClose: the peer's close_notify was read, or its fatal alert (SSL_set_shutdown(3)).
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

// An Engine is a TLS library as a pump sees it. Its calls behave as OpenSSL's do,
// because most libraries offer at least that.
//
// With the pair transport, ciphertext waits in two bounded buffers. The pump moves it
// with Feed and Drain (a BIO pair: BIO_s_bio(3)). With the attached transport the
// engine calls the socket itself, inside its calls; Feed and Drain then move nothing.
//
// An Engine belongs to one thread. All engines of a thread share its error queue.
type Engine interface {
	// Handshake drives a handshake, the first or a later one, as
	// SSL_do_handshake(3) does. OK means that no handshake is in progress.
	Handshake() Status
	// Read decrypts at most len(p) bytes into p; n > 0 comes with OK. It also
	// processes the handshake messages, KeyUpdates and alerts on the way, and may
	// produce output while doing so. SSL_read(3).
	Read(p []byte) (n int, s Status)
	// Write seals p. With partial writes n may be less than len(p); without them OK
	// means all of p. After WantRead or WantWrite the same bytes must be offered
	// again. SSL_write(3).
	Write(p []byte) (n int, s Status)
	// WriteEarly sends early data. It is called before any Read and any other Write,
	// before or during the first handshake (SSL_write_early_data(3)). OK means all of
	// p; WantWrite means that the same bytes must be offered again. The peer may
	// reject early data: see EarlyData. More than EngineConfig.EarlyData is fatal.
	WriteEarly(p []byte) (n int, s Status)
	// ReadEarly is how a server reads early data (SSL_read_early_data(3)). OK with
	// n = 0 is the end of it; from then on the server calls Read. With len(p) = 0 it
	// fails if early data has come. A server whose first call is another one rejects
	// early data.
	ReadEarly(p []byte) (n int, s Status)
	// Shutdown sends close_notify. OK: both ends' have passed. WantRead: ours is
	// sealed and the peer's has not come (SSL_shutdown(3) returns 0, or -1 with
	// WANT_READ). WantWrite: ours did not fit; call again.
	Shutdown() Status
	// Renegotiate begins a new handshake on an established TLS 1.2 link
	// (SSL_renegotiate(3)). A client sends a ClientHello, a server a HelloRequest.
	Renegotiate() Status
	// KeyUpdate sends a TLS 1.3 KeyUpdate, and asks for one in return if requested is
	// set (SSL_key_update(3), then SSL_do_handshake(3)).
	KeyUpdate(requested bool) Status
	// Authenticate asks for the client's certificate after a TLS 1.3 handshake
	// (RFC 8446, section 4.6.2; SSL_verify_client_post_handshake(3) and the
	// handshake call after it). The client's Read absorbs the request and writes
	// the answer; the server's Read absorbs that.
	Authenticate() Status
	// ClearErrors empties the thread's error queue (ERR_clear_error(3)). Skip this
	// and another connection's queued error is reported as yours.
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
	// HasPending: the engine holds bytes, decrypted or not, a part of a record
	// included. The input buffer's do not count (SSL_has_pending(3)).
	HasPending() bool
	// OutputPending: bytes that Drain would give (BIO_ctrl_pending(3)).
	OutputPending() int
	// InputRoom: bytes that Feed would take (BIO_ctrl_get_write_guarantee).
	InputRoom() int
	// EarlyData says what became of early data, once the peer has answered
	// (SSL_get_early_data_status(3)).
	EarlyData() EarlyStatus
	// Deferred: the engine holds an answer that only the next Write sends; a Write of
	// no bytes does too (SSL_get_key_update_type(3)).
	Deferred() bool
	// ShutState: which close_notify alerts have passed.
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

// A Transport is how ciphertext moves between the engine and the socket.
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

// A RenegPolicy is how an engine reacts when its peer asks for a renegotiation.
type RenegPolicy uint8

const (
	// RenegAllow: renegotiate.
	RenegAllow RenegPolicy = iota
	// RenegRefuse: answer with a no_renegotiation warning (RFC 5746, 4.5;
	// SSL_OP_NO_RENEGOTIATION).
	RenegRefuse
	// RenegIgnore: read the request and send nothing.
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

// Traits are the behaviours in which TLS libraries differ. The zero value is OpenSSL
// with renegotiation allowed and without its own defects, which have a trait each:
// DiesBlocked, LosesAlerts and PausesEarly.
type Traits struct {
	// Renegotiation is allowed, refused with a warning, or ignored.
	Renegotiation RenegPolicy
	// AnswerAtRead: the Read that processes a KeyUpdate request also answers it
	// (rustls, GnuTLS). Otherwise the answer waits for the next Write (OpenSSL, pull
	// 8773).
	AnswerAtRead bool
	// RefusalIsWarning: the link survives a no_renegotiation warning from the peer.
	// Otherwise the warning is fatal to the end that asked, as in OpenSSL.
	RefusalIsWarning bool
	// NoDataInReneg: application data between the ClientHello and the ServerHello of a
	// renegotiation is fatal. Otherwise it is delivered, as in OpenSSL.
	NoDataInReneg bool
	// DiesBlocked: a message that must be answered while a Write waits for room (a
	// ClientHello, a second KeyUpdate) kills the engine, and Err wraps ErrLibrary
	// (OpenSSL, issue 8677). Otherwise the answer follows the Write. With this trait,
	// early data that the handshake's buffer has no room for is also counted again at
	// each retry, until it exceeds the limit.
	DiesBlocked bool
	// LosesAlerts: when an alert fits only in part, the rest is lost or makes the next
	// Write fatal; Err then wraps ErrLibrary (OpenSSL). Otherwise the rest leaves with
	// the next call.
	LosesAlerts bool
	// PausesEarly concerns a client that has sent early data and whose Read stopped in
	// the middle of the server's flight. The Handshake or Write that reads the rest
	// answers OK without finishing the handshake, and the Write's data is sent as early
	// data (OpenSSL). Otherwise that call finishes the handshake, as
	// SSL_write_early_data(3) says.
	PausesEarly bool
	// AlertsAfterClose: a failure after our close_notify still sends an alert
	// (crypto/tls).
	AlertsAfterClose bool
	// SilentEOF: the end of the socket without close_notify sends no alert
	// (crypto/tls). OpenSSL sends decode_error.
	SilentEOF bool
}

// An EngineConfig is everything that an engine is made from. Both ends of a link get
// the same Version, Key, chains and ClientAuth.
type EngineConfig struct {
	Role      Role
	Version   Version
	Transport Transport
	// In and Out are the capacities of the pair's buffers in bytes, at least 1.
	In, Out int
	// Socket is what an attached engine calls; nil with Pair.
	Socket Socket
	// Errors is the thread's error queue, which the model's engines share. A real
	// library has its own.
	Errors *ErrorQueue
	Traits Traits
	// Key is the link's secret: keys, nonces and hello randoms follow from it.
	Key uint64
	// ServerChain and ClientChain are the lengths of the certificate chains
	// in bytes, 300 to 20000. A ServerChain of 0 means a PSK cipher suite and
	// no certificate at all.
	ServerChain, ClientChain int
	// Foreign: the other end is none of ours, such as a real program, and shares nothing with
	// this one. A client offers what stock servers accept, and verifies nothing. A server
	// has a certificate of about ServerChain bytes, for localhost; with ClientAuth it asks for
	// the client's, and takes any or none. There are no sessions to resume and no PSK. Real
	// libraries only.
	Foreign bool
	// ClientAuth: the server asks for the client's certificate.
	ClientAuth bool
	// Retry: a TLS 1.3 server rejects the key share of the first ClientHello and sends
	// a HelloRetryRequest (RFC 8446, section 4.1.4). It means nothing in TLS 1.2.
	Retry bool
	// Resume: the link resumes an earlier session. A TLS 1.2 handshake is then
	// abbreviated and the server finishes first (RFC 5246, section 7.3). A TLS 1.3
	// handshake has a PSK and no certificates (RFC 8446, section 2.2).
	Resume bool
	// EarlyData is how much early data, in bytes, the resumed session lets a TLS 1.3
	// client send (max_early_data_size, RFC 8446, section 4.6.1); 0 is none. It means
	// nothing without Resume.
	EarlyData int
	// PostAuth: a TLS 1.3 client allows the server to ask for its certificate after the
	// handshake: see Engine.Authenticate. It has a certificate if ServerChain and
	// ClientChain are set; otherwise it answers that it has none.
	PostAuth bool
	// Tickets is how many NewSessionTicket messages a TLS 1.3 server sends after the
	// handshake.
	Tickets int
	// MaxRecord is the most plaintext of one record in bytes, 1 to 16384.
	MaxRecord int
	// HandshakeRecord is the same for handshake messages: longer ones are split over
	// several records. 0 means 16384.
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
	// Watch, if not nil, is told of each message. It allocates, so it is set only for
	// a trace.
	Watch func(Note)
	// KeyLog, if not nil, gets the link's secrets, one line of the NSS key log format
	// at a time, without the newline. The model has none. It is set only for a trace.
	KeyLog func(line string)
}

// A Note is one message that an engine sent or processed, for the story of a run.
type Note struct {
	// Sent: the engine produced the message. Otherwise it processed it.
	Sent bool
	// Message is its name in the RFC: "ClientHello", "KeyUpdate", "alert
	// close_notify", "application data".
	Message string
	// Bytes is its length: of the handshake message or of the plaintext.
	Bytes int
}

// Capabilities are what a library can do, and how it may be used. Worlds that need more
// are not drawn for it. The zero value can do nothing. See Library.Can.
type Capabilities struct {
	// RealTLS: its records are TLS on the wire, which every other such library opens. The
	// model's are sealed with a checksum, so that it talks only to itself.
	RealTLS bool
	// UnderTest: it keeps its promises, so a pump that uses it can be judged. A library that
	// is made to attack stands at the peer's end only.
	UnderTest bool
	// Attacks: its engines implement attack.Attacker.
	Attacks bool
	// PSK and Certificates are how its ends can know each other: by a pre-shared key that
	// follows from EngineConfig.Key, or by certificates.
	PSK, Certificates bool
	// NamedSessions and TicketSessions: it resumes a session that follows from
	// EngineConfig.Key, so that another library can know it too. The session is found by a
	// name (a session id in TLS 1.2, a PSK identity in TLS 1.3), or by a ticket.
	NamedSessions, TicketSessions bool
	// Renegotiation: it renegotiates with other libraries, at either end. Without it, it may
	// still do so with itself.
	Renegotiation bool
	// PostAuth and EarlyData: it has them (RFC 8446, sections 4.6.2 and 2.3).
	PostAuth, EarlyData bool
	// AllTraits: each of Traits can be asked for. Otherwise that is only Traits.Renegotiation,
	// with RenegAllow or RenegRefuse.
	AllTraits bool
	// Nested: while an attached engine calls its socket, the peer's engine may be called.
	Nested bool
	// Snapshots: its engines implement Snapshotter.
	Snapshots bool
	// InProcess: it runs in this process, several at once, each on its own goroutine.
	// Otherwise a run may crash or hang it: hunts give it a child process, run one schedule
	// at a time there, and learn nothing from it.
	InProcess bool
}

// Both is what two libraries can do together: what each of them can.
func (c Capabilities) Both(d Capabilities) Capabilities {
	return Capabilities{
		RealTLS:        c.RealTLS && d.RealTLS,
		UnderTest:      c.UnderTest && d.UnderTest,
		Attacks:        c.Attacks && d.Attacks,
		PSK:            c.PSK && d.PSK,
		Certificates:   c.Certificates && d.Certificates,
		NamedSessions:  c.NamedSessions && d.NamedSessions,
		TicketSessions: c.TicketSessions && d.TicketSessions,
		Renegotiation:  c.Renegotiation && d.Renegotiation,
		PostAuth:       c.PostAuth && d.PostAuth,
		EarlyData:      c.EarlyData && d.EarlyData,
		AllTraits:      c.AllTraits && d.AllTraits,
		Nested:         c.Nested && d.Nested,
		Snapshots:      c.Snapshots && d.Snapshots,
		InProcess:      c.InProcess && d.InProcess,
	}
}

// A Library makes engines: the model's, or a real one's.
type Library interface {
	// Name is the word of --engine and of the scripts' header. Name and Can answer before
	// the library is loaded, too.
	Name() string
	// Can is what the library can do.
	Can() Capabilities
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
