/*
 * bufferevent: an echo server on libevent's bufferevent_openssl.
 *
 * libevent reads, writes and waits; what is left to its user is what stands here: to move the
 * bytes, to stop reading while too much waits, to flush what is left when the peer has ended, and
 * to close. libevent neither says close_notify nor waits for its room, so the last part takes the
 * socket back, with an event of its own.
 */
#include "canary.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/err.h>

static const char *const mistakes[] = {
	"paused-for-ever", "flush-not-enabled", "eof-again", "free-at-eof", "shutdown-early",
	"copied-not-drained", "shutdown-once", "close-unread", "reason-of-reset",
	"no-backpressure", "failure-leaks", NULL};

struct connection {
	struct bufferevent *bev;
	struct event *event; /* of the end: room for close_notify, then the peer's FIN */
	SSL *ssl;
	int fd;
	bool accepted; /* the handshake succeeded */
	bool ended;    /* the peer has said close_notify */
	bool paused;   /* too much waits */
};

static struct event_base *base;
static struct evconnlistener *door;

static void release(struct connection *c)
{
	if (c->event != NULL)
		event_free(c->event);
	bufferevent_free(c->bev); /* with BEV_OPT_CLOSE_ON_FREE the socket and the SSL too */
	free(c);
	evconnlistener_enable(door); /* accept may have failed for want of a descriptor */
}

static void wait_for(struct connection *c, short what, event_callback_fn callback)
{
	if (c->event != NULL)
		event_free(c->event);
	c->event = event_new(base, c->fd, what, callback, c);
	if (c->event == NULL || event_add(c->event, NULL) < 0)
		die("an event");
}

/* linger throws away what still comes, up to the peer's FIN. */
static void linger(evutil_socket_t fd, short what, void *arg)
{
	unsigned char chunk[CHUNK];
	ssize_t n = recv(fd, chunk, sizeof chunk, 0);

	(void)what;
	if (n == 0 || (n < 0 && !would_block()))
		release(arg);
}

/* fin ends our direction. close(2) alone would answer bytes that were not read with RST, which
 * destroys at the peer what it has not read yet, our alert among it. */
static void fin(struct connection *c)
{
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	shutdown(c->fd, SHUT_WR);
	/* MISTAKE close-unread (truncation; curl b249592d29, libuv #3036): RST for what was not
	 * read. Shows when a failure leaves bytes unread: its alert is lost. */
	if (mistake("close-unread"))
		release(c);
	else
		wait_for(c, EV_READ | EV_PERSIST, linger);
}

static void room(evutil_socket_t fd, short what, void *arg);

/* finish says close_notify and FIN. Nothing waits any more in the bufferevent. */
static void finish(struct connection *c)
{
	int result;

	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	ERR_clear_error();
	result = SSL_shutdown(c->ssl);
	/* MISTAKE shutdown-once (truncation; netty 9330631097, nginx e01cdfbd8): a close_notify
	 * that does not fit is not tried again. Shows when the socket has no room at the close. */
	if (result < 0 && SSL_get_error(c->ssl, result) == SSL_ERROR_WANT_WRITE &&
	    !mistake("shutdown-once"))
		wait_for(c, EV_WRITE, room);
	else
		fin(c);
}

/* room: close_notify may fit now. */
static void room(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	finish(arg);
}

/* readable moves what came to what is to be written. */
static void readable(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = bufferevent_get_input(bev);
	struct evbuffer *output = bufferevent_get_output(bev);
	struct connection *c = arg;
	/* MISTAKE no-backpressure (unbounded-buffer; netty #3567, gopher-mcp #242): a peer that
	 * writes and never reads fills the memory. Shows when a peer writes more than 64 KiB and
	 * does not read. */
	bool crowded = evbuffer_get_length(input) + evbuffer_get_length(output) > LIMIT &&
		       !mistake("no-backpressure");

	/* MISTAKE copied-not-drained (corruption; netty 0ef2f05373): what makes the pause is
	 * copied, stays in the input, and is moved once more with what comes after it. Shows
	 * when more than 64 KiB wait. */
	if (crowded && mistake("copied-not-drained"))
		evbuffer_add_buffer_reference(output, input);
	else
		evbuffer_add_buffer(output, input);
	if (crowded && !c->ended) {
		c->paused = true;
		bufferevent_disable(bev, EV_READ);
	}
}

