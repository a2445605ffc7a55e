/*
 * poll: an echo server on poll(2), level-triggered, with memory BIOs.
 *
 *	recv -> in -> SSL_read -> plain -> SSL_write -> out -> sealed -> send
 *
 * OpenSSL never sees the socket, so no call of it says want-write: all that it has to say is in
 * the BIO "out", after any call. The rule of this pump: each turn ends with transmit(), and
 * POLLOUT is armed while "sealed" has bytes.
 */
#include "canary.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#define MOST 1000 /* connections at once; more of them wait in the listener's queue */

static const char *const mistakes[] = {
	"reply-left", "flight-fits", "write-always", "eof-spins", "eof-first", "sent-twice",
	"shared-buffer", "fin-first", "close-unread", "stale-queue",
	"use-after-failure", "no-backpressure", "failure-leaks", NULL};

enum state {
	HANDSHAKE,
	OPEN,
	ENDING, /* close_notify or an alert is made; what waits is sent, then FIN */
	LINGER, /* FIN is sent; the peer's is awaited */
	OVER,
};

struct connection {
	SSL *ssl;
	BIO *in, *out; /* ciphertext on its way to and from OpenSSL, which owns them */
	enum state state;
	bool eof;	 /* recv has said 0 */
	bool accepted;	 /* the handshake succeeded */
	bool again;	 /* its turn ended while bytes moved */
	int held;	 /* bytes of plain that were read and not yet written */
	size_t from, to; /* the bytes of sealed that wait */
	unsigned char *plain;
	unsigned char own[CHUNK], sealed[CHUNK];
};

static unsigned char shared[CHUNK];
static struct pollfd polled[MOST + 1]; /* the listener first */
static struct connection *connections[MOST + 1];
static nfds_t count = 1;
static bool accepting = true;

/* backlog is how many bytes wait to be sent. */
static size_t backlog(const struct connection *c)
{
	return c->to - c->from + BIO_ctrl_pending(c->out);
}

static bool crowded(const struct connection *c)
{
	/* MISTAKE no-backpressure (unbounded-buffer; gopher-mcp #242, netty #3567): a peer that
	 * writes and never reads fills the memory. Shows when a peer writes more than 64 KiB and
	 * does not read. */
	return backlog(c) > LIMIT && !mistake("no-backpressure");
}

/* finish says close_notify, behind all that was written. */
static bool finish(struct connection *c)
{
	ERR_clear_error();
	SSL_shutdown(c->ssl);
	c->state = ENDING;
	return true;
}

/* receive takes what the socket has into the BIO "in", a chunk at most. There is room for a
 * chunk whenever OpenSSL wants to read: before it says so it has emptied the BIO, also when a
 * record is longer than a chunk. */
static bool receive(struct connection *c, int fd)
{
	unsigned char chunk[CHUNK];
	ssize_t n;

	if (c->eof || c->state >= ENDING || crowded(c) || BIO_ctrl_pending(c->in) >= CHUNK)
		return false;
	n = recv(fd, chunk, sizeof chunk, 0);
	if (n > 0)
		return BIO_write(c->in, chunk, (int)n) > 0;
	if (n == 0) {
		/* MISTAKE eof-spins (busy-loop; userver #52, haproxy 4ac77a98c): FIN stays
		 * readable for ever. Shows when a peer sends FIN without close_notify. */
		if (mistake("eof-spins"))
			return false;
		/* MISTAKE eof-first (data-loss, truncation; MB-53428 dec107512 part 2.1, re
		 * #16): FIN is looked at before the records that came in front of it. Shows when
		 * several records and FIN come at once. */
		if (mistake("eof-first"))
			return finish(c);
		/* From now on an empty BIO tells OpenSSL of the end: after the last record, as
		 * on the wire. */
		c->eof = true;
		BIO_set_mem_eof_return(c->in, 0);
		return true;
	}
	if (!would_block())
		c->state = OVER;
	return false;
}

