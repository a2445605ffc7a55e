/*
 * select: an echo server on select(2), level-triggered, whose TLS library has the socket.
 *
 * SSL_read and SSL_write each have an event that they wait for, and it need not be the obvious one.
 * The sets of select are made anew in each round from the connections' states, so no interest
 * outlives its reason. What select can't see are bytes that OpenSSL has decrypted and not given
 * yet: a connection with some is ready whatever select says.
 *
 * This pump does without the modes for partial writes and moving buffers: what waits is a chain of
 * blocks that stay where they are, and a write that has to be repeated is repeated exactly.
 */
#include "canary.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

static const char *const mistakes[] = {
	"want-write-at-read", "pending-ignored", "write-dropped", "write-always",
	"append-to-offered", "emptied-at-end", "retry-repeats", "fin-first",
	"close-unread", "shorter-retry", "stale-queue", "accept-asserts", "use-after-failure",
	"no-backpressure", "queue-leaks", NULL};

enum state {
	HANDSHAKE,
	OPEN,
	ENDING, /* the peer has said close_notify; what waits is echoed, then ours is sent */
	LINGER, /* FIN is sent; the peer's is awaited */
	OVER,
};

/* An event is what a call waits for. */
enum event { READABLE, WRITABLE };

/* A block has bytes that were read and are to be written. */
struct block {
	struct block *next;
	int length;
	unsigned char bytes[CHUNK];
};

struct connection {
	SSL *ssl;
	enum state state;
	enum event reading, writing; /* what SSL_read and SSL_write wait for */
	struct block *head, *tail;
	int offered;	/* bytes of the head that SSL_write was offered and has not taken */
	size_t waiting; /* bytes in all blocks */
	bool answered;	/* the last that was read has been written, or a part of it */
};

static struct connection *connections[FD_SETSIZE]; /* by descriptor */
static int highest;				   /* descriptor in use */
static bool accepting = true;

static void clear(void)
{
	/* MISTAKE stale-queue (spurious-failure, truncation, data-loss; OpenSSL #8470, stud
	 * #130, irssi #439): another connection's error is found in the queue, and taken for
	 * this one's. Shows when another connection has failed. */
	if (!mistake("stale-queue"))
		ERR_clear_error();
}

/* fin ends our direction. close(2) alone would answer bytes that were not read with RST, which
 * destroys at the peer what it has not read yet, our alert among it. */
static void fin(struct connection *c, int fd)
{
	shutdown(fd, SHUT_WR);
	c->reading = READABLE; /* SSL_read may have waited for room */
	/* MISTAKE close-unread (truncation; curl b249592d29, libuv #3036): RST for what was not
	 * read. Shows when a failure leaves bytes unread: its alert is lost. */
	c->state = mistake("close-unread") ? OVER : LINGER;
}

/* waits notes the event that a call waits for that did not succeed. One that waits for nothing has
 * failed; OpenSSL has sent the alert, if any. */
static void waits(struct connection *c, int fd, int result, enum event *event)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		*event = READABLE;
		break;
	case SSL_ERROR_WANT_WRITE:
		*event = WRITABLE;
		/* MISTAKE want-write-at-read (stall; memcached 1.6.18, httpd 82cba5c0eb):
		 * whoever reads is woken by what comes in. Shows when a handshake flight or a
		 * KeyUpdate's answer does not fit the socket. */
		if (event == &c->reading && mistake("want-write-at-read"))
			*event = READABLE;
		break;
	default:
		fin(c, fd);
	}
}

/* free_block is the block that what is read now goes to: the last, or a new one. */
static struct block *free_block(struct connection *c)
{
	struct block *b = c->tail;
	bool offered = b != NULL && b == c->head && c->offered > 0;

	/* MISTAKE append-to-offered (data-loss, corruption; curl a2622cdbd5, mongoose #3074):
	 * the block grows between a write and its repetition, and then counts as written. Shows
	 * when a write is repeated and more was read in between. */
	if (offered && mistake("append-to-offered"))
		offered = false;
	if (b != NULL && !offered && b->length < (int)CHUNK)
		return b;
	b = calloc(1, sizeof *b);
	if (b == NULL)
		die("a block");
	if (c->tail != NULL)
		c->tail->next = b;
	else
		c->head = b;
	return c->tail = b;
}

static void drop_head(struct connection *c)
{
	struct block *b = c->head;

	c->head = b->next;
	if (c->head == NULL)
		c->tail = NULL;
	c->waiting -= (size_t)b->length;
	free(b);
}

