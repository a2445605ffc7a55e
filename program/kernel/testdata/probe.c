/*
 * A probe does the system calls that it is told, one a line, and tells how each was answered. The
 * same lines are given to one that runs on Linux and to one that runs on our kernel: the answers
 * have to be the same.
 *
 * Words of one letter are variables, which hold descriptors. Answers are the value of the call, or
 * minus its errno, and what it has given. Each worker, which is a thread or a process of the probe,
 * reads its lines from one named pipe and answers on another: NAME.in and NAME.out.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int var[128];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int signals;
static void *volatile bad = (void *)16;

struct line {
	int in, out;
	int n;
	char *w[64];
	char text[4096], answer[1 << 16];
	int len;
};

static void say(struct line *l, const char *format, ...)
{
	va_list a;
	va_start(a, format);
	l->len += vsnprintf(l->answer + l->len, sizeof l->answer - l->len, format, a);
	va_end(a);
}

/* A result is a value, or minus an errno; a descriptor is stored and told as one. */
static void value(struct line *l, long n) { say(l, "%ld", n < 0 ? -(long)errno : n); }

static void descriptor(struct line *l, char *name, int n)
{
	if (n < 0)
		value(l, n);
	else
		var[(int)name[0]] = n, say(l, "descriptor");
}

static int fd(const char *w) { return w[1] == 0 && (w[0] < '0' || w[0] > '9') ? var[(int)w[0]] : atoi(w); }
static long num(const char *w) { return strtol(w, NULL, 0); }

/* What was read is told by its length, its first bytes and a sum of all. */
static void bytes(struct line *l, long n, const char *b)
{
	value(l, n);
	unsigned sum = 0;
	for (long i = 0; i < n; i++)
		sum = sum * 31 + (unsigned char)b[i];
	if (n > 0)
		say(l, " %.*s %u", (int)(n < 20 ? n : 20), b, sum);
}

static char *fresh(long n) /* n letters to send */
{
	static char letters[1 << 20];
	for (long i = 0; i < n; i++)
		letters[i] = 'a' + i % 26;
	return letters;
}

static struct timespec span(long ms) { return (struct timespec){ms / 1000, ms % 1000 * 1000000}; }

static void *serve(void *arg);

static struct line *worker(const char *name)
{
	struct line *l = calloc(1, sizeof *l);
	char path[64];
	for (int out = 0; out < 2; out++) {
		snprintf(path, sizeof path, "%s.%s", name, out ? "out" : "in");
		int f = open(path, out ? O_WRONLY : O_RDONLY);
		*(out ? &l->out : &l->in) = fcntl(f, F_DUPFD_CLOEXEC, 50); /* where no call looks */
		close(f);
	}
	return l;
}

static int vectors(struct line *l, int from, struct iovec *v, char *b)
{
	int n = 0;
	for (int i = from; i < l->n; i++) {
		v[n].iov_base = b;
		v[n++].iov_len = num(l->w[i]);
		b += num(l->w[i]);
	}
	return n;
}

