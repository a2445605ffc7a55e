/*
 * kv: Couchbase's memcached server around MB-53428, on epoll(7), level-triggered, with a BIO pair.
 *
 *	recv -> in  -> [network BIO | application BIO] -> SSL_read  -> request
 *	send <- out <- [network BIO | application BIO] <- SSL_write <- piece of the response
 *
 * It speaks memcached's binary protocol as far as these tests do: a request's header has the length
 * of its body and, in the low half of its cas, the length of the answer's body; 0 is no answer.
 *
 * Without -m it is sound. "-m original" is the server before the change, "-m speculative" the
 * change that was abandoned, "-m landed" the one that was merged. They differ in the policy below
 * and in nothing else. Other mistakes of the same server stand alone: all three have the accept
 * loop of MB-51498, and with it no schedule would come as far as what they differ in.
 */
#include "canary.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

static const char *const mistakes[] = {
	"original", "speculative", "landed", "flag-first", "zero-return-empty", "accept-loop",
	"want-write-accept", "want-write-read", "yield-sleeps", "stays-writable", "piece-refilled",
	"fin-first", "close-unread", "drained-at-close", "failure-leaks", NULL};

#define PIPE 8192		/* bytes of each pipe and each half of the BIO pair */
#define HEADER 24		/* bytes of a message's header */
#define MAX_BODY (1u << 20)	/* bytes of the longest body */
#define COMMANDS 20		/* executed in a turn before it yields */

/* A policy is all in which the variants differ. */
static struct {
	/* MISTAKE original (stall, data-loss, truncation, spurious-failure; MB-53428, h2o #597,
	 * netty #1964): what SSL_read has answered, to a renegotiation or to a second KeyUpdate,
	 * stays in the BIO until the next response. Shows when a client waits for that. */
	bool leaves;
	/* MISTAKE speculative (stall, data-loss, truncation, spurious-failure; MB-53428,
	 * abandoned): it is sent after each read, but what does not fit has no write interest.
	 * Shows when the end of a handshake, or that answer, does not fit the socket. */
	bool sends_once;
	/* MISTAKE landed (stall, spurious-failure, truncation; MB-53428 dec107512): it is sent
	 * when SSL_read says want-read, but what does not fit has no write interest. Shows when
	 * the end of a handshake, or that answer, does not fit the socket. */
	bool sends_when_dry;
	/* Renegotiation: OpenSSL 1.1.1 allowed it unless told otherwise. */
	bool renegotiates;
	/* MISTAKE flag-first (data-loss, truncation; MB-53428 dec107512 part 2.1, re #16): FIN
	 * is looked at before the records in front of it. Shows when a request and FIN come at
	 * once. */
	bool flag_first;
	/* MISTAKE zero-return-empty (data-loss; MB-53428 dec107512): a read that meets
	 * close_notify gives nothing, though it has decrypted something. Shows when a request
	 * and close_notify come at once. */
	bool zero_return_empty;
	/* MISTAKE want-write-read (spurious-failure, truncation; curl #18682, MB-53428
	 * dec107512): SSL_read needs room for its answer, and the server takes that for a
	 * failure. Shows when a client updates its keys twice and the BIO is full. */
	bool want_write_resets;
} policy;

static void choose_policy(void)
{
	bool original = mistake("original"), speculative = mistake("speculative");

	policy.leaves = original;
	policy.sends_once = speculative || mistake("landed");
	policy.sends_when_dry = mistake("landed");
	policy.renegotiates = original || speculative;
	policy.flag_first = original || speculative || mistake("flag-first");
	policy.zero_return_empty = original || speculative || mistake("zero-return-empty");
	policy.want_write_resets = original || policy.sends_once || mistake("want-write-read");
}

/* A pipe is a buffer between two calls. */
struct pipe {
	unsigned char bytes[PIPE];
	size_t from, to;
};