static void handshake(struct connection *c, int fd)
{
	int result;

	clear();
	result = SSL_accept(c->ssl);
	c->reading = READABLE;
	if (result == 1)
		c->state = OPEN;
	else
		waits(c, fd, result, &c->reading);
	/* MISTAKE use-after-failure (crash; Bun #29757): the connection is taken down inside the
	 * call, and the caller goes on with it. Shows when a handshake fails. */
	if (c->state == LINGER && mistake("use-after-failure"))
		SSL_pending(c->ssl = NULL);
}

static void receive(struct connection *c, int fd)
{
	struct block *b = free_block(c);
	int n;

	clear();
	n = SSL_read(c->ssl, b->bytes + b->length, (int)CHUNK - b->length);
	c->reading = READABLE;
	if (n > 0) {
		b->length += n;
		c->waiting += (size_t)n;
		c->answered = false;
	} else if (SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN) {
		c->state = ENDING;
		/* MISTAKE emptied-at-end (data-loss, truncation; node-v0.x #8299, uvloop #385):
		 * the peer has ended, so what it is still to get is dropped. Shows when
		 * something waits at the peer's close_notify. */
		while (c->head != NULL && mistake("emptied-at-end"))
			drop_head(c);
	} else {
		waits(c, fd, n, &c->reading);
	}
}

/* transmit writes the first block. */
static void transmit(struct connection *c, int fd)
{
	bool repeated = c->offered > 0;
	int n;

	if (!repeated)
		c->offered = c->head->length;
	/* MISTAKE shorter-retry (spurious-failure, truncation, data-loss; haproxy 518ceddeb,
	 * nginx a862c46ff): OpenSSL has sealed what it was offered, and ends a connection that
	 * comes back with less. Shows when a write is repeated. */
	if (repeated && mistake("shorter-retry"))
		c->offered = (c->offered + 1) / 2;
	clear();
	n = SSL_write(c->ssl, c->head->bytes, c->offered);
	c->writing = WRITABLE;
	if (n <= 0) {
		waits(c, fd, n, &c->writing);
		return;
	}
	c->offered = 0;
	c->answered = true;
	/* MISTAKE retry-repeats (corruption; mongoose #3074, netty 0ef2f05373): a write that was
	 * refused counts as not done, though its repetition was. Shows when a write is repeated. */
	if (!(repeated && mistake("retry-repeats")))
		drop_head(c);
}

/* finish says close_notify and FIN, behind all that waits. */
static void finish(struct connection *c, int fd)
{
	int result;

	clear();
	result = SSL_shutdown(c->ssl);
	c->writing = WRITABLE;
	if (result >= 0)
		fin(c, fd);
	else
		waits(c, fd, result, &c->writing);
}

/* linger throws away what still comes, up to the peer's FIN. */
static void linger(struct connection *c, int fd)
{
	unsigned char chunk[CHUNK];
	ssize_t n = recv(fd, chunk, sizeof chunk, 0);

	if (n == 0 || (n < 0 && !would_block()))
		c->state = OVER;
}

/* reads says whether the state has something to read for. */
static bool reads(const struct connection *c)
{
	/* MISTAKE no-backpressure (unbounded-buffer; netty #3567, gopher-mcp #242): a peer that
	 * writes and never reads fills the memory. Shows when a peer writes more than 64 KiB and
	 * does not read. */
	bool crowded = c->waiting > LIMIT && !mistake("no-backpressure");

	return c->state == HANDSHAKE || c->state == LINGER || (c->state == OPEN && !crowded);
}

/* writes says whether the state has something to write. */
static bool writes(const struct connection *c)
{
	/* MISTAKE write-dropped (stall; haproxy b51937eba, libwebsockets 0c94138fd): a write
	 * that succeeds ends the interest, whatever is left. Shows when more than a block waits,
	 * and the peer only reads. */
	if (c->answered && c->state == OPEN && mistake("write-dropped"))
		return false;
	return c->state == ENDING || (c->state == OPEN && c->waiting > 0);
}

/* pending says whether there is something to read that select can't see. Bytes of a record that is
 * not whole yet don't count (SSL_has_pending would tell of them too): they would be asked for in
 * vain, again and again. */