/* writable: no more waits than the low watermark. */
static void writable(struct bufferevent *bev, void *arg)
{
	struct connection *c = arg;

	if (c->event != NULL)
		return;
	if (c->ended && evbuffer_get_length(bufferevent_get_output(bev)) == 0) {
		finish(c);
		return;
	}
	/* MISTAKE paused-for-ever (stall; Deno #33524, netty #5039): who stops to read has to
	 * start again. Shows when more than 64 KiB wait. */
	if (c->paused && !c->ended && !mistake("paused-for-ever")) {
		c->paused = false;
		bufferevent_enable(bev, EV_READ);
	}
}

/* ended: the peer has said close_notify. What it has sent was moved by readable, which libevent
 * calls first. libevent has stopped to write as well, and must be told to go on. */
static void ended(struct connection *c)
{
	short events = EV_WRITE;

	c->ended = true;
	/* MISTAKE free-at-eof (data-loss, truncation; node-v0.x #8299, uvloop #385): the echo
	 * that waits dies with the bufferevent. Shows when something waits at the peer's
	 * close_notify. */
	if (mistake("free-at-eof")) {
		release(c);
		return;
	}
	/* MISTAKE shutdown-early (data-loss, truncation; nginx e9a8612c1): nothing can be
	 * written behind close_notify. Shows when something waits at the peer's close_notify. */
	if (mistake("shutdown-early"))
		SSL_shutdown(c->ssl);
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0) {
		finish(c);
		return;
	}
	bufferevent_setwatermark(c->bev, EV_WRITE, 0, 0);
	/* MISTAKE eof-again (busy-loop; userver #52, Synapse #32): who goes on to read after the
	 * end meets the end, again and again. Shows when FIN has come and something waits. */
	if (mistake("eof-again"))
		events |= EV_READ;
	else
		bufferevent_disable(c->bev, EV_READ);
	/* MISTAKE flush-not-enabled (stall; Envoy #1928, Bun #38176): nobody writes the rest.
	 * Shows when something waits at the peer's close_notify. */
	if (!mistake("flush-not-enabled"))
		bufferevent_enable(c->bev, events);
}

static void happened(struct bufferevent *bev, short what, void *arg)
{
	struct connection *c = arg;

	if (c->event != NULL)
		return; /* told of what came before the end */
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		c->accepted = true;
		return;
	}
	/* MISTAKE reason-of-reset (crash; helio #593, Jetty #681): an error is asked for its
	 * text, and OpenSSL has none for a reset. Shows when a peer resets the connection. */
	for (unsigned long e; mistake("reason-of-reset") && (e = bufferevent_get_openssl_error(bev));)
		fputs(ERR_reason_error_string(e), stderr);
	/* An end and an error may be told in one call. */
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == BEV_EVENT_EOF) {
		ended(c);
		return;
	}
	/* MISTAKE failure-leaks (leak; tokio-rustls fe8a0f4): who fails in the handshake is
	 * forgotten. Shows when a handshake fails. */
	if (!c->accepted && mistake("failure-leaks"))
		return;
	fin(c); /* OpenSSL has sent the alert, if any */
}

static void admit(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
		  int length, void *ctx)
{
	struct connection *c = calloc(1, sizeof *c);

	(void)listener;
	(void)from;
	(void)length;
	if (c == NULL || (c->ssl = SSL_new(ctx)) == NULL)
		die("a new connection");
	c->fd = fd;
	/* Deferred: a callback that is called inside a read could free what is being read. */
	c->bev = bufferevent_openssl_socket_new(base, fd, c->ssl, BUFFEREVENT_SSL_ACCEPTING,
						BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (c->bev == NULL)
		die("bufferevent_openssl_socket_new");
	bufferevent_setcb(c->bev, readable, writable, happened, c);
	bufferevent_setwatermark(c->bev, EV_WRITE, LIMIT / 2, 0);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* refused: accept failed, for want of a descriptor as a rule. It is tried again when one is
 * closed. */
static void refused(struct evconnlistener *listener, void *ctx)
{
	(void)ctx;
	evconnlistener_disable(listener);
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	SSL_CTX *ctx = begin(argc, argv, mistakes, &arguments);

	base = event_base_new();
	if (base == NULL)
		die("event_base_new");
	door = evconnlistener_new(base, admit, ctx, LEV_OPT_CLOSE_ON_EXEC, 0, listener(&arguments));
	if (door == NULL)
		die("evconnlistener_new");
	evconnlistener_set_error_cb(door, refused);
	event_base_dispatch(base);
	die("event_base_dispatch");
}