enum state {
	READING, /* a request, or the handshake before it */
	SENDING, /* a response */
	ENDING,	 /* close_notify or an alert is made; what waits is sent, then FIN */
	LINGER,	 /* FIN is sent; the peer's is awaited */
	OVER,
};

/* What a read or a write says that gives no bytes. */
enum { CLOSED = 0, WOULD_BLOCK = -1, RESET = -2 };

struct connection {
	SSL *ssl;
	BIO *network;
	int fd;
	enum state state;
	bool up;		 /* the handshake is done */
	bool eof;		 /* recv has said 0: the error flag */
	bool dead;		 /* recv or send has failed: the error flag */
	bool yielded;		 /* the turn ended in the middle of the input */
	uint32_t armed;		 /* the interest that epoll has */
	struct pipe in, out, request, piece;
	bool parsed;		 /* the request's header */
	bool notify;		 /* close_notify is still to be made */
	unsigned char opcode;	 /* of the request, as all that follows */
	uint32_t opaque;
	uint32_t skip;		 /* bytes of its body still to come */
	uint32_t answer;	 /* bytes of the body that is wanted back */
	uint32_t done;		 /* bytes of that body that were made */
};

static int loop, door; /* the epoll and the listener */

static size_t length(const struct pipe *p)
{
	return p->to - p->from;
}

/* space moves what a pipe holds to its start, and returns how much more it can take. */
static size_t space(struct pipe *p)
{
	memmove(p->bytes, p->bytes + p->from, length(p));
	p->to -= p->from;
	p->from = 0;
	return PIPE - p->to;
}

/* drain_receive moves what has come into the BIO, until the socket is empty or all is full. */
static void drain_receive(struct connection *c)
{
	for (bool moved = true; moved;) {
		int n = length(&c->in) == 0 ? 0
					    : BIO_write(c->network, c->in.bytes + c->in.from,
							(int)length(&c->in));
		ssize_t got;

		moved = n > 0;
		if (n > 0)
			c->in.from += (size_t)n;
		if (c->eof || c->dead || space(&c->in) == 0)
			continue;
		got = recv(c->fd, c->in.bytes + c->in.to, PIPE - c->in.to, 0);
		if (got > 0) {
			c->in.to += (size_t)got;
			moved = true;
		}
		c->eof = got == 0;
		c->dead = got < 0 && !would_block();
	}
}

/* drain_send moves what OpenSSL has made to the socket, until that is full or nothing waits. */
static void drain_send(struct connection *c)
{
	for (bool moved = true; moved && !c->dead;) {
		int n;

		if (length(&c->out) > 0) {
			ssize_t sent = send(c->fd, c->out.bytes + c->out.from, length(&c->out), 0);

			c->dead = sent < 0 && !would_block();
			if (sent < 0)
				return;
			c->out.from += (size_t)sent;
		}
		n = space(&c->out) > 0 ? BIO_read(c->network, c->out.bytes + c->out.to,
						  (int)(PIPE - c->out.to))
				       : 0;
		moved = n > 0;
		if (n > 0)
			c->out.to += (size_t)n;
	}
}

/* output_waits says whether bytes wait to be sent. */
static bool output_waits(const struct connection *c)
{
	return length(&c->out) > 0 || BIO_ctrl_pending(c->network) > 0;
}

/* pending_input says whether there is something to read that epoll can't see. */
static bool pending_input(struct connection *c)
{
	if (length(&c->in) > 0) {
		int n = BIO_write(c->network, c->in.bytes + c->in.from, (int)length(&c->in));

		c->in.from += n > 0 ? (size_t)n : 0;
	}
	return SSL_pending(c->ssl) > 0;
}

/* try_again says whether a call of OpenSSL can get further now, after it said why it could not. */
static bool try_again(const struct connection *c, int why)
{
	BIO *application = SSL_get_rbio(c->ssl);

	return why == SSL_ERROR_WANT_WRITE ? BIO_ctrl_get_write_guarantee(application) > 0
					   : BIO_ctrl_pending(application) > 0;
}

