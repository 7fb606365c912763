/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace_idler.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS 200
#define NICEST 19

struct hog_idler {
	pthread_t thread;
	sem_t wanted; /* posted when turned on, and at the end */
	atomic_bool on, ends;
};

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("yield" ::: "memory");
#endif
}

static void *run(void *arg)
{
	struct hog_idler *idler = arg;

	/* At any other it would take time from others. */
	if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICEST) < 0)
		return NULL;
	while (!atomic_load(&idler->ends)) {
		while (sem_wait(&idler->wanted) < 0 && errno == EINTR)
			;
		while (atomic_load_explicit(&idler->on, memory_order_relaxed))
			for (int i = 0; i < ROUNDS; i++)
				relax();
	}
	return NULL;
}

struct hog_idler *hog_idler_new(void)
{
	struct hog_idler *idler = calloc(1, sizeof(*idler));
	sigset_t all, before;
	int r;

	if (!idler || sem_init(&idler->wanted, 0, 0) < 0) {
		free(idler);
		return NULL;
	}
	/* Signals are for the others. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&idler->thread, NULL, run, idler);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		return idler;
	sem_destroy(&idler->wanted);
	free(idler);
	return NULL;
}

void hog_idler_free(struct hog_idler *idler)
{
	if (!idler)
		return;
	atomic_store(&idler->ends, true);
	atomic_store(&idler->on, false);
	sem_post(&idler->wanted);
	pthread_join(idler->thread, NULL);
	sem_destroy(&idler->wanted);
	free(idler);
}

void hog_idler_turn(struct hog_idler *idler, bool on)
{
	if (!idler || atomic_load(&idler->on) == on)
		return;
	atomic_store(&idler->on, on);
	if (on)
		sem_post(&idler->wanted);
}