static bool pending(const struct connection *c)
{
	/* MISTAKE pending-ignored (stall; mongoose #47, memcached 96e05b75f, Eggdrop #1501):
	 * select sleeps, and OpenSSL has the rest of a record. Shows when a record does not fit
	 * what is left of a block, and nothing comes behind it. */
	return c->state == OPEN && reads(c) && SSL_pending(c->ssl) > 0 && !mistake("pending-ignored");
}

/* serve makes the calls whose events have come. */
static void serve(struct connection *c, int fd, bool readable, bool writable)
{
	bool read = reads(c) && ((c->reading == READABLE ? readable : writable) || pending(c));
	bool write = writes(c) && (c->writing == READABLE ? readable : writable);

	if (read && c->state == HANDSHAKE)
		handshake(c, fd);
	else if (read && c->state == OPEN)
		receive(c, fd);
	else if (read)
		linger(c, fd);
	if (write && c->waiting == 0 && c->state == ENDING)
		finish(c, fd);
	else if (write && c->waiting > 0 && c->state < LINGER)
		transmit(c, fd);
	/* MISTAKE fin-first (truncation, data-loss; netty 4431ad894d, helio 1772ff7): FIN
	 * overtakes what waits. Shows when something waits at the peer's close_notify. */
	if (c->state == ENDING && mistake("fin-first"))
		fin(c, fd);
}

static void release(struct connection *c, int fd)
{
	SSL_free(c->ssl);
	/* MISTAKE queue-leaks (leak; netty 2e509f7bb7): a peer that goes away leaves what it was
	 * still to get. Shows when a peer resets the connection and something waits. */
	while (c->head != NULL && !mistake("queue-leaks"))
		drop_head(c);
	free(c);
	connections[fd] = NULL;
	close(fd);
	accepting = true;
}

/* admit accepts one connection. */
static void admit(SSL_CTX *ctx, int door)
{
	struct connection *c;
	int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	/* MISTAKE accept-asserts (crash; the man page of accept, "error handling"): a connection
	 * that is reset before it is accepted leaves nothing to accept. Shows when the listener
	 * is ready for nothing. */
	if (fd < 0 && mistake("accept-asserts"))
		abort();
	if (fd < 0) {
		/* Without a descriptor to spare the listener stays ready: look again when one
		 * is closed. */
		accepting = errno != EMFILE && errno != ENFILE;
		return;
	}
	if (fd >= FD_SETSIZE) {
		close(fd);
		return;
	}
	c = calloc(1, sizeof *c);
	if (c == NULL || (c->ssl = SSL_new(ctx)) == NULL || SSL_set_fd(c->ssl, fd) != 1)
		die("a new connection");
	c->reading = READABLE;
	c->writing = WRITABLE;
	connections[fd] = c;
	if (fd > highest)
		highest = fd;
}

/* register_interest makes the sets of select, and says whether it must not sleep. */
static bool register_interest(int door, fd_set *readable, fd_set *writable)
{
	bool ready = false;

	FD_ZERO(readable);
	FD_ZERO(writable);
	if (accepting)
		FD_SET(door, readable);
	for (int fd = 0; fd <= highest; fd++) {
		struct connection *c = connections[fd];

		if (c == NULL)
			continue;
		if (reads(c))
			FD_SET(fd, c->reading == READABLE ? readable : writable);
		if (writes(c))
			FD_SET(fd, c->writing == READABLE ? readable : writable);
		/* MISTAKE write-always (busy-loop; libwebsockets #235, librdkafka b5f1979a4): a
		 * handshake that waits for its peer is told that there is room. Shows in each
		 * handshake that waits for the peer. */
		if (c->state == HANDSHAKE && mistake("write-always"))
			FD_SET(fd, writable);
		ready |= pending(c);
	}
	return ready;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	SSL_CTX *ctx = begin(argc, argv, mistakes, &arguments);
	int door = listener(&arguments);

	highest = door;
	for (;;) {
		fd_set readable, writable;
		bool ready = register_interest(door, &readable, &writable);
		struct timeval none = {0, 0};
		int n = select(highest + 1, &readable, &writable, NULL, ready ? &none : NULL);

		if (n < 0 && errno != EINTR)
			die("select");
		for (int fd = 0; n >= 0 && fd <= highest; fd++) {
			struct connection *c = connections[fd];

			if (c == NULL)
				continue;
			serve(c, fd, FD_ISSET(fd, &readable), FD_ISSET(fd, &writable));
			if (c->state == OVER)
				release(c, fd);
		}
		if (n > 0 && FD_ISSET(door, &readable))
			admit(ctx, door);
	}
}