/* accept_loop goes on with the handshake as far as it gets. */
static int accept_loop(struct connection *c)
{
	int result, why;

	do {
		drain_receive(c);
		ERR_clear_error();
		result = SSL_accept(c->ssl);
		why = SSL_get_error(c->ssl, result);
		drain_send(c);
		if (result == 1) {
			c->up = true;
			return 1;
		}
		/* MISTAKE want-write-accept (spurious-failure, truncation; MB-42607): a flight
		 * that is longer than the BIO ends the connection. Shows when the chain of
		 * certificates is longer than 8 kB. */
		if (why == SSL_ERROR_WANT_WRITE && mistake("want-write-accept"))
			return RESET;
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			return RESET;
		drain_receive(c);
		/* MISTAKE accept-loop (busy-loop; MB-51498): the handshake is tried again at
		 * once until the peer's next flight has come, and nobody else has a turn. Shows
		 * in each handshake that waits for the peer. */
	} while (try_again(c, why) || (mistake("accept-loop") && !c->eof && !c->dead));
	return c->eof || c->dead ? RESET : WOULD_BLOCK;
}

/* read_request decrypts what it can, until the request pipe is full: how many bytes, or why none. */
static int read_request(struct connection *c)
{
	int got = 0, result = c->up ? 1 : accept_loop(c), n, why;

	if (result != 1)
		return result;
	while (space(&c->request) > 0) {
		drain_receive(c);
		if (policy.flag_first && (c->eof || c->dead))
			return got > 0 ? got : RESET;
		ERR_clear_error();
		n = SSL_read(c->ssl, c->request.bytes + c->request.to,
			     (int)(PIPE - c->request.to));
		why = SSL_get_error(c->ssl, n);
		if (n > 0) {
			c->request.to += (size_t)n;
			got += n;
			continue;
		}
		if (why == SSL_ERROR_ZERO_RETURN)
			return policy.zero_return_empty ? CLOSED : got;
		if (why != SSL_ERROR_WANT_READ &&
		    (why != SSL_ERROR_WANT_WRITE || policy.want_write_resets))
			return RESET;
		if (why == SSL_ERROR_WANT_WRITE || policy.sends_when_dry)
			drain_send(c);
		if (!try_again(c, why) && (why == SSL_ERROR_WANT_WRITE || length(&c->in) == 0))
			break;
	}
	if (!policy.leaves && !policy.sends_when_dry)
		drain_send(c);
	if (got == 0 && (c->eof || c->dead))
		return RESET;
	return got > 0 ? got : WOULD_BLOCK;
}

