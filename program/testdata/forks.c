/* forks: a TLS server that makes a process for each connection, and one more thread that says hello. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

static void *serve(void *ssl)
{
	char bytes[100];
	int n;

	if (SSL_accept(ssl) == 1)
		while ((n = SSL_read(ssl, bytes, sizeof bytes)) > 0)
			SSL_write(ssl, bytes, n);
	return NULL;
}

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8443), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int fd, door = socket(AF_INET, SOCK_STREAM, 0);

	if (SSL_CTX_use_certificate_chain_file(ctx, "chain.pem") != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, "key.pem", SSL_FILETYPE_PEM) != 1 ||
	    bind(door, (struct sockaddr *)&at, sizeof at) < 0 || listen(door, 5) < 0)
		return 1;
	while ((fd = accept(door, NULL, NULL)) >= 0) {
		SSL *ssl = SSL_new(ctx);
		pthread_t thread;

		if (fork() > 0) {
			close(fd);
			continue;
		}
		SSL_set_fd(ssl, fd);
		if (pthread_create(&thread, NULL, serve, ssl) == 0)
			pthread_join(thread, NULL);
		exit(0);
	}
	return 1;
}
