/*
 * edge: an echo server on epoll(7), edge-triggered, whose TLS library has the socket (SSL_set_fd).
 *
 * Each descriptor is registered once, for both directions. An edge is told once, so it is kept in
 * "ready" until a call has used it up, which is when OpenSSL says want-read or want-write. A
 * connection whose turn ends before that is not told of again: it stands in the queue of those
 * that are owed a turn, and the loop does not sleep while there is one.
 */
#include "canary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

static const char *const mistakes[] = {
	"want-write-at-read", "turn-forgotten", "accept-once", "no-write-edge", "spins-on-want",
	"short-write", "emptied-at-end", "written-twice", "shutdown-once",
	"close-unread", "want-is-error", "buffer-moves", "stale-queue", "rdhup-closes",
	"empty-at-close", "no-backpressure", "reset-leaks", NULL};

enum state {
	HANDSHAKE,
	OPEN,
	ENDING, /* the peer has said close_notify; what waits is echoed, then ours is sent */
	FAILED, /* nothing can be written any more */
	LINGER, /* FIN is sent; the peer's is awaited */
	OVER,
};

struct connection {
	SSL *ssl;
	int fd;
	enum state state;
	unsigned ready;		    /* edges that no call has used up */
	unsigned reading, writing;  /* the event that SSL_read and SSL_write wait for, or 0 */
	bool reset;		    /* the socket failed */
	bool owed;		    /* stands in the queue of turns */
	struct connection *next;    /* behind it in that queue */
	unsigned char *queue;	    /* what was read and not yet written: from up to to */
	size_t from, to, size;
};

static int loop, door; /* the epoll and the listener */
static bool knocking;  /* an edge of the listener is not used up */
static struct connection *first, **last = &first; /* the queue of turns */

static void owe(struct connection *c)
{
	if (c->owed)
		return;
	c->owed = true;
	c->next = NULL;
	*last = c;
	last = &c->next;
}

static void clear(void)
{
	/* MISTAKE stale-queue (spurious-failure, truncation, data-loss; h2o #1448, libevent
	 * 38e0f4a5, curl 6d44625305): another connection's error is found in the queue, and
	 * taken for this one's. Shows when another connection has failed. */
	if (!mistake("stale-queue"))
		ERR_clear_error();
}

/* may says whether a call can be tried that waits for this event. */
static bool may(const struct connection *c, unsigned wait)
{
	return wait == 0 || (c->ready & wait) != 0;
}

/* waits notes the event that a call waits for that did not succeed. That event is used up. If the
 * call waits for nothing it has failed, and so has the connection. */
static void waits(struct connection *c, int result, unsigned *wait)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		*wait = EPOLLIN;
		break;
	case SSL_ERROR_WANT_WRITE:
		*wait = EPOLLOUT;
		/* MISTAKE want-write-at-read (stall; memcached 1.6.18, uSockets #127,
		 * libwebsockets 0c94138fd): whoever reads is woken by what comes in. Shows when
		 * a handshake flight or a KeyUpdate's answer does not fit the socket. */
		if (wait == &c->reading && mistake("want-write-at-read"))
			*wait = EPOLLIN;
		/* MISTAKE want-is-error (spurious-failure, truncation; MB-42607, SIPp #293): a
		 * handshake flight that does not fit ends the connection. Shows when a flight
		 * does not fit the socket. */
		if (c->state == HANDSHAKE && mistake("want-is-error"))
			c->state = FAILED;
		break;
	case SSL_ERROR_SYSCALL:
		c->reset = true;
		c->state = FAILED;
		return;
	default:
		c->state = FAILED;
		return;
	}
	c->ready &= ~*wait;
}

static bool handshake(struct connection *c)
{
	int result;

	if (!may(c, c->reading))
		return false;
	clear();
	result = SSL_accept(c->ssl);
	c->reading = 0;
	if (result == 1) {
		c->state = OPEN;
		return true;
	}
	waits(c, result, &c->reading);
	return c->state != HANDSHAKE;
}

/* reserve makes room for a chunk behind the queue. The bytes move, also those that SSL_write has
 * been offered and has not taken. */
static void reserve(struct connection *c)
{
	if (c->size - c->to >= CHUNK)
		return;
	if (c->from > 0)
		memmove(c->queue, c->queue + c->from, c->to - c->from);
	c->to -= c->from;
	c->from = 0;
	if (c->size - c->to >= CHUNK)
		return;
	c->size += c->size + CHUNK;
	c->queue = realloc(c->queue, c->size);
	if (c->queue == NULL)
		die("a longer queue");
}

