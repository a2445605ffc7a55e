/*
 * What the canaries share: their arguments, a TLS context, a listening socket.
 *
 * A canary is a correct server, with mistakes planted in it. "-m NAME" turns one of them on. Each
 * is one line, at a place marked "MISTAKE name (property; the public bugs it is like)".
 */
#ifndef CANARY_H
#define CANARY_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

/* LIMIT is how many bytes may wait to be written before a server stops reading. */
#define LIMIT ((size_t)64 * 1024)

/* CHUNK is the most that one read takes: the plaintext of one TLS record. */
#define CHUNK ((size_t)16 * 1024)

/* TURN is how often a connection moves bytes before the others have their turn. */
#define TURN 16

/* The arguments of the command line. */
struct arguments {
	const char *address;
	int port;
};

/* begin reads the command line and makes the context. names are the program's mistakes, and end
 * with NULL. Bad use is told in one line, exit 2; a bad key or certificate too, exit 1. */
SSL_CTX *begin(int argc, char **argv, const char *const *names, struct arguments *arguments);

/* listener is a non-blocking socket that listens there, close-on-exec, with SO_REUSEADDR. */
int listener(const struct arguments *arguments);

/* mistake says whether this is the mistake of -m. */
bool mistake(const char *name);

/* die ends the program with a line that says why: exit 1. */
_Noreturn void die(const char *what);

/* would_block says whether errno tells of a call that may succeed later. */
bool would_block(void);

#endif
