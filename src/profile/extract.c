/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/extract.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "profile/detail.h"

int hog_extract_init(struct hog_extract *x, const struct hog_model *from)
{
	*x = (struct hog_extract){ .from = from, .to = hog_model_new() };
	return x->to ? 0 : -ENOMEM;
}

void hog_extract_fini(struct hog_extract *x)
{
	hog_model_free(x->to);
	hog_map64_fini(&x->strings);
	hog_map64_fini(&x->functions);
	hog_map64_fini(&x->frames);
	hog_map64_fini(&x->stacks);
	hog_map64_fini(&x->threads);
	hog_map64_fini(&x->processes);
	hog_buf_fini(&x->detail);
	*x = (struct hog_extract){ 0 };
}

/* The id here of one there; false: it is new here. */
static bool known(const struct hog_map64 *map, uint32_t id, uint32_t *ret)
{
	const uint64_t *at = id ? hog_map64_get(map, id) : NULL;

	*ret = at ? (uint32_t)*at : 0;
	return at || id == 0;
}

/* What cannot be kept is none (0), as in any model that is full. */
static uint32_t learn(struct hog_map64 *map, uint32_t id, uint32_t here)
{
	(void)hog_map64_put(map, id, here); /* else it is looked up again */
	return here;
}

static uint32_t take_string(struct hog_extract *x, uint32_t id)
{
	const char *text;
	uint32_t here;
	size_t len;

	if (known(&x->strings, id, &here))
		return here;
	text = hog_model_text(x->from, id, &len);
	return learn(&x->strings, id, hog_model_string(x->to, text, len));
}

static uint32_t take_function(struct hog_extract *x, uint32_t id)
{
	struct hog_function f = *hog_model_get_function(x->from, id);
	uint32_t here;

	if (known(&x->functions, id, &here))
		return here;
	f.name = take_string(x, f.name);
	f.qualname = take_string(x, f.qualname);
	f.file = take_string(x, f.file);
	f.short_file = take_string(x, f.short_file);
	return learn(&x->functions, id, hog_model_function(x->to, &f));
}

static uint32_t take_frame(struct hog_extract *x, uint32_t id)
{
	struct hog_frame f = *hog_model_get_frame(x->from, id);
	uint32_t here;

	if (known(&x->frames, id, &here))
		return here;
	f.function = take_function(x, f.function);
	return learn(&x->frames, id, hog_model_frame(x->to, &f));
}

/* From the first caller that is known here on; stacks are deep. */
static int take_stack(struct hog_extract *x, uint32_t id, uint32_t *ret)
{
	_cleanup_free_ uint32_t *path = NULL;
	uint32_t here, n = 0;

	for (uint32_t at = id; !known(&x->stacks, at, &here); n++)
		at = hog_model_get_stack(x->from, at).parent;
	if (n > 0)
		path = malloc(n * sizeof(*path));
	if (n > 0 && !path)
		return -ENOMEM;
	for (uint32_t i = n, at = id; i-- > 0;) {
		path[i] = at;
		at = hog_model_get_stack(x->from, at).parent;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t frame = hog_model_get_stack(x->from, path[i]).frame;

		here = hog_model_stack(x->to, here, take_frame(x, frame));
		learn(&x->stacks, path[i], here);
	}
	*ret = here;
	return 0;
}

static uint32_t take_process(struct hog_extract *x, uint32_t id)
{
	struct hog_process_info p = *hog_model_get_process(x->from, id);
	uint32_t here;

	if (known(&x->processes, id, &here))
		return here;
	p.name = take_string(x, p.name);
	p.cmdline = take_string(x, p.cmdline);
	p.python = take_string(x, p.python);
	return learn(&x->processes, id, hog_model_process(x->to, &p));
}

static uint32_t name_thread(struct hog_extract *x, uint32_t id)
{
	struct hog_thread_info t = *hog_model_get_thread(x->from, id);

	t.process = take_process(x, t.process);
	t.name = take_string(x, t.name);
	return hog_model_thread(x->to, &t);
}

static uint32_t take_thread(struct hog_extract *x, uint32_t id)
{
	uint32_t here;

	if (known(&x->threads, id, &here))
		return here;
	return learn(&x->threads, id, name_thread(x, id));
}

/* Details are many and seen once: none is remembered, those of before go when
 * there are enough of them. */
static uint32_t take_detail(struct hog_extract *x, uint32_t id)
{
	struct hog_detail d = hog_detail_get(x->from, id);
	struct hog_detail_field f;

	if (d.name == 0)
		return 0;
	if (hog_model_detail_bytes(x->to) > HOG_MODEL_DETAIL_BYTES_MAX / 2)
		hog_model_forget_details(x->to);
	hog_detail_begin(&x->detail, take_string(x, d.name), d.n_fields);
	while (hog_detail_next(&d, &f)) {
		f.name = take_string(x, f.name);
		f.type = take_string(x, f.type);
		hog_detail_add(&x->detail, &f);
	}
	return hog_detail_put(x->to, &x->detail);
}

int hog_extract_event(struct hog_extract *x, const struct hog_event *ev,
		      struct hog_event *ret)
{
	struct hog_event out = *ev;
	int r = take_stack(x, ev->stack, &out.stack);

	if (r < 0)
		return r;
	out.thread = take_thread(x, ev->thread);
	if (HOG_EV_DETAILED >> ev->kind & 1)
		out.value[1] = take_detail(x, (uint32_t)ev->value[1]);
	if (ev->kind == HOG_EV_FORK || ev->kind == HOG_EV_EXEC)
		out.value[0] = take_process(x, (uint32_t)ev->value[0]);
	*ret = out;
	return 0;
}

void hog_extract_names(struct hog_extract *x)
{
	uint32_t renames = hog_model_count(x->from).renames;

	if (renames == x->renames)
		return;
	x->renames = renames;
	for (size_t i = 0; i < x->threads.cap; i++)
		if (x->threads.used[i])
			name_thread(x, (uint32_t)x->threads.slots[i].key);
}