/* wants says whether OpenSSL only waits for more. Anything else is a failure, and its alert is
 * in the BIO "out". */
static bool wants(struct connection *c, int result)
{
	int why = SSL_get_error(c->ssl, result);

	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return true;
	c->state = ENDING;
	return false;
}

static void clear(void)
{
	/* MISTAKE stale-queue (spurious-failure, truncation, data-loss; h2o #1448, OpenSSL
	 * #11889, stud #100): the error that another connection left turns a want-read of this
	 * one into a failure. Shows when another connection has failed. */
	if (!mistake("stale-queue"))
		ERR_clear_error();
}

static bool handshake(struct connection *c)
{
	int result;

	clear();
	result = SSL_accept(c->ssl);
	if (result != 1) {
		if (wants(c, result))
			return false;
		/* MISTAKE use-after-failure (crash; Bun #29757): the connection is taken down
		 * inside the call, and the caller goes on with it. Shows when a handshake fails. */
		if (mistake("use-after-failure")) {
			SSL_free(c->ssl);
			c->ssl = NULL;
			SSL_read(c->ssl, c->plain, 1);
		}
		return true;
	}
	c->accepted = true;
	c->state = OPEN;
	return true;
}

/* echo reads a record and writes it back. What was read while too much waits is held. */
static bool echo(struct connection *c)
{
	bool moved = false;
	int n;

	if (c->held == 0) {
		clear();
		n = SSL_read(c->ssl, c->plain, CHUNK);
		if (n > 0) {
			c->held = n;
			moved = true;
		} else if (SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN) {
			return finish(c);
		} else if (!wants(c, n)) {
			return true;
		}
	}
	if (c->held > 0 && !crowded(c)) {
		/* A BIO in memory takes all. Only a handshake under way can refuse the write: the
		 * same bytes are offered when more has come. */
		clear();
		n = SSL_write(c->ssl, c->plain, c->held);
		if (n > 0)
			c->held = 0;
		else if (wants(c, n))
			return moved;
		moved = true;
	}
	return moved;
}

/* transmit sends what waits. */
static bool transmit(struct connection *c, int fd)
{
	ssize_t n;

	if (c->from == c->to) {
		int filled = BIO_read(c->out, c->sealed, sizeof c->sealed);

		c->from = 0;
		c->to = filled > 0 ? (size_t)filled : 0;
	}
	if (c->from == c->to)
		return false;
	n = send(fd, c->sealed + c->from, c->to - c->from, 0);
	if (n >= 0) {
		c->from += (size_t)n;
		return n > 0;
	}
	if (!would_block())
		c->state = OVER;
	/* MISTAKE sent-twice (corruption, spurious-failure, data-loss; libwebsockets 6bc92f759,
	 * mongoose #3074): after a short send the buffer is offered from its start. Shows when a
	 * send is short. */
	if (mistake("sent-twice"))
		c->from = 0;
	return false;
}

/* end sends FIN when nothing waits any more, and waits for the peer's. close(2) alone would
 * answer bytes that were not read with RST, and RST destroys the tail at the peer. */
static bool end(struct connection *c, int fd)
{
	unsigned char chunk[CHUNK];
	ssize_t n;

	/* MISTAKE fin-first (truncation, data-loss; netty 4431ad894d, helio 1772ff7): FIN
	 * overtakes what did not fit. Shows when the socket has no room at the close. */
	if (c->state == ENDING && (backlog(c) == 0 || mistake("fin-first"))) {
		shutdown(fd, SHUT_WR);
		/* MISTAKE close-unread (truncation; curl b249592d29, libuv #3036): RST for what
		 * was not read. Shows when a failure leaves bytes unread: its alert is lost. */
		c->state = c->eof || mistake("close-unread") ? OVER : LINGER;
	}
	if (c->state != LINGER)
		return false;
	n = recv(fd, chunk, sizeof chunk, 0);
	if (n == 0 || (n < 0 && !would_block()))
		c->state = OVER;
	return n > 0;
}

