/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cached code objects have died?  Memory of a freed one is used again, in
 * a program that makes code all the time within microseconds and by an object
 * of the same shape, whose name, too, lies where the old one's was.  So a check
 * compares the object's fingerprint and the bytes of its names.
 *
 * What a sample shows is checked with the sample (hog_pycodes_confirm) while it
 * is new; a code object that has lived long is likely to go on, so the checks
 * get rarer with its age: a program whose code stays pays nothing.
 */
#include "python/code_cache.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "python/python.h"
#include "python/stack.h"

/* Entries checked with one read: bounds the buffer, not the work. */
#define BATCH 256
#define CONFIRM_BATCH 64
#define SPANS_EACH (1 + HOG_PYCODE_TEXTS)
/* A name may be older than this part of its code's known life ... */
#define AGE_SHARE 64
#define STALE_MAX_NS (HOG_NS_PER_SEC / 20)
/* ... but where code was read or died lately, nothing young is trusted. */
#define YOUNG_NS HOG_NS_PER_SEC
#define NEWS_NS (HOG_NS_PER_SEC / 50)
#define DEATHS_NS HOG_NS_PER_SEC
/* What looks wrong is looked at no more often than this. */
#define VERIFY_NS (HOG_NS_PER_SEC / 500000)
#define STALE_RESTLESS_NS (HOG_NS_PER_SEC / 100)

struct hog_pycodecheck {
	struct hog_codeentry *v[CONFIRM_BATCH];
	unsigned n;
	struct hog_span spans[CONFIRM_BATCH * SPANS_EACH];
	bool ok[CONFIRM_BATCH * SPANS_EACH];
	unsigned char objects[CONFIRM_BATCH][HOG_PYCODE_OBJECT_MAX];
	unsigned char texts[CONFIRM_BATCH][HOG_PYCODE_TEXTS]
			   [HOG_PYCODE_TEXT_MAX];
};

static bool still_there(struct hog_pycodes *codes, struct hog_codeentry *e,
			const void *object)
{
	struct hog_pycodeprint print;

	if (!hog_pycode_print(codes->py, object, &print) ||
	    !hog_pycode_print_equal(&print, &e->print))
		return false;
	e->checked = ++codes->clock;
	return true;
}

/* Checks the n <= BATCH entries from `from` on.  How many were forgotten. */
static unsigned recheck_batch(struct hog_pycodes *codes, size_t from,
			      unsigned n)
{
	size_t size = hog_pycode_object_size(codes->py);
	_cleanup_free_ unsigned char *objects = malloc(n * size);
	struct hog_span spans[BATCH];
	bool ok[BATCH];
	unsigned forgotten = 0;

	if (!objects)
		return 0;
	for (unsigned i = 0; i < n; i++)
		spans[i] = (struct hog_span){
			hog_code_of(codes->all[from + i])->addr,
			objects + i * size, size
		};
	if (hog_spans_read(codes->py->mem, spans, n, ok))
		return 0; /* the target is gone: nothing holds anything else */
	/* Backwards, since the last one moves into a forgotten one's place. */
	for (unsigned i = n; i-- > 0;) {
		struct hog_codeentry *e = codes->all[from + i];

		if (ok[i] && still_there(codes, e, objects + i * size))
			continue;
		hog_pycodes_drop(codes, e);
		forgotten++;
	}
	return forgotten;
}

unsigned hog_pycodes_recheck(struct hog_pycodes *codes, unsigned max)
{
	unsigned forgotten = 0;

	if (max > codes->n)
		max = (unsigned)codes->n;
	while (max && codes->n) {
		unsigned n = max < BATCH ? max : BATCH;
		unsigned gone;

		if (codes->next_check >= codes->n)
			codes->next_check = 0;
		if (n > codes->n - codes->next_check)
			n = (unsigned)(codes->n - codes->next_check);
		gone = recheck_batch(codes, codes->next_check, n);
		codes->next_check += n - gone;
		forgotten += gone;
		max -= n;
	}
	return forgotten;
}

/* When e must be looked at again. */
static uint64_t due_of(const struct hog_pycodes *codes,
		       const struct hog_codeentry *e, uint64_t now)
{
	uint64_t age, stale;
	bool died = codes->died_ns && now - codes->died_ns < DEATHS_NS;
	bool news = now - codes->new_ns < NEWS_NS;

	if (e->checked_ns == 0)
		return 0;
	age = e->checked_ns - e->since_ns;
	if ((died || news) && age < YOUNG_NS)
		return e->checked_ns + 1;
	stale = age / AGE_SHARE;
	if (stale > STALE_MAX_NS)
		stale = STALE_MAX_NS;
	if (died && stale > STALE_RESTLESS_NS)
		stale = STALE_RESTLESS_NS;
	return e->checked_ns + stale;
}

