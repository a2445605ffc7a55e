/*
 * An idle link is renegotiated, in records: what package check explores on the
 * code itself, as somebody would model it for spin. The client is correct; the
 * server's pump is ORIGINAL (leaves what a read produced in the engine),
 * SPECULATIVE (drains after each read, and arms no write interest for it) or
 * CORRECT. A stall is a state in which nothing can happen and something is
 * owed: the assertion.
 *
 *   spin -a -DPUMP=ORIGINAL -DLINK=4 -DWRITES=1 -DRENEGS=1 idle-renegotiation.pml
 *   cc -O2 -DSAFETY -o pan pan.c && ./pan
 */
#define ORIGINAL    0
#define SPECULATIVE 1
#define CORRECT     2

#ifndef PUMP
#define PUMP CORRECT
#endif
#ifndef LINK
#define LINK 4		/* records in flight, and in a receive buffer */
#endif
#ifndef WRITES
#define WRITES 1
#endif
#ifndef RENEGS
#define RENEGS 1
#endif
#define ENGINE 24	/* records in an engine's output */

/* Records. The last one of a flight is what the other end waits for. */
#define HELLO    1
#define MORE     2
#define DONE     3	/* ServerHelloDone */
#define CFINISH  4	/* the client's Finished */
#define SFINISH  5	/* the server's */
#define REQUEST  6
#define RESPONSE 7

chan toServer = [LINK] of { byte };	/* in flight */
chan atServer = [LINK] of { byte };	/* received */
chan toClient = [LINK] of { byte };
chan atClient = [LINK] of { byte };
chan client = [ENGINE] of { byte };	/* engines' output */
chan server = [ENGINE] of { byte };

byte writes = WRITES, renegs = RENEGS;
bool handshake = true;	/* the client waits for the server */
bool up = false;	/* the first handshake is done, at the server */
bool sending = false;	/* the server's pump has a response under way */

inline flushClient() {
	do
	:: nempty(client) && nfull(toServer) -> client?m; toServer!m
	:: empty(client) || full(toServer) -> break
	od
}

inline flushServer() {
	do
	:: nempty(server) && nfull(toClient) -> server?m; toClient!m
	:: empty(server) || full(toClient) -> break
	od;
	if
	:: empty(server) -> sending = false
	:: nempty(server) -> skip
	fi
}

inline pollClient() {
	do
	:: nempty(atClient) -> atClient?m;
		if
		:: m == DONE -> client!MORE; client!MORE; client!CFINISH
		:: m == SFINISH -> handshake = false
		:: else -> skip
		fi
	:: empty(atClient) -> break
	od;
	flushClient()
}

inline pollServer() {
	do
	:: nempty(atServer) -> atServer?m;
		if	/* before it is up the accept loop drains all */
		:: m == HELLO -> server!MORE; server!MORE; server!DONE; sending = sending || !up
		:: m == CFINISH -> server!MORE; server!SFINISH; sending = sending || !up; up = true
		:: m == REQUEST -> server!RESPONSE; sending = true
		:: else -> skip
		fi
	:: empty(atServer) -> break
	od;
	if
	:: PUMP != ORIGINAL || sending -> flushServer()
	:: else -> skip
	fi
}

active proctype world() {
	byte m = 0;
	client!HELLO;
	do
	:: d_step { nempty(toServer) && nfull(atServer) -> toServer?m; atServer!m; m = 0 }
	:: d_step { nempty(toClient) && nfull(atClient) -> toClient?m; atClient!m; m = 0 }
	:: d_step { nempty(atClient) || (nempty(client) && nfull(toServer)) -> pollClient(); m = 0 }
	:: d_step { nempty(atServer) ||
		(nempty(server) && nfull(toClient) && (sending || PUMP == CORRECT)) -> pollServer(); m = 0 }
	:: d_step { writes > 0 && !handshake && nfull(client) -> writes--; client!REQUEST }
	:: d_step { renegs > 0 && !handshake && nfull(client) -> renegs--; handshake = true; client!HELLO }
	:: d_step { writes > 0 || renegs > 0 -> writes = 0; renegs = 0 }
	:: else -> break
	od;
	assert(empty(server) && empty(client) && !handshake)
}
