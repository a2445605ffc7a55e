/*
 * The observer: it stands between a program and its libssl, and notes what each call does.
 *
 * It is no library, and the loader does not load it: then no address of the program is another than
 * without it. It is linked to a fixed address, and wantwrite puts it there when the program has come up.
 * The program's slots for the functions below (its global offset tables) lead here from then on.
 *
 * It calls nothing but libssl, by the addresses in real and ask, which wantwrite fills in. It
 * allocates nothing, makes no system call, and leaves errno and OpenSSL's error queue as they are. Its notes
 * stand in a ring, which wantwrite reads when the process makes its next call that is caught. So they are in
 * order with the calls.
 */
#include <stddef.h>
#include <stdint.h>

/* The functions that are watched, and those that are asked, which only look. */
#define WATCHED(DO) \
	DO(SSL_read) DO(SSL_read_ex) DO(SSL_peek) DO(SSL_peek_ex) DO(SSL_write) DO(SSL_write_ex) \
	DO(SSL_do_handshake) DO(SSL_accept) DO(SSL_connect) DO(SSL_shutdown)
#define ASKED(DO) \
	DO(SSL_want) DO(SSL_get_shutdown) DO(SSL_pending) DO(SSL_in_init) DO(SSL_get_key_update_type) \
	DO(SSL_get_fd) DO(SSL_get_wbio) DO(BIO_method_type) DO(BIO_ctrl) DO(SSL_set_msg_callback)

#define NUMBER(name) N_##name,
enum { WATCHED(NUMBER) N_SSL_free, HOOKS };
enum { ASKED(NUMBER) ASKS };
enum { MESSAGE = HOOKS }; /* what a note is about that is not about a call */

/* A note is a call that has returned, or a message of one that has not. See type note in ring.go. */
struct note {
	uint64_t ssl;
	int32_t what;	 /* the number of the function, or MESSAGE */
	int32_t result;	 /* what it has returned; of a message: its length */
	int32_t moved;	 /* bytes that it has moved; of a message: 1 if it was sent */
	int32_t want;	 /* SSL_want; of a message: the type of its record */
	int32_t shut;	 /* SSL_get_shutdown; of a message: its type, or the alert's description */
	int32_t pending; /* SSL_pending */
	int32_t waits;	 /* bytes in the write BIO; -1: this one can't tell */
	int32_t bio;	 /* BIO_method_type of the write BIO; -1: there is none */
	int32_t shakes;	 /* SSL_in_init */
	int32_t update;	 /* SSL_get_key_update_type */
	int32_t fd;	 /* SSL_get_fd; -1: its BIO is no socket */
	int32_t unused;
};

#define RING 4096 /* notes: the same number is in ring.go */

/* What wantwrite reads and writes, by these names. */
#define NAME(name) #name "\0"
const char hooks[] = WATCHED(NAME) "SSL_free\0", asks[] = ASKED(NAME);
void *real[HOOKS], *ask[ASKS];
uint64_t counts[2]; /* of all notes: how many were made, and how many were read */
struct note ring[RING];

#define ASK(name, type, ...) ((type)ask[N_##name])(__VA_ARGS__)
typedef int (*of_ssl)(const void *);

static void put(const struct note *n)
{
	ring[__atomic_fetch_add(&counts[0], 1, __ATOMIC_SEQ_CST) % RING] = *n;
}

/* look_at_output sees what waits in the write BIO. A memory BIO is read by the program: what can be
 * read waits. In a pair what was written waits for the other half. The numbers are those of
 * openssl/bio.h. */
static void look_at_output(void *ssl, struct note *n)
{
	enum { MEMORY = 1 | 0x400, PAIR = 19 | 0x400, BUFFER = 9 | 0x200, PENDING = 10, WPENDING = 13 };
	void *bio = ASK(SSL_get_wbio, void *(*)(const void *), ssl);

	n->bio = n->waits = -1;
	if (bio == NULL)
		return;
	n->bio = ASK(BIO_method_type, of_ssl, bio);
	if (n->bio == MEMORY || n->bio == PAIR || n->bio == BUFFER)
		n->waits = (int32_t)ASK(BIO_ctrl, long (*)(void *, int, long, void *), bio,
					n->bio == MEMORY ? PENDING : WPENDING, 0, NULL);
}

/* on_message is a message callback: SSL_set_msg_callback(3). The header of a record is no message. */
static void on_message(int sent, int version, int type, const void *message, size_t size, void *ssl, void *arg)
{
	enum { ALERT = 21, HANDSHAKE = 22 };
	const unsigned char *b = message;

	(void)version, (void)arg;
	if ((type == ALERT && size == 2) || (type == HANDSHAKE && size > 0))
		put(&(struct note){.ssl = (uint64_t)ssl, .what = MESSAGE, .result = (int32_t)size,
				   .moved = sent, .want = type, .shut = b[type == ALERT]});
}

/* before has the messages of a connection told. A program with a callback of its own keeps it: then
 * there is no address to ask. */
static void before(void *ssl)
{
	if (ask[N_SSL_set_msg_callback] != NULL)
		ASK(SSL_set_msg_callback, void (*)(void *, void *), ssl, (void *)on_message);
}

static void after(int what, void *ssl, int result, size_t moved)
{
	struct note n = {.ssl = (uint64_t)ssl, .what = what, .result = result, .moved = (int32_t)moved,
			 .want = ASK(SSL_want, of_ssl, ssl), .shut = ASK(SSL_get_shutdown, of_ssl, ssl),
			 .pending = ASK(SSL_pending, of_ssl, ssl), .shakes = ASK(SSL_in_init, of_ssl, ssl),
			 .update = ASK(SSL_get_key_update_type, of_ssl, ssl), .fd = ASK(SSL_get_fd, of_ssl, ssl)};

	look_at_output(ssl, &n);
	put(&n);
}

/* Of a call with fewer arguments the others are what the registers hold, and the real function does not
 * look at them. Where the last is used, it says how many bytes were moved (those that end with _ex). */
#define WRAPPER(name) \
	static int wrap_##name(void *ssl, void *bytes, size_t n, size_t *moved) \
	{ \
		const _Bool extended = #name[sizeof #name - 2] == 'x'; \
		int result; \
\
		before(ssl); \
		result = ((int (*)(void *, void *, size_t, size_t *))real[N_##name])(ssl, bytes, n, moved); \
		after(N_##name, ssl, result, result <= 0 ? 0 : extended ? *moved : (size_t)result); \
		return result; \
	}
WATCHED(WRAPPER)

/* What is freed can't be asked, and its address may be another connection's next. */
static void wrap_SSL_free(void *ssl)
{
	put(&(struct note){.ssl = (uint64_t)ssl, .what = N_SSL_free});
	((void (*)(void *))real[N_SSL_free])(ssl);
}

#define WRAPPED(name) [N_##name] = (void *)wrap_##name,
void *const wrappers[HOOKS] = {WATCHED(WRAPPED) WRAPPED(SSL_free)};
