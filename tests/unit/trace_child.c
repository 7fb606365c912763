/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of trace*.c follow: does one thing that a tracer can spoil and
 * ends with 0 when all went as if nobody looked.
 *
 *     trace_child [wait] WHAT
 *
 * wait: says "r" on standard output and waits for a byte on standard input
 * before it begins, so that it can be attached to.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CPU_SECONDS 20 /* its children have as much each */

#define SIGNALS 50

static volatile sig_atomic_t n_signals, n_wrong;
static const char *self;

static void nap_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

static int status_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static int calls(void)
{
	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	return 0;
}

/* ---- signals ---- */

static void on_queued(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	n_wrong += info->si_code != SI_QUEUE || info->si_pid != getpid() ||
		   info->si_value.sival_int != n_signals;
	n_signals++;
}

static void count(int sig)
{
	(void)sig;
	n_signals++;
}

static int queued(void)
{
	struct sigaction act = { .sa_sigaction = on_queued,
				 .sa_flags = SA_SIGINFO };

	sigaction(SIGRTMIN, &act, NULL);
	for (int i = 0; i < SIGNALS; i++) {
		sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i });
		syscall(SYS_getppid);
	}
	return n_signals != SIGNALS || n_wrong;
}

static int timer(void)
{
	const struct itimerval kilohertz = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction act = { .sa_handler = count, .sa_flags = SA_RESTART };
	struct timespec ts = { 0, 100000000 };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &kilohertz, NULL);
	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
	return n_signals < 20; /* in 100 ms; the machine may be busy */
}

/* ---- job control ---- */

static int stopped_with(int sig)
{
	/* Long, and stopped long after its begin: a busy machine is slow. */
	struct timespec ts = { 0, 400000000 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		/* SIGTSTP means nothing in a group that has no shell. */
		setpgid(0, 0);
		if (sig)
			raise(sig);
		else
			nanosleep(&ts, &ts);
		nap_ms(20); /* or it ends before it is seen to go on */
		_exit(3);
	}
	if (!sig) {
		nap_ms(100);
		kill(pid, SIGSTOP);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status) ||
	    WSTOPSIG(status) != (sig ? sig : SIGSTOP))
		return 1;
	nap_ms(5); /* it stays so */
	if (waitpid(pid, &status, WNOHANG) != 0)
		return 2;
	kill(pid, SIGCONT);
	if (waitpid(pid, &status, WCONTINUED) != pid || !WIFCONTINUED(status))
		return 3;
	status = status_of(pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 3;
}

static int stops(void)
{
	int r = stopped_with(SIGSTOP);

	return r ? r : stopped_with(SIGTSTP);
}

/* A sleep that is stopped goes on as restart_syscall. */
static int sleeper(void)
{
	return stopped_with(0);
}

/* ---- threads and processes ---- */

static void *one_call(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

static int threads(void)
{
	pthread_t t[20];

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 20; i++)
			if (pthread_create(&t[i], NULL, one_call, NULL))
				return 1;
		for (int i = 0; i < 20; i++)
			pthread_join(t[i], NULL);
	}
	return 0;
}

static void *call_for_ever(void *arg)
{
	for (;;)
		syscall(SYS_getppid);
	return arg;
}

static int exit_group_early(void)
{
	pthread_t t;

	for (int i = 0; i < 8; i++)
		pthread_create(&t, NULL, call_for_ever, NULL);
	nap_ms(20);
	_exit(0);
}

static void *make_threads(void *arg)
{
	pthread_t t;

	for (int i = 0; i < 60; i++)
		if (pthread_create(&t, NULL, one_call, NULL) == 0)
			pthread_join(t, NULL);
	return arg;
}

static int thread_storm(void)
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, make_threads, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	return 0;
}

static int forks(void)
{
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			syscall(SYS_getppid);
			_exit(0);
		}
		if (status_of(pid) != 0)
			return 1;
	}
	return 0;
}

static int vfork_once(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return status_of(pid);
}

static int vforks(void)
{
	char *argv[] = { (char *)(uintptr_t)self, "calls", NULL };
	pid_t pid;

	for (int i = 0; i < 10; i++)
		if (vfork_once() != 0)
			return 1;
	for (int i = 0; i < 2; i++)
		if (posix_spawn(&pid, self, NULL, NULL, argv, NULL) != 0 ||
		    status_of(pid) != 0)
			return 2;
	return 0;
}

static void *exec_calls(void *arg)
{
	char *argv[] = { (char *)(uintptr_t)self, "calls", NULL };

	syscall(SYS_getppid);
	execv(self, argv);
	_exit(9);
	return arg;
}

static int exec_in_thread(void)
{
	pthread_t t, others;

	pthread_create(&others, NULL, call_for_ever, NULL);
	nap_ms(2);
	pthread_create(&t, NULL, exec_calls, NULL);
	pthread_join(t, NULL);
	return 1;
}

/* ---- others ---- */

static int own_filter(void)
{
	struct sock_filter v[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, v };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		return 1;
	return syscall(SYS_getppid) != -1 || errno != EDOM;
}

static void write_later(int fd, long ms)
{
	if (fork() == 0) {
		nap_ms(ms);
		_exit(write(fd, "x", 1) != 1);
	}
}

/* A read that a handler interrupts, and that begins anew then. */
static int restart(void)
{
	const struct itimerval once = { { 0, 0 }, { 0, 10000 } };
	struct sigaction act = { .sa_handler = count, .sa_flags = SA_RESTART };
	int fds[2];
	char byte;

	if (pipe(fds) < 0)
		return 1;
	sigaction(SIGALRM, &act, NULL);
	write_later(fds[1], 40);
	setitimer(ITIMER_REAL, &once, NULL);
	return read(fds[0], &byte, 1) != 1 || n_signals != 1;
}

/* A 32-bit call of a 64-bit program: getppid has number 64 there. */
static int compat(void)
{
#if defined(__x86_64__)
	long r = 64;

	__asm__ volatile("int $0x80"
			 : "+a"(r)
			 :
			 : "memory", "r8", "r9", "r10", "r11");
	return r != getppid();
#else
	return 0;
#endif
}

static int nothing(void)
{
	return 0;
}

static int wait_200_ms(void)
{
	nap_ms(200);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} all[] = {
	{ "calls", calls },
	{ "queued", queued },
	{ "timer", timer },
	{ "stops", stops },
	{ "sleeper", sleeper },
	{ "threads", threads },
	{ "exit_group", exit_group_early },
	{ "thread_storm", thread_storm },
	{ "forks", forks },
	{ "vforks", vforks },
	{ "exec_in_thread", exec_in_thread },
	{ "own_filter", own_filter },
	{ "restart", restart },
	{ "compat", compat },
	{ "nothing", nothing },
	{ "nap", wait_200_ms },
};

int main(int argc, char **argv)
{
	char byte;

	self = argv[0];
	/* Some run until they are killed: no test that ends early leaves one
	 * behind, nor one that is killed itself. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CPU, &(struct rlimit){ CPU_SECONDS, CPU_SECONDS });
	if (argc > 2 && (write(1, "r", 1) != 1 || read(0, &byte, 1) != 1))
		return 99;
	for (size_t i = 0; argc > 1 && i < sizeof(all) / sizeof(*all); i++)
		if (strcmp(argv[argc - 1], all[i].name) == 0)
			return all[i].run();
	return 98;
}
