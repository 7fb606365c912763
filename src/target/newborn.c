/* SPDX-License-Identifier: Apache-2.0 */
#include "target/newborn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "target/offspring_way.h"
#include "target/procfs.h"

/* A list of /proc is followed by this many times its own duration of rest: 2 %
 * of a core where there is no other way. */
#define REST 50
#define REST_MIN_NS (HOG_NS_PER_SEC / 10)
/* Beside the events, which may get lost. */
#define REST_TOLD_NS (2 * HOG_NS_PER_SEC)

struct hog_newborn {
	struct hog_connector *con; /* owned; NULL: not here */
	struct hog_births births;
	size_t taken;           /* of births.v, by earlier polls */
	struct hog_map64 known; /* pids told */
	uint64_t next_ns;       /* no list before */
};

int hog_newborn_new(struct hog_newborn **ret, struct hog_err *err)
{
	struct hog_newborn *nb = calloc(1, sizeof(*nb));

	if (!nb)
		return hog_err_set(err, -ENOMEM, "watch for processes");
	if (hog_connector_new(&nb->con) < 0)
		nb->con = NULL;
	*ret = nb;
	return 0;
}

void hog_newborn_free(struct hog_newborn *nb)
{
	if (!nb)
		return;
	hog_connector_free(nb->con);
	free(nb->births.v);
	hog_map64_fini(&nb->known);
	free(nb);
}

const char *hog_newborn_way(const struct hog_newborn *nb)
{
	return nb->con ? "connector" : "scan";
}

int hog_newborn_fd(const struct hog_newborn *nb)
{
	return nb->con ? hog_connector_fd(nb->con) : -1;
}

static void push(struct hog_newborn *nb, enum hog_birth_kind kind, uint64_t pid,
		 uint64_t now)
{
	hog_births_push(&nb->births, (struct hog_birth){ .kind = kind,
							 .pid = (pid_t)pid,
							 .time_ns = now });
}

static void list_proc(struct hog_newborn *nb)
{
	struct hog_map64 present = { 0 };
	uint64_t start = hog_now_ns();
	_cleanup_free_ pid_t *pids = NULL;
	int n = hog_task_list(AT_FDCWD, "/proc", &pids);

	for (int i = 0; i < n; i++) {
		if (hog_map64_put(&present, (uint64_t)pids[i], 1) < 0)
			goto out;
		if (!hog_map64_get(&nb->known, (uint64_t)pids[i]))
			push(nb, HOG_BIRTH_FORK, (uint64_t)pids[i], start);
	}
	for (size_t i = 0; n > 0 && i < nb->known.cap; i++)
		if (nb->known.used[i] &&
		    !hog_map64_get(&present, nb->known.slots[i].key))
			push(nb, HOG_BIRTH_EXIT, nb->known.slots[i].key, start);
out:
	hog_map64_fini(&present);
	nb->next_ns = start + (hog_now_ns() - start) * REST;
	if (nb->next_ns < start + REST_MIN_NS)
		nb->next_ns = start + REST_MIN_NS;
	if (nb->con && nb->next_ns < start + REST_TOLD_NS)
		nb->next_ns = start + REST_TOLD_NS;
}

static void look(struct hog_newborn *nb)
{
	nb->births.n = nb->taken = 0;
	if (nb->con && !hog_connector_look(nb->con, &nb->births))
		nb->next_ns = 0; /* only a list can heal that */
	if (hog_now_ns() >= nb->next_ns)
		list_proc(nb);
}

/* Whether it is to be told, and keeps account. */
static bool is_news(struct hog_newborn *nb, const struct hog_birth *birth)
{
	uint64_t pid = (uint64_t)birth->pid;

	switch (birth->kind) {
	case HOG_BIRTH_FORK:
		if (hog_map64_get(&nb->known, pid))
			return false;
		return hog_map64_put(&nb->known, pid, 1) == 0;
	case HOG_BIRTH_EXIT:
		return hog_map64_remove(&nb->known, pid);
	case HOG_BIRTH_EXEC:
	case HOG_BIRTH_CPU:
		break;
	}
	return true;
}

int hog_newborn_poll(struct hog_newborn *nb, struct hog_birth *ret, int max)
{
	int n = 0;

	if (nb->taken == nb->births.n)
		look(nb);
	while (n < max && nb->taken < nb->births.n) {
		const struct hog_birth *birth = &nb->births.v[nb->taken++];

		if (is_news(nb, birth))
			ret[n++] = *birth;
	}
	return n;
}