/* receive reads a record into the queue. */
static bool receive(struct connection *c)
{
	int n;

	/* MISTAKE no-backpressure (unbounded-buffer; netty #3567, gopher-mcp #242): a peer that
	 * writes and never reads fills the memory. Shows when a peer writes more than 64 KiB and
	 * does not read. */
	if (c->to - c->from > LIMIT && !mistake("no-backpressure"))
		return false;
	if (!may(c, c->reading))
		return false;
	reserve(c);
	clear();
	n = SSL_read(c->ssl, c->queue + c->to, CHUNK);
	c->reading = 0;
	if (n > 0) {
		c->to += (size_t)n;
		return true;
	}
	if (SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN) {
		c->state = ENDING;
		/* MISTAKE emptied-at-end (data-loss, truncation; node-v0.x #8299, uvloop #385):
		 * the peer has ended, so what it is still to get is dropped. Shows when
		 * something waits at the peer's close_notify. */
		if (mistake("emptied-at-end"))
			c->from = c->to;
		return true;
	}
	waits(c, n, &c->reading);
	return c->state != OPEN;
}

/* transmit writes what waits. SSL_write may take a part, or, with want-write, none: the same
 * bytes are then offered again, maybe with more behind them. */
static bool transmit(struct connection *c)
{
	size_t waiting = c->to - c->from;
	int n;

	if (waiting == 0 || !may(c, c->writing))
		return false;
	clear();
	n = SSL_write(c->ssl, c->queue + c->from, (int)waiting);
	c->writing = 0;
	if (n <= 0) {
		waits(c, n, &c->writing);
		return c->state == FAILED;
	}
	/* MISTAKE short-write (data-loss, corruption; tinymux #949, curl a2622cdbd5): a write
	 * that took something is taken to have taken all. Shows when more than a record waits,
	 * and one of them fits. */
	if (mistake("short-write"))
		n = (int)waiting;
	/* MISTAKE written-twice (corruption; libwebsockets 6bc92f759, Redis #10909): after a
	 * short write all is offered again. Shows when more than a record waits, and one of them
	 * fits. */
	if (!((size_t)n < waiting && mistake("written-twice")))
		c->from += (size_t)n;
	return true;
}

/* fin ends our direction. close(2) alone would answer bytes that were not read with RST, which
 * destroys at the peer what it has not read yet, our alert among it. */
static bool fin(struct connection *c)
{
	shutdown(c->fd, SHUT_WR);
	/* MISTAKE close-unread (truncation; curl b249592d29, libuv #3036, nginx #627): RST for
	 * what was not read. Shows when a failure leaves bytes unread: its alert is lost. */
	c->state = mistake("close-unread") ? OVER : LINGER;
	return true;
}

/* finish says close_notify and FIN, behind all that waits. */
static bool finish(struct connection *c)
{
	int result;

	if (c->from < c->to)
		return transmit(c);
	if (!may(c, c->writing))
		return false;
	clear();
	result = SSL_shutdown(c->ssl);
	c->writing = 0;
	/* MISTAKE shutdown-once (truncation; netty 9330631097, nginx e01cdfbd8): a close_notify
	 * that does not fit is not tried again. Shows when the socket has no room at the close. */
	if (result >= 0 || mistake("shutdown-once"))
		return fin(c);
	waits(c, result, &c->writing);
	return c->state == FAILED;
}

/* linger throws away what still comes, up to the peer's FIN. */
static bool linger(struct connection *c)
{
	unsigned char chunk[CHUNK];
	ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);

	if (n == 0 || (n < 0 && !would_block()))
		c->state = OVER;
	return n > 0;
}

/* advance does what the state can do now, and says whether anything moved. */
static bool advance(struct connection *c)
{
	bool received;

	switch (c->state) {
	case HANDSHAKE:
		return handshake(c);
	case OPEN:
		received = receive(c);
		return (c->state == OPEN && transmit(c)) || received;
	case ENDING:
		return finish(c);
	case FAILED:
		return fin(c);
	case LINGER:
		return linger(c);
	default:
		return false;
	}
}