static uint32_t number(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_number(unsigned char *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(n >> (24 - 8 * i));
}

/* execute takes a request off the pipe, and says whether it was there as a whole. */
static bool execute(struct connection *c)
{
	const unsigned char *header = c->request.bytes + c->request.from;
	size_t n;

	if (!c->parsed) {
		if (length(&c->request) < HEADER)
			return false;
		c->opcode = header[1];
		c->skip = number(header + 8);
		c->opaque = number(header + 12);
		c->answer = number(header + 20);
		c->request.from += HEADER;
		c->parsed = true;
		if (header[0] != 0x80 || c->skip > MAX_BODY)
			c->state = ENDING;
	}
	n = c->skip < length(&c->request) ? c->skip : length(&c->request);
	c->request.from += n;
	c->skip -= (uint32_t)n;
	if (c->skip > 0 || c->state != READING)
		return false;
	c->parsed = false;
	if (c->answer == 0)
		return true;
	c->answer = c->answer < MAX_BODY ? c->answer : MAX_BODY;
	c->done = 0;
	c->state = SENDING;
	c->piece = (struct pipe){.bytes = {0x81, c->opcode}, .to = HEADER};
	put_number(c->piece.bytes + 8, c->answer);
	put_number(c->piece.bytes + 12, c->opaque);
	return true;
}

/* fill makes the next piece of the body. No two places of it look alike for long. */
static void fill(struct connection *c)
{
	size_t room = space(&c->piece), left = c->answer - c->done;

	for (size_t n = room < left ? room : left; n > 0; n--, c->done++)
		c->piece.bytes[c->piece.to++] =
			(unsigned char)(c->opaque + c->done + c->done / 251 + c->done / 63001);
}

/* transmit sends the response under way, and says whether it is all sent. */
static bool transmit(struct connection *c)
{
	int n;

	for (;;) {
		drain_send(c);
		if (length(&c->out) > 0 || c->dead)
			return false;
		if (length(&c->piece) == 0 && c->done == c->answer)
			return true;
		if (length(&c->piece) == 0)
			fill(c);
		ERR_clear_error();
		n = SSL_write(c->ssl, c->piece.bytes + c->piece.from, (int)length(&c->piece));
		if (n > 0) {
			c->piece.from += (size_t)n;
			continue;
		}
		if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_WRITE) {
			c->state = ENDING;
			return true;
		}
		/* MISTAKE piece-refilled (corruption, data-loss; MB-35717, OpenSSL #5299): the
		 * repeated write offers other bytes, and OpenSSL has sealed the first ones.
		 * Shows when an answer has more than one piece and a write is repeated. */
		if (mistake("piece-refilled")) {
			c->piece.to = c->piece.from;
			fill(c);
		}
	}
}

/* end sends what waits, then FIN, and waits for the peer's. close(2) alone would answer bytes that
 * were not read with RST, and RST destroys the tail at the peer. */
static void end(struct connection *c)
{
	drain_send(c);
	if (c->notify) {
		int result;

		ERR_clear_error();
		result = SSL_shutdown(c->ssl);
		c->notify = result < 0 && SSL_get_error(c->ssl, result) == SSL_ERROR_WANT_WRITE;
		drain_send(c);
	}
	/* MISTAKE fin-first (truncation, data-loss; netty 4431ad894d, helio 1772ff7): FIN
	 * overtakes what did not fit. Shows when the socket has no room at the close. */
	if (output_waits(c) && !mistake("fin-first"))
		return;
	shutdown(c->fd, SHUT_WR);
	/* MISTAKE close-unread (truncation; curl b249592d29, libuv #3036): RST for what was not
	 * read. Shows when a failure leaves bytes unread: its alert is lost. */
	c->state = c->eof || mistake("close-unread") ? OVER : LINGER;
}

/* linger throws away what still comes, up to the peer's FIN. */
static void linger(struct connection *c)
{
	unsigned char chunk[PIPE];
	ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);

	if (n == 0 || (n < 0 && !would_block()))
		c->state = OVER;
}

/* command_loop runs until the connection has to wait, or has executed enough. */
static void command_loop(struct connection *c)
{
	int commands = 0, n;

	c->yielded = false;
	while (!c->dead && !c->yielded) {
		if (c->state == SENDING) {
			if (!transmit(c))
				return;
			if (c->state == SENDING)
				c->state = READING;
		} else if (c->state == READING && commands == COMMANDS && length(&c->request) > 0) {
			c->yielded = true;
		} else if (c->state == READING && execute(c)) {
			commands++;
		} else if (c->state == READING) {
			n = read_request(c);
			if (n == WOULD_BLOCK)
				return;
			c->notify = n == CLOSED;
			if (n <= 0)
				c->state = ENDING;
		} else if (c->state == ENDING) {
			end(c);
			return;
		} else {
			linger(c);
			return;
		}
	}
}