/* step moves what can be moved. */
static void step(struct connection *c, int fd)
{
	c->again = true;
	for (int i = 0; i < TURN && c->again; i++) {
		bool moved = receive(c, fd), worked = false;

		if (c->state == HANDSHAKE)
			worked = handshake(c);
		else if (c->state == OPEN)
			worked = echo(c);
		/* MISTAKE reply-left (stall; MB-53428, h2o #597, uSockets #127): what a read
		 * without data has made, an alert or a KeyUpdate, waits for the next write.
		 * Shows when a client waits for that: it renegotiates, or updates its keys
		 * twice. */
		if (worked || c->state != OPEN || c->from < c->to || !mistake("reply-left"))
			moved |= transmit(c, fd);
		moved |= end(c, fd);
		c->again = c->state != OVER && (moved || worked);
	}
}

static short interest(const struct connection *c)
{
	short events = 0;

	if (c->state == LINGER || (c->state < ENDING && !c->eof && !crowded(c)))
		events |= POLLIN;
	/* MISTAKE flight-fits (stall; memcached 1.6.18, nanomq #1619): a handshake is asked for
	 * its next message while the last one has not left. Shows when a flight does not fit the
	 * socket. */
	if (c->from < c->to && !(c->state == HANDSHAKE && mistake("flight-fits")))
		events |= POLLOUT;
	/* MISTAKE write-always (busy-loop; librdkafka b5f1979a4, Redis #15080): a socket with
	 * room is ready at once, again and again. Shows in each connection that is open and
	 * idle. */
	if (c->state == OPEN && mistake("write-always"))
		events |= POLLOUT;
	return events;
}

static void release(struct connection *c, int fd)
{
	/* MISTAKE failure-leaks (leak; tokio-rustls fe8a0f4): who fails in the handshake is
	 * forgotten. Shows when a handshake fails. */
	if (!c->accepted && mistake("failure-leaks"))
		return;
	SSL_free(c->ssl);
	free(c);
	close(fd);
	accepting = true;
}

/* admit accepts one connection. */
static void admit(SSL_CTX *ctx)
{
	struct connection *c;
	int fd = accept4(polled[0].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		/* Without a descriptor to spare the listener stays ready: look again when one
		 * is closed. Other errors are the connection's own. */
		accepting = errno != EMFILE && errno != ENFILE;
		return;
	}
	c = calloc(1, sizeof *c);
	if (c == NULL || (c->ssl = SSL_new(ctx)) == NULL)
		die("a new connection");
	c->in = BIO_new(BIO_s_mem());
	c->out = BIO_new(BIO_s_mem());
	SSL_set_bio(c->ssl, c->in, c->out);
	/* MISTAKE shared-buffer (corruption; Bun #29797): one buffer for all, and what a
	 * connection holds in it the next one writes over. Shows when too much waits in two
	 * connections at once. */
	c->plain = mistake("shared-buffer") ? shared : c->own;
	polled[count] = (struct pollfd){.fd = fd, .events = POLLIN};
	connections[count++] = c;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	SSL_CTX *ctx = begin(argc, argv, mistakes, &arguments);
	bool again = false;

	SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	polled[0].fd = listener(&arguments);
	for (;;) {
		polled[0].events = accepting && count <= MOST ? POLLIN : 0;
		if (poll(polled, count, again ? 0 : -1) < 0 && errno != EINTR)
			die("poll");
		again = false;
		/* From the last to the first: the place of one that is over is taken by one
		 * that had its turn. */
		for (nfds_t i = count - 1; i > 0; i--) {
			struct connection *c = connections[i];

			if (polled[i].revents != 0 || c->again)
				step(c, polled[i].fd);
			again |= c->again;
			if (c->state == OVER) {
				release(c, polled[i].fd);
				connections[i] = connections[--count];
				polled[i] = polled[count];
			} else {
				polled[i].events = interest(c);
			}
		}
		if (polled[0].revents != 0)
			admit(ctx);
	}
}