static void release(struct connection *c)
{
	/* MISTAKE empty-at-close (crash; helio #593): an assertion that a reset while bytes wait
	 * does not keep. Shows when a peer resets the connection and something waits. */
	if (c->from < c->to && mistake("empty-at-close"))
		abort();
	/* MISTAKE reset-leaks (leak; folly c321eb588): a socket that failed is taken to be
	 * closed. Shows when a peer resets the connection. */
	if (c->reset && mistake("reset-leaks"))
		return;
	SSL_free(c->ssl);
	close(c->fd);
	free(c->queue);
	free(c);
	knocking = true; /* accept may have failed for want of a descriptor */
}

/* turn lets a connection move up to TURN times. */
static void turn(struct connection *c)
{
	bool moved = true;

	for (int i = 0; i < TURN && moved; i++)
		moved = advance(c);
	if (c->state == OVER) {
		release(c);
		return;
	}
	/* MISTAKE turn-forgotten (stall; nginx 067c1d2a4, MB-11203, sproxy #1): no edge will
	 * tell of what came before the turn ended. Shows when more than 16 records come at once. */
	if (moved && !mistake("turn-forgotten"))
		owe(c);
	/* MISTAKE spins-on-want (busy-loop; CVE-2016-4970 in netty, CAF #1060): what waits is
	 * tried again at once, not when there is room. Shows when the socket has no room and
	 * something waits. */
	if (c->from < c->to && mistake("spins-on-want"))
		owe(c);
}

/* admit accepts one connection. */
static void admit(SSL_CTX *ctx)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
	struct connection *c;
	int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		/* Without a descriptor to spare accept has to wait until one is closed. */
		knocking = errno == ECONNABORTED;
		return;
	}
	/* MISTAKE accept-once (stall; the man page of epoll, question 9): two connections can
	 * make one edge. Shows when a connection comes while another is not accepted yet. */
	if (mistake("accept-once"))
		knocking = false;
	c = calloc(1, sizeof *c);
	if (c == NULL || (c->ssl = SSL_new(ctx)) == NULL || SSL_set_fd(c->ssl, fd) != 1)
		die("a new connection");
	c->fd = fd;
	event.data.ptr = c;
	/* MISTAKE no-write-edge (stall; nginx a1864c258, Traffic Server 32e9fea255): nobody
	 * tells when there is room again. Shows when something waits, the socket has no room,
	 * and the peer only reads. */
	if (mistake("no-write-edge"))
		event.events &= ~(unsigned)EPOLLOUT;
	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
}

/* note keeps an edge until it is used up. */
static void note(const struct epoll_event *event)
{
	struct connection *c = event->data.ptr;

	if (c == NULL) {
		knocking = true;
		return;
	}
	c->ready |= event->events;
	if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
		c->ready |= EPOLLIN | EPOLLOUT; /* the next call will say what it is */
	/* MISTAKE rdhup-closes (truncation, data-loss; Synapse #32, tokio-rustls 9487a15): a
	 * peer that has ended its direction is taken for one that is gone. Shows when FIN comes
	 * before the echo is sent. */
	if ((event->events & EPOLLRDHUP) != 0 && mistake("rdhup-closes"))
		c->state = OVER;
	owe(c);
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	SSL_CTX *ctx = begin(argc, argv, mistakes, &arguments);
	struct epoll_event events[64] = {{.events = EPOLLIN | EPOLLET}};

	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
	/* MISTAKE buffer-moves (spurious-failure, truncation, data-loss; Pistache #996, CCF
	 * #5482, libhv #178): OpenSSL insists on the address of the first try, and reserve()
	 * moves the bytes. Shows when a write is repeated and more was read in between. */
	if (!mistake("buffer-moves"))
		SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	loop = epoll_create1(EPOLL_CLOEXEC);
	door = listener(&arguments);
	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, door, &events[0]) < 0)
		die("epoll");
	for (;;) {
		struct connection *c;
		int n = epoll_wait(loop, events, 64, first != NULL || knocking ? 0 : -1);

		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++)
			note(&events[i]);
		/* Those that stand in the queue now have a turn each. Only here are connections
		 * freed, so no event of this round can mean one that is gone. */
		c = first;
		first = NULL;
		last = &first;
		while (c != NULL) {
			struct connection *next = c->next;

			c->owed = false;
			turn(c);
			c = next;
		}
		if (knocking)
			admit(ctx);
	}
}
