/* What the canaries share; see canary.h. */
#include "canary.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

static const char *program = "canary";
static const char *planted = "";

_Noreturn void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program, what, errno != 0 ? strerror(errno) : "failed");
	exit(1);
}

static _Noreturn void usage(const char *got, const char *want)
{
	fprintf(stderr, "%s: got %s; want %s\n", program, got, want);
	exit(2);
}

bool mistake(const char *name)
{
	return strcmp(planted, name) == 0;
}

bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* check ends the program if no mistake has the name of -m, and says which there are. */
static void check(const char *const *names)
{
	char all[1024] = "a mistake:";

	if (*planted == '\0')
		return;
	for (; *names != NULL; names++) {
		if (mistake(*names))
			return;
		strncat(all, " ", sizeof all - strlen(all) - 1);
		strncat(all, *names, sizeof all - strlen(all) - 1);
	}
	usage(planted, all);
}

/* context is a server's, for both versions or one of them. */
static SSL_CTX *context(const char *key, const char *cert, int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	errno = 0;
	if (ctx == NULL)
		die("SSL_CTX_new");
	SSL_CTX_set_min_proto_version(ctx, version != 0 ? version : TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, version != 0 ? version : TLS1_3_VERSION);
	/* A cache of sessions grows with each client, and would look like a leak. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		die(cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		die(key);
	ERR_clear_error();
	return ctx;
}

SSL_CTX *begin(int argc, char **argv, const char *const *names, struct arguments *arguments)
{
	static const char form[] =
		"NAME [-m MISTAKE] [-k key.pem] [-c cert.pem] [-v 1.2|1.3] ADDRESS PORT";
	const char *key = "key.pem", *cert = "cert.pem", *slash = strrchr(argv[0], '/');
	int version = 0, option;
	char *end;

	program = slash != NULL ? slash + 1 : argv[0];
	opterr = 0;
	while ((option = getopt(argc, argv, "m:k:c:v:")) != -1) {
		switch (option) {
		case 'm':
			planted = optarg;
			break;
		case 'k':
			key = optarg;
			break;
		case 'c':
			cert = optarg;
			break;
		case 'v':
			version = strcmp(optarg, "1.2") == 0   ? TLS1_2_VERSION
				  : strcmp(optarg, "1.3") == 0 ? TLS1_3_VERSION
							       : -1;
			if (version < 0)
				usage(optarg, "-v 1.2 or -v 1.3");
			break;
		default:
			usage(argv[optind - 1], form);
		}
	}
	check(names);
	if (argc - optind != 2)
		usage("another number of arguments", form);
	arguments->address = argv[optind];
	arguments->port = (int)strtol(argv[optind + 1], &end, 10);
	if (*end != '\0' || end == argv[optind + 1] || arguments->port < 1 ||
	    arguments->port > 65535)
		usage(argv[optind + 1], "a port from 1 to 65535");
	if (inet_addr(arguments->address) == INADDR_NONE)
		usage(arguments->address, "a numeric IPv4 address");
	signal(SIGPIPE, SIG_IGN);
	return context(key, cert, version);
}

int listener(const struct arguments *arguments)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)arguments->port),
				 .sin_addr.s_addr = inet_addr(arguments->address)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		die("setsockopt");
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
		die("bind");
	if (listen(fd, SOMAXCONN) < 0)
		die("listen");
	return fd;
}
