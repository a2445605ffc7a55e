//go:build linux && amd64

package kernel

// plays are stories about the parts of the kernel, each with a connection c and its listener l.
var plays = map[string]string{
	"read": `
		read c 10
		< hello world
		read c 5
		fionread c
		recv c 3 2
		readv c 2 2 100
		read c 10
		badread c
		< x
		badwrite c
		read c 1
		read c 0
		< fin
		read c 10
		read c 10
	`,
	"bytes that are thrown away": `
		< hello world
		recv c 3 0
		recv c 2 0x22
		recv c 4 0x20
		read c 1
		recv c 100 0x4060
		recv c 100 0x4060
		< fin
		recv c 100 0x4060
	`,
	"write": `
		write c 10
		writev c 3 0 5
		send c 7 0x4040
		sendmsg c 0x4000 1 2 3
		< read
		fill c
		write c 1
		writev c 1 1
		< read
		write c 1
		< read
	`,
	"sendfile": `
		memory f 1000
		sendfile c f - 100
		sendfile c f - 2000
		sendfile c f - 100
		sendfile c f 990 100
		sendfile c f 2000 100
		< read
		fill c
		sendfile c f 0 100
		sendfile c 99 0 100
		sendfile f c 0 10
		handle 13 1
		sendfile l f 0 10
		shutdown c 1
		sendfile c f 0 10
		signals
	`,
	"a read that blocks": `
		nonblock c 0
		read c 10
		< hello
		wait main
		recv c 10 0x40
		readv c 3 3
		< more
		wait main
		recvmsg c 0 5
		< fin
		wait main
	`,
	"a write that blocks": `
		fill c
		nonblock c 0
		send c 10 0x40
		send c 10 0
		< read
		wait main
	`,
	"an accept that blocks": `
		accept l d 0
		< connect
		wait main
		flags d
		nonblock l 1
		accept l d 0
		< connect
		accept l e 0x80800
		flags e
		accept c f 0
		fionbio e 0
		flags e
	`,
	"names": `
		handle 13 1
		name l
		name c
		peer l
		peer c
		socket d 10 1
		name d
		peer d
		bind d 0
		socket s 2 1
		bind s 0
		name s
		peer s
		write s 5
		read s 5
		shutdown s 1
		poll 0 s 0x7 l 0x7
		connect s 1
		soerror s
	`,
	"an end": `
		handle 13 1
		< hello
		< fin
		poll 0 c 0x2007
		read c 10
		read c 10
		write c 5
		poll 0 c 0x2007
		shutdown c 1
		poll 0 c 0x2007
		write c 5
		signals
		shutdown c 1
		peer c
		< read
	`,
	"an end of ours": `
		handle 13 1
		write c 5
		shutdown c 1
		send c 5 0
		signals
		send c 5 0x4000
		signals
		< read
		< hello
		poll 0 c 0x2007
		read c 10
		< fin
		read c 10
		poll 0 c 0x2007
	`,
	"a deaf ear": `
		shutdown c 0
		poll 0 c 0x2007
		read c 10
		shutdown c 5
		shutdown l 0
		accept l d 0x800
	`,
	"a reset that is read": `
		handle 13 1
		< hello
		< reset
		poll 0 c 0x2007
		read c 10
		read c 10
		read c 10
		poll 0 c 0x2007
		write c 5
		signals
		soerror c
		fionread c
		peer c
		name c
	`,
	"a reset that is written to": `
		handle 13 1
		< reset
		write c 5
		signals
		write c 5
		signals
		read c 5
		soerror c
	`,
	"a reset that is asked for": `
		< reset
		soerror c
		soerror c
		poll 0 c 0x2007
		read c 5
	`,
	"an end and a reset": `
		handle 13 1
		< fin
		< reset
		poll 0 c 0x2007
		read c 5
		write c 5
		signals
		poll 0 c 0x2007
	`,
	"a close with bytes unread": `
		< hello
		close c
		< read
	`,
	"a close without": `
		write c 3
		close c
		< read
	`,
	"a close that lingers for no time": `
		linger c
		close c
		< read
	`,
	"level": `
		epoll e
		ctl e 1 c 0x5 7
		wait e 8 0
		< hello
		wait e 8 0
		wait e 8 0
		read c 3
		wait e 8 0
		read c 10
		wait e 8 0
		fill c
		wait e 8 0
		< read
		wait e 8 0
		ctl e 1 c 0x5 7
		ctl e 3 c 0x1 8
		wait e 8 0
		ctl e 2 c
		ctl e 2 c
		ctl e 3 c 0x1 8
		ctl e 9 c 0x1 8
		ctl c 1 e 0x1 8
		wait e 0 0
		wait c 8 0
	`,
	"edge": `
		epoll e
		ctl e 1 c 0x80000005 7
		wait e 8 0
		wait e 8 0
		< hello
		wait e 8 0
		wait e 8 0
		read c 3
		wait e 8 0
		< more
		wait e 8 0
		fill c
		wait e 8 0
		< read
		wait e 8 0
		wait e 8 0
		< x
		read c 100
		wait e 8 0
		ctl e 3 c 0x80000001 8
		wait e 8 0
		< y
		wait e 8 0
		ctl e 3 c 0x80000005 9
		wait e 8 0
		< fin
		wait e 8 0
		wait e 8 0
	`,
	"an edge of what was not asked for": `
		epoll e
		ctl e 1 c 0x80000004 7
		wait e 8 0
		< hello
		wait e 8 0
		< fin
		wait e 8 0
		wait e 8 0
	`,
	"an edge of a listener": `
		epoll e
		ctl e 1 l 0x80000001 7
		wait e 8 0
		< connect
		wait e 8 0
		wait e 8 0
		< connect
		wait e 8 0
		accept l d 0x800
		wait e 8 0
	`,
	"one-shot": `
		epoll e
		ctl e 1 c 0x40000005 7
		wait e 8 0
		< hello
		wait e 8 0
		ctl e 3 c 0x40000001 8
		wait e 8 0
		wait e 8 0
		ctl e 3 c 0xc0000001 8
		wait e 8 0
		< reset
		wait e 8 0
		ctl e 3 c 0x40000000 8
		wait e 8 0
		wait e 8 0
	`,
	"a set in a set": `
		epoll e
		epoll o
		ctl e 1 c 0x1 7
		ctl o 1 e 0x1 8
		wait o 8 0
		< hello
		wait o 8 0
		poll 0 e 0x1 o 0x5
		select 0 r e r o w c
		read c 10
		wait o 8 0
		ctl o 1 o 0x1 9
	`,
	"descriptors of the system in a set": `
		epoll e
		pipe a b
		eventfd v
		ctl e 1 a 0x1 1
		ctl e 1 v 0x1 2
		ctl e 1 c 0x1 3
		wait e 8 0
		write b 5
		wait e 8 0
		ring v
		wait e 8 0
		< hello
		wait e 2 0
		read a 10
		count v
		wait e 8 0
		ctl e 3 v 0x80000001 4
		ring v
		wait e 8 0
		wait e 8 0
		ctl e 1 v 0x1 2
		ctl e 2 v
		close b
		wait e 8 0
	`,
	"closed in a set": `
		epoll e
		dup c d
		ctl e 1 c 0x1 1
		ctl e 1 d 0x1 2
		< hello
		wait e 8 0
		close d
		ctl e 2 d
		wait e 8 0
		close c
		wait e 8 0
		ctl e 1 c 0x1 1
	`,
	"a wait": `
		epoll e
		ctl e 1 c 0x1 7
		wait e 8 -1
		< hello
		wait main
		read c 10
		wait e 8 90
		elapse
		wait main
		pwait2 e 8 90
		elapse
		wait main
		poll 90 c 0x1
		elapse
		wait main
		ppoll 90 c 0x1
		< x
		wait main
		read c 10
		select 90 r c
		elapse
		wait main
		pselect 90 r c
		< y
		wait main
	`,
	// select looks at no descriptor beyond the process's table, which has 64 places or more as it
	// happens: 49 is within, and is not open.
	"poll": `
		pipe a b
		poll 0 c 0x1 a 0x1 b 0x4 -1 0x1 99 0x1
		write b 5
		< hello
		poll 0 c 0x45 a 0x1 b 0x1 l 0x1
		< connect
		poll 0 l 0x45 c 0x0
		poll -1 a 0x1
		close b
		read a 10
		poll 0 a 0x1
		select 0 r a r c w c x c
		select 0 r 49
	`,
	"timers": `
		timerfd t 1
		count t
		gettime t
		settime t 90 0 0
		gettime t
		poll 0 t 0x1
		count t
		elapse
		poll 0 t 0x1
		count t
		count t
		gettime t
		settime t 90 0 1 1
		poll -1 t 0x1
		elapse
		wait main
		settime t 1000000 2000 0
		settime t 0 0 0
		gettime t
		timerfd r 0
		settime r 90 0 1 0
		epoll e
		ctl e 1 r 0x1 5
		wait e 8 -1
		elapse
		wait main
		count r
		wait e 8 0
		read r 4
		write r 8
		ring c
		gettime c
		cputimer 2
		cputimer 3
	`,
	"sleeps": `
		sleep 90
		elapse
		wait main
		sleepuntil 90
		elapse
		wait main
		sleep 0
		condwait 90
		elapse
		wait main
	`,
	"copies of descriptors": `
		dup c d
		dupfd c e 120 1
		flags e
		dupfd c f 5 0
		flags f
		close c
		< hello
		read d 2
		read e 2
		nonblock d 0
		flags e
		dup2 d e
		flags e
		dup3 d f
		flags f
		dup3 d d
		dup2 d d
		close d
		close e
		read f 10
		close f
		< read
		close f
		read f 1
		dup f g
	`,
	"a range of descriptors": `
		pipe a b
		dup c d
		closerange c d 4
		flags c
		flags d
		closerange c c 0
		read c 1
		write d 1
		closerange d c 0
		close d
		< read
	`,
	"close on exec": `
		dup c d
		dup c e
		cloexec d 1
		exec main
		flags c
		flags d
		close e
		< hello
		read c 10
		close c
		< read
	`,
	"a forked process shares": `
		fork second
		< hello world
		read c 3
		second: read c 3
		close c
		< read
		second: read c 100
		second: close c
		< read
		second: exit 3
		waitpid
	`,
	"a process that borrows memory": `
		spawn /bin/true
		waitpid
		spawn /nothing
		< hello
		read c 10
	`,
	"what a dead process had is closed": `
		fork second
		close c
		second: write c 3
		second: exit 0
		waitpid
		< read
	`,
	"two threads": `
		thread second
		second: nonblock c 0
		second: read c 10
		< hello
		wait second
		write c 4
		second: write c 5
		< read
		second: end
		write c 1
		< read
	`,
	"an exclusive wait": `
		thread second
		epoll e
		epoll o
		ctl e 1 c 0x10000001 1
		ctl o 1 c 0x10000001 2
		ctl e 3 c 0x1 1
		wait e 8 -1
		< hello
		wait main
	`,
	// The rest of an answer is there when a part of it was read, whoever asks: FIONREAD, poll, a set
	// that waits for levels, and one that waits for edges if more comes.
	"service": `
		socket u 2 1
		epoll e 0
		ctl e 1 u 0x80002005
		connect u SERVICE
		soerror u
		poll 0 u 0x5
		fionread u
		write u 100
		wait e 8 0
		fionread u
		read u 30
		fionread u
		poll 0 u 0x5
		wait e 8 0
		recv u 10 2
		write u 7
		wait e 8 0
		fionread u
		writev u 3 4
		read u 200
		fionread u
		nonblock u 1
		read u 1
		wait e 8 0
		shutdown u 1
		poll 0 u 0x2005
		read u 1
		close u
	`,
	"bad numbers": `
		set x 950
		read x 1
		write x 1
		close x
		flags x
		ctl x 1 c 0x1 1
		wait x 1 0
		poll 0 x 0x1
		name x
		accept x y 0
		dup x y
		fionread x
		shutdown x 1
	`,
}