static unsigned plan_entry(struct hog_pycodecheck *check, unsigned i,
			   unsigned at, size_t object_size)
{
	struct hog_codeentry *e = check->v[i];

	check->spans[at++] =
		(struct hog_span){ hog_code_of(e)->addr, check->objects[i],
				   object_size };
	for (unsigned k = 0; k < HOG_PYCODE_TEXTS; k++)
		if (e->print.texts[k].len)
			check->spans[at++] =
				(struct hog_span){ e->print.texts[k].addr,
						   check->texts[i][k],
						   e->print.texts[k].len };
	return at;
}

static bool texts_stand(const struct hog_pycodes *codes,
			const struct hog_pycodecheck *check, unsigned i,
			const bool *ok)
{
	const struct hog_pycodetext *texts = check->v[i]->print.texts;

	for (unsigned k = 0; k < HOG_PYCODE_TEXTS; k++)
		if (texts[k].len &&
		    (!*ok++ ||
		     hog_pycode_text_hash(codes->py, check->texts[i][k],
					  texts[k].len) != texts[k].hash))
			return false;
	return true;
}

/* Looks at the batch.  false: some have died. */
static bool confirm_batch(struct hog_pycodes *codes, uint64_t now)
{
	struct hog_pycodecheck *check = codes->check;
	size_t size = hog_pycode_object_size(codes->py);
	unsigned n = 0, at = 0;
	bool all = true;

	for (unsigned i = 0; i < check->n; i++)
		n = plan_entry(check, i, n, size);
	if (hog_spans_read(codes->py->mem, check->spans, n, check->ok))
		return true; /* the target is gone: nothing holds anything */
	for (unsigned i = 0; i < check->n; i++) {
		struct hog_codeentry *e = check->v[i];
		const bool *ok = &check->ok[at];

		at++;
		for (unsigned k = 0; k < HOG_PYCODE_TEXTS; k++)
			at += e->print.texts[k].len > 0;
		if (*ok && still_there(codes, e, check->objects[i]) &&
		    texts_stand(codes, check, i, ok + 1)) {
			e->checked_ns = now;
			e->unchecked = 0;
			continue;
		}
		codes->doubt += e->unchecked / 2.0;
		hog_pycodes_drop(codes, e);
		codes->died_ns = now;
		all = false;
	}
	check->n = 0;
	return all;
}

static bool add_due(struct hog_pycodes *codes, struct hog_codeentry *e,
		    uint64_t now)
{
	if (!codes->check)
		codes->check = calloc(1, sizeof(*codes->check));
	if (!codes->check)
		return true;
	codes->check->v[codes->check->n++] = e;
	return codes->check->n < CONFIRM_BATCH || confirm_batch(codes, now);
}

bool hog_pycodes_verify(struct hog_pycodes *codes, const struct hog_pycode *c)
{
	struct hog_codeentry *e = hog_entry_of(c);
	uint64_t now = hog_now_ns();

	if (e->dead)
		return false;
	if (e->checked_ns && now - e->checked_ns < VERIFY_NS)
		return true;
	(void)add_due(codes, e, now);
	return !codes->check || confirm_batch(codes, now);
}

double hog_pycodes_doubt(struct hog_pycodes *codes)
{
	double doubt = codes->doubt;

	codes->doubt = 0;
	return doubt;
}

bool hog_pycodes_confirm(struct hog_pycodes *codes,
			 const struct hog_pyframe *frames, size_t n,
			 uint64_t now_ns, uint64_t *ret_due_ns)
{
	const struct hog_pycode *last = NULL;
	uint64_t least = now_ns + STALE_MAX_NS;
	bool all = true;

	codes->round++;
	for (size_t i = 0; i < n; i++) {
		struct hog_codeentry *e;
		uint64_t due;

		if (!frames[i].code || frames[i].code == last)
			continue;
		last = frames[i].code;
		e = hog_entry_of(last);
		if (e->dead) {
			all = false;
			continue;
		}
		if (e->round == codes->round)
			continue;
		e->round = codes->round;
		due = due_of(codes, e, now_ns);
		if (due <= now_ns) {
			all &= add_due(codes, e, now_ns);
			due = now_ns + 1; /* at the next change it is known */
		} else {
			e->unchecked++;
		}
		least = due < least ? due : least;
	}
	if (codes->check && codes->check->n)
		all &= confirm_batch(codes, now_ns);
	*ret_due_ns = least;
	return all;
}