static void transfer(struct line *l)
{
	static __thread char got[1 << 20];
	struct iovec v[64];
	struct msghdr m = {.msg_iov = v};
	char **w = l->w;
	int f = l->n > 1 ? fd(w[1]) : 0;
	if (!strcmp(w[0], "read"))
		bytes(l, read(f, got, num(w[2])), got);
	else if (!strcmp(w[0], "recv"))
		bytes(l, recv(f, got, num(w[2]), num(w[3])), got);
	else if (!strcmp(w[0], "readv")) {
		int n = vectors(l, 2, v, got);
		bytes(l, readv(f, v, n), got);
	} else if (!strcmp(w[0], "recvmsg")) {
		m.msg_iovlen = vectors(l, 3, v, got);
		long n = recvmsg(f, &m, num(w[2]));
		bytes(l, n, got);
		say(l, " flags %d control %d", m.msg_flags, (int)m.msg_controllen);
	} else if (!strcmp(w[0], "write"))
		value(l, write(f, fresh(num(w[2])), num(w[2])));
	else if (!strcmp(w[0], "send"))
		value(l, send(f, fresh(num(w[2])), num(w[2]), num(w[3])));
	else if (!strcmp(w[0], "writev")) {
		int n = vectors(l, 2, v, fresh(1 << 16));
		value(l, writev(f, v, n));
	} else if (!strcmp(w[0], "sendmsg")) {
		m.msg_iovlen = vectors(l, 3, v, fresh(1 << 16));
		value(l, sendmsg(f, &m, num(w[2])));
	} else if (!strcmp(w[0], "sendfile")) { /* sendfile socket file offset|- count */
		off_t at = num(w[3]), *o = w[3][0] == '-' ? NULL : &at;
		value(l, sendfile(f, fd(w[2]), o, num(w[4])));
		say(l, " offset %ld", o ? (long)at : (long)lseek(fd(w[2]), 0, SEEK_CUR));
	} else if (!strcmp(w[0], "fill")) {
		long n;
		for (int size = 1000; size > 0; size /= 10)
			while ((n = send(f, fresh(size), size, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
				;
		value(l, n);
	} else if (!strcmp(w[0], "badread"))
		value(l, read(f, bad, 10));
	else if (!strcmp(w[0], "badwrite"))
		value(l, write(f, bad, 10));
	else if (!strcmp(w[0], "splice"))
		value(l, splice(f, NULL, fd(w[2]), NULL, num(w[3]), 0));
	else
		say(l, "unknown %s", w[0]);
}

static void address(struct line *l, int n, struct sockaddr_storage *s, socklen_t len)
{
	if (n < 0) {
		value(l, n);
		return;
	}
	char text[64] = "";
	int port = 0;
	if (s->ss_family == AF_INET) {
		struct sockaddr_in *a = (void *)s;
		inet_ntop(AF_INET, &a->sin_addr, text, sizeof text);
		port = ntohs(a->sin_port);
	} else if (s->ss_family == AF_INET6) {
		struct sockaddr_in6 *a = (void *)s;
		inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof text);
		port = ntohs(a->sin6_port);
	}
	say(l, "%s %s length %d", text, port ? "port" : "none", (int)len);
}

static int here(int f, int domain, int port, int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in6 b = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	return domain == AF_INET ? call(f, (void *)&a, sizeof a) : call(f, (void *)&b, sizeof b);
}

static int domain_of(int f)
{
	int d = 0;
	socklen_t n = sizeof d;
	getsockopt(f, SOL_SOCKET, SO_DOMAIN, &d, &n);
	return d;
}

static void sockets(struct line *l)
{
	char **w = l->w;
	int n, f = l->n > 1 ? fd(w[1]) : 0;
	struct sockaddr_storage s = {0};
	socklen_t len = sizeof s;
	if (!strcmp(w[0], "socket")) /* socket name domain type */
		descriptor(l, w[1], socket(num(w[2]), num(w[3]), 0));
	else if (!strcmp(w[0], "bind"))
		value(l, here(f, domain_of(f), num(w[2]), bind));
	else if (!strcmp(w[0], "connect"))
		value(l, here(f, domain_of(f), num(w[2]), connect));
	else if (!strcmp(w[0], "local")) { /* local socket path: connect to a socket of the file system */
		struct sockaddr_un u = {.sun_family = AF_UNIX};
		strncpy(u.sun_path, w[2], sizeof u.sun_path - 1);
		value(l, connect(f, (void *)&u, sizeof u));
	} else if (!strcmp(w[0], "tell")) { /* tell socket path: send a datagram there */
		struct sockaddr_un u = {.sun_family = AF_UNIX};
		strncpy(u.sun_path, w[2], sizeof u.sun_path - 1);
		value(l, sendto(f, "hi", 2, 0, (void *)&u, sizeof u));
	} else if (!strcmp(w[0], "serve")) { /* serve socket path: bind it there and listen */
		struct sockaddr_un u = {.sun_family = AF_UNIX};
		strncpy(u.sun_path, w[2], sizeof u.sun_path - 1);
		n = bind(f, (void *)&u, sizeof u);
		value(l, n ? n : listen(f, 5));
	} else if (!strcmp(w[0], "listen"))
		value(l, listen(f, 5));
	else if (!strcmp(w[0], "port")) {
		getsockname(f, (void *)&s, &len);
		say(l, "%d", ntohs(((struct sockaddr_in *)&s)->sin_port));
	} else if (!strcmp(w[0], "accept")) /* accept listener name flags */
		descriptor(l, w[2], accept4(f, (void *)&s, &len, num(w[3])));
	else if (!strcmp(w[0], "name")) {
		n = getsockname(f, (void *)&s, &len);
		address(l, n, &s, len);
	} else if (!strcmp(w[0], "peer")) {
		n = getpeername(f, (void *)&s, &len);
		address(l, n, &s, len);
	} else if (!strcmp(w[0], "shutdown"))
		value(l, shutdown(f, num(w[2])));
	else if (!strcmp(w[0], "fionread")) {
		int k = -1;
		value(l, ioctl(f, FIONREAD, &k));
		say(l, " %d", k);
	} else if (!strcmp(w[0], "soerror")) {
		int k = -1;
		socklen_t size = sizeof k;
		value(l, getsockopt(f, SOL_SOCKET, SO_ERROR, &k, &size));
		say(l, " %d", k);
	} else if (!strcmp(w[0], "linger")) {
		struct linger g = {1, 0};
		value(l, setsockopt(f, SOL_SOCKET, SO_LINGER, &g, sizeof g));
	} else if (!strcmp(w[0], "sndbuf")) {
		int size = num(w[2]);
		value(l, setsockopt(f, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
	} else if (!strcmp(w[0], "nodelay")) {
		int one = 1;
		value(l, setsockopt(f, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
	} else
		transfer(l);
}

static void descriptors(struct line *l)
{
	char **w = l->w;
	int f = l->n > 1 ? fd(w[1]) : 0;
	if (!strcmp(w[0], "close"))
		value(l, close(f));
	else if (!strcmp(w[0], "dup"))
		descriptor(l, w[2], dup(f));
	else if (!strcmp(w[0], "dup2"))
		value(l, dup2(f, fd(w[2])) < 0 ? -1 : 0);
	else if (!strcmp(w[0], "dup3"))
		value(l, dup3(f, fd(w[2]), O_CLOEXEC) < 0 ? -1 : 0);
	else if (!strcmp(w[0], "dupfd")) {
		int n = fcntl(f, num(w[4]) ? F_DUPFD_CLOEXEC : F_DUPFD, fd(w[3]));
		descriptor(l, w[2], n);
		say(l, n >= fd(w[3]) ? " high" : " low");
	} else if (!strcmp(w[0], "flags"))
		say(l, "%d %d", fcntl(f, F_GETFL) & O_NONBLOCK, fcntl(f, F_GETFD));
	else if (!strcmp(w[0], "cloexec"))
		value(l, fcntl(f, F_SETFD, num(w[2])));
	else if (!strcmp(w[0], "nonblock"))
		value(l, fcntl(f, F_SETFL, num(w[2]) ? O_NONBLOCK : 0));
	else if (!strcmp(w[0], "fionbio")) {
		int on = num(w[2]);
		value(l, ioctl(f, FIONBIO, &on));
	} else if (!strcmp(w[0], "closerange"))
		value(l, syscall(SYS_close_range, f, fd(w[2]), num(w[3])));
	else if (!strcmp(w[0], "pipe")) {
		int p[2];
		value(l, pipe2(p, O_NONBLOCK));
		var[(int)w[1][0]] = p[0];
		var[(int)w[2][0]] = p[1];
	} else if (!strcmp(w[0], "eventfd"))
		descriptor(l, w[1], eventfd(0, EFD_NONBLOCK));
	else if (!strcmp(w[0], "ring")) { /* writes 8 bytes */
		uint64_t one = 1;
		value(l, write(f, &one, 8));
	} else if (!strcmp(w[0], "count")) { /* reads 8 bytes */
		uint64_t n = 0;
		value(l, read(f, &n, 8));
		say(l, " %lu", (unsigned long)n);
	} else if (!strcmp(w[0], "memory")) { /* a file with n letters */
		int n = memfd_create("probe", 0);
		if (write(n, fresh(num(w[2])), num(w[2])) < 0)
			value(l, -1);
		lseek(n, 0, SEEK_SET);
		descriptor(l, w[1], n);
	} else if (!strcmp(w[0], "open"))
		descriptor(l, w[1], open(w[2], O_RDONLY));
	else if (!strcmp(w[0], "create"))
		value(l, open(w[1], O_WRONLY | O_CREAT, 0600) < 0 ? -1 : 0);
	else if (!strcmp(w[0], "set"))
		var[(int)w[1][0]] = num(w[2]);
	else
		sockets(l);
}

static void masks(struct line *l, long n, struct epoll_event *ev)
{
	value(l, n);
	for (long i = 1; i < n; i++) /* their order is nobody's business */
		for (long j = i; j > 0 && ev[j - 1].data.u64 > ev[j].data.u64; j--) {
			struct epoll_event e = ev[j];
			ev[j] = ev[j - 1], ev[j - 1] = e;
		}
	for (long i = 0; i < n; i++)
		say(l, " %lu:%#x", (unsigned long)ev[i].data.u64, ev[i].events);
}

static void waits(struct line *l)
{
	char **w = l->w;
	if (!strcmp(w[0], "epoll"))
		descriptor(l, w[1], epoll_create1(0));
	else if (!strcmp(w[0], "ctl")) { /* ctl set op target events data */
		struct epoll_event ev = {.events = l->n > 4 ? num(w[4]) : 0, .data.u64 = l->n > 5 ? num(w[5]) : 0};
		value(l, epoll_ctl(fd(w[1]), num(w[2]), fd(w[3]), &ev));
	} else if (!strcmp(w[0], "wait")) { /* wait set max ms */
		struct epoll_event ev[64];
		long n = epoll_wait(fd(w[1]), ev, num(w[2]), num(w[3]));
		masks(l, n, ev);
	} else if (!strcmp(w[0], "pwait2")) {
		struct epoll_event ev[64];
		struct timespec t = span(num(w[3]));
		long n = syscall(SYS_epoll_pwait2, fd(w[1]), ev, num(w[2]), &t, NULL, 0);
		masks(l, n, ev);
	} else if (!strcmp(w[0], "poll") || !strcmp(w[0], "ppoll")) { /* poll ms fd events ... */
		struct pollfd p[32];
		int k = 0;
		for (int i = 2; i + 1 < l->n; i += 2, k++)
			p[k] = (struct pollfd){fd(w[i]), num(w[i + 1]), 0};
		struct timespec t = span(num(w[1]));
		value(l, w[0][1] == 'p' ? ppoll(p, k, &t, NULL) : poll(p, k, num(w[1])));
		for (int i = 0; i < k; i++)
			say(l, " %#x", p[i].revents);
	} else if (!strcmp(w[0], "select") || !strcmp(w[0], "pselect")) { /* select ms r fd w fd x fd ... */
		fd_set s[3];
		for (int i = 0; i < 3; i++)
			FD_ZERO(&s[i]);
		int top = 0;
		for (int i = 2; i + 1 < l->n; i += 2) {
			int f = fd(w[i + 1]);
			FD_SET(f, &s[w[i][0] == 'r' ? 0 : w[i][0] == 'w' ? 1 : 2]);
			if (f >= top)
				top = f + 1;
		}
		struct timeval tv = {num(w[1]) / 1000, num(w[1]) % 1000 * 1000};
		struct timespec ts = span(num(w[1]));
		long n = w[0][0] == 'p' ? pselect(top, &s[0], &s[1], &s[2], &ts, NULL)
					: select(top, &s[0], &s[1], &s[2], num(w[1]) < 0 ? NULL : &tv);
		value(l, n);
		for (int i = 2; n >= 0 && i + 1 < l->n; i += 2)
			say(l, " %d", FD_ISSET(fd(w[i + 1]), &s[w[i][0] == 'r' ? 0 : w[i][0] == 'w' ? 1 : 2]) != 0);
	} else
		descriptors(l);
}

static long ms_of(struct timespec t) { return t.tv_sec * 1000 + t.tv_nsec / 1000000; }

static long us_of(struct timespec t) { return t.tv_sec * 1000000 + t.tv_nsec / 1000; }

static void times(struct line *l)
{
	char **w = l->w;
	struct timespec t, from;
	if (!strcmp(w[0], "timerfd"))
		descriptor(l, w[1], timerfd_create(num(w[2]), TFD_NONBLOCK));
	else if (!strcmp(w[0], "settime")) { /* settime timer first every absolute clock */
		struct itimerspec v = {span(num(w[3])), span(num(w[2]))}, old;
		if (num(w[4])) {
			clock_gettime(num(w[5]), &t);
			v.it_value = span(ms_of(t) + num(w[2]));
		}
		value(l, timerfd_settime(fd(w[1]), num(w[4]), &v, &old));
		say(l, " %d %ld", old.it_value.tv_sec || old.it_value.tv_nsec, ms_of(old.it_interval));
	} else if (!strcmp(w[0], "gettime")) {
		struct itimerspec v;
		value(l, timerfd_gettime(fd(w[1]), &v));
		say(l, " %d %ld", v.it_value.tv_sec || v.it_value.tv_nsec, ms_of(v.it_interval));
	} else if (!strcmp(w[0], "sleep") || !strcmp(w[0], "sleepuntil")) { /* tells the time that has passed */
		clock_gettime(CLOCK_MONOTONIC, &from);
		long until = us_of(from) + 1000 * num(w[1]);
		t = span(num(w[1]));
		if (w[0][5]) {
			t = span(ms_of(from) + num(w[1]));
			until = us_of(t);
			value(l, -(errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL)));
		} else
			value(l, nanosleep(&t, NULL));
		clock_gettime(CLOCK_MONOTONIC, &t);
		say(l, us_of(t) > until || !num(w[1]) ? " late" : " early");
	} else if (!strcmp(w[0], "cputimer")) { /* cputimer clock */
		struct sigevent none = {.sigev_notify = SIGEV_NONE};
		timer_t id;
		value(l, timer_create(num(w[1]), &none, &id));
	} else if (!strcmp(w[0], "now")) {
		clock_gettime(num(w[1]), &t);
		say(l, "%ld.%09ld", (long)t.tv_sec, t.tv_nsec);
	} else if (!strcmp(w[0], "rawnow")) {
		syscall(SYS_clock_gettime, num(w[1]), &t);
		say(l, "%ld.%09ld", (long)t.tv_sec, t.tv_nsec);
	} else if (!strcmp(w[0], "day")) {
		struct timeval tv;
		gettimeofday(&tv, NULL);
		say(l, "%ld.%06ld %ld", (long)tv.tv_sec, (long)tv.tv_usec, (long)time(NULL));
	} else if (!strcmp(w[0], "condwait")) { /* condwait ms */
		clock_gettime(CLOCK_REALTIME, &t);
		t = span(ms_of(t) + num(w[1]));
		pthread_mutex_lock(&mutex);
		value(l, -(errno = pthread_cond_timedwait(&cond, &mutex, &t)));
		pthread_mutex_unlock(&mutex);
	} else if (!strcmp(w[0], "signal"))
		value(l, -(errno = pthread_cond_signal(&cond)));
	else if (!strcmp(w[0], "getrandom") || !strcmp(w[0], "urandom")) {
		unsigned char b[16];
		if (w[0][0] == 'g')
			value(l, getrandom(b, sizeof b, 0));
		else {
			int f = open("/dev/urandom", O_RDONLY);
			value(l, read(f, b, sizeof b));
			close(f);
		}
		for (int i = 0; i < 16; i++)
			say(l, "%s%02x", i ? "" : " ", b[i]);
	} else if (!strcmp(w[0], "alarm"))
		value(l, alarm(num(w[1])));
	else
		waits(l);
}

static void on_signal(int s) { signals = s; }

static void processes(struct line *l)
{
	char **w = l->w;
	pthread_t id;
	if (!strcmp(w[0], "thread")) /* thread name */
		value(l, -(errno = pthread_create(&id, NULL, serve, worker(w[1]))));
	else if (!strcmp(w[0], "fork")) { /* fork name */
		int pid = fork();
		if (pid == 0) {
			serve(worker(w[1]));
			_exit(0);
		}
		value(l, pid < 0 ? -1 : 0);
	} else if (!strcmp(w[0], "exec")) { /* exec name: a new probe, with the variables */
		char text[128][24], *argv[130] = {"/proc/self/exe", w[1]};
		int k = 2;
		for (int i = 'a'; i <= 'z'; i++) {
			sprintf(text[k], "%c%d", i, var[i]);
			argv[k] = text[k];
			k++;
		}
		execv("/proc/self/exe", argv);
		value(l, -1);
	} else if (!strcmp(w[0], "spawn")) { /* spawn path */
		char *argv[] = {w[1], NULL};
		value(l, -(errno = posix_spawn(NULL, w[1], NULL, NULL, argv, argv + 1)));
	} else if (!strcmp(w[0], "waitpid")) {
		int status = 0;
		value(l, waitpid(-1, &status, 0) < 0 ? -1 : 0);
		say(l, " %#x", status);
	} else if (!strcmp(w[0], "end"))
		pthread_exit(NULL);
	else if (!strcmp(w[0], "exit"))
		_exit(num(w[1]));
	else if (!strcmp(w[0], "raise"))
		value(l, raise(num(w[1])));
	else if (!strcmp(w[0], "handle")) /* handle signal: 1 catches, 0 ignores */
		signal(num(w[1]), num(w[2]) ? on_signal : SIG_IGN);
	else if (!strcmp(w[0], "signals"))
		say(l, "%d", signals), signals = 0;
	else if (!strcmp(w[0], "kill"))
		value(l, kill(num(w[1]), num(w[2])));
	else if (!strcmp(w[0], "crash"))
		*(volatile int *)8 = 1;
	else if (!strcmp(w[0], "loop"))
		for (;;)
			;
	else if (!strcmp(w[0], "eat")) { /* takes memory until there is none */
		for (;;) {
			char *b = mmap(NULL, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (b == MAP_FAILED)
				break;
			memset(b, 1, 1 << 24);
		}
		value(l, -1);
	} else if (!strcmp(w[0], "bomb")) { /* forks until it may not */
		int n = 0;
		for (;;) {
			int pid = fork();
			if (pid == 0)
				for (;;)
					pause();
			if (pid < 0)
				break;
			n++;
		}
		value(l, -1);
		say(l, " after %d", n);
	} else if (!strcmp(w[0], "daemon")) { /* leaves a process behind that is nobody's child */
		if (fork() == 0) {
			setsid();
			if (fork() == 0) {
				for (int s = 1; s < 64; s++)
					signal(s, SIG_IGN);
				for (;;)
					pause();
			}
			_exit(0);
		}
		int status;
		value(l, wait(&status) < 0 ? -1 : 0);
	} else if (!strcmp(w[0], "tid"))
		say(l, "%ld", (long)syscall(SYS_gettid));
	else
		times(l);
}

static void *serve(void *arg)
{
	struct line *l = arg;
	for (;;) {
		int n = 0;
		char c;
		while (read(l->in, &c, 1) == 1 && c != '\n')
			l->text[n++] = c;
		if (n == 0)
			return NULL;
		l->text[n] = 0;
		l->n = l->len = 0;
		char *rest = l->text;
		while ((l->w[l->n] = strtok_r(rest, " ", &rest)))
			l->n++;
		processes(l);
		say(l, "\n");
		if (write(l->out, l->answer, l->len) < 0)
			return NULL;
	}
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		var[(int)argv[i][0]] = atoi(argv[i] + 1);
	struct line *l = worker(argc > 1 ? argv[1] : "main");
	if (argc > 2 && write(l->out, "new\n", 4) < 0)
		return 1;
	serve(l);
	return 0;
}