/* interest is read or write, never both. */
static uint32_t interest(struct connection *c)
{
	/* After a yield there may be input that epoll can't see. Write interest fires soon.
	 * MISTAKE yield-sleeps (stall; MB-11203, memcached 96e05b75f): after a yield the rest
	 * waits in OpenSSL or in a pipe until the client sends more. Shows when more than 20
	 * requests come at once. */
	bool more = (c->yielded || (c->up && pending_input(c))) && !mistake("yield-sleeps");
	/* The sound answer to MB-53428: what waits is sent, whoever has made it. */
	bool sends = output_waits(c) && !(c->up && (policy.leaves || policy.sends_once));

	/* MISTAKE stays-writable (busy-loop; Redis #15080, librdkafka b5f1979a4): the interest
	 * outlives the response. Shows when the client pauses after a response that had to wait
	 * for room. */
	if (c->armed == EPOLLOUT && c->state == READING && mistake("stays-writable"))
		return EPOLLOUT;
	if (c->state == SENDING || c->state == ENDING || (c->state == READING && (more || sends)))
		return EPOLLOUT;
	return EPOLLIN;
}

static void arm(struct connection *c, int op)
{
	struct epoll_event event = {.events = interest(c), .data.ptr = c};

	if (event.events != c->armed && epoll_ctl(loop, op, c->fd, &event) < 0)
		die("epoll_ctl");
	c->armed = event.events;
}

/* admitting sets the listener's interest. */
static void admitting(uint32_t events)
{
	struct epoll_event event = {.events = events};

	if (epoll_ctl(loop, EPOLL_CTL_MOD, door, &event) < 0)
		die("epoll_ctl");
}

static void release(struct connection *c)
{
	/* MISTAKE drained-at-close (crash; helio #593): an assertion that a reset while bytes
	 * wait does not keep. Shows when a peer resets the connection and something waits. */
	if (output_waits(c) && mistake("drained-at-close"))
		abort();
	/* MISTAKE failure-leaks (leak; tokio-rustls fe8a0f4): who fails in the handshake is
	 * forgotten. Shows when a handshake fails. */
	if (!c->up && mistake("failure-leaks")) {
		epoll_ctl(loop, EPOLL_CTL_DEL, c->fd, NULL);
		return;
	}
	SSL_free(c->ssl);
	BIO_free(c->network);
	close(c->fd);
	free(c);
	admitting(EPOLLIN);
}

/* serve gives a connection its turn. */
static void serve(struct connection *c)
{
	command_loop(c);
	if (c->dead || c->state == OVER)
		release(c);
	else
		arm(c, EPOLL_CTL_MOD);
}

/* admit accepts a connection. Its first bytes are often there already, so it has a turn at once. */
static void admit(SSL_CTX *ctx)
{
	struct connection *c;
	BIO *application;
	int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		/* Without a descriptor to spare the listener stays ready: look again when one
		 * is closed. */
		if (errno == EMFILE || errno == ENFILE)
			admitting(0);
		return;
	}
	c = calloc(1, sizeof *c);
	if (c == NULL || (c->ssl = SSL_new(ctx)) == NULL ||
	    BIO_new_bio_pair(&application, PIPE, &c->network, PIPE) != 1)
		die("a new connection");
	SSL_set_bio(c->ssl, application, application);
	c->fd = fd;
	arm(c, EPOLL_CTL_ADD);
	serve(c);
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	SSL_CTX *ctx = begin(argc, argv, mistakes, &arguments);
	struct epoll_event events[64] = {{.events = EPOLLIN}};

	choose_policy();
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, policy.renegotiates ? SSL_OP_ALLOW_CLIENT_RENEGOTIATION
						     : SSL_OP_NO_RENEGOTIATION);
	loop = epoll_create1(EPOLL_CLOEXEC);
	door = listener(&arguments);
	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, door, &events[0]) < 0)
		die("epoll");
	for (;;) {
		int n = epoll_wait(loop, events, 64, -1);

		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				admit(ctx);
			else
				serve(events[i].data.ptr);
		}
	}
}
