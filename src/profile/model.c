/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/map.h"
#include "profile/table.h"

/* Room kept for stacks that end in [truncated] when the others are full. */
#define STACKS_SPARE (HOG_MODEL_STACKS_MAX / 16)

/* The tables compare rows by their bytes. */
_Static_assert(sizeof(struct hog_function) == 24, "no padding");
_Static_assert(sizeof(struct hog_frame) == 20, "no padding");
_Static_assert(sizeof(struct hog_stack_node) == 8, "no padding");

struct hog_model {
	struct hog_intern *strings, *details;
	uint32_t details_from; /* the first id that is kept; 0 is never used */
	struct hog_table functions, frames, stacks;
	/* Entries that change or have padding: rows, and an index by the hash
	 * of what tells them (the next hash when that is taken). */
	struct hog_process_info *processes;
	struct hog_thread_info *threads;
	struct hog_map64 process_ids, thread_ids;
	uint32_t n_processes, n_threads;
	uint32_t renames;
	uint32_t truncated; /* frame id of [truncated] */
	uint64_t refused;
};

static bool model_init(struct hog_model *m)
{
	m->strings = hog_intern_new();
	m->details = hog_intern_new();
	m->details_from = 1;
	m->processes = calloc(1, sizeof(*m->processes));
	m->threads = calloc(1, sizeof(*m->threads));
	m->n_processes = m->n_threads = 1;
	if (!m->strings || !m->details || !m->processes || !m->threads)
		return false;
	if (hog_table_init(&m->functions, sizeof(struct hog_function)) < 0 ||
	    hog_table_init(&m->frames, sizeof(struct hog_frame)) < 0 ||
	    hog_table_init(&m->stacks, sizeof(struct hog_stack_node)) < 0)
		return false;
	/* Made now: when it is needed there may be no room for it. */
	m->truncated = hog_model_marker(m, "[truncated]");
	return m->truncated != 0;
}

struct hog_model *hog_model_new(void)
{
	struct hog_model *m = calloc(1, sizeof(*m));

	if (m && !model_init(m)) {
		hog_model_free(m);
		return NULL;
	}
	return m;
}

void hog_model_free(struct hog_model *m)
{
	if (!m)
		return;
	hog_intern_free(m->strings);
	hog_intern_free(m->details);
	hog_table_fini(&m->functions);
	hog_table_fini(&m->frames);
	hog_table_fini(&m->stacks);
	free(m->processes);
	free(m->threads);
	hog_map64_fini(&m->process_ids);
	hog_map64_fini(&m->thread_ids);
	free(m);
}

/* Where to cut text, longer than max, so that no UTF-8 character is split. */
static size_t cut_at_char(const char *text, size_t max)
{
	size_t cut = max;

	while (cut > max - 4 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

uint32_t hog_model_string(struct hog_model *m, const char *text, size_t len)
{
	uint32_t id;

	if (len > HOG_MODEL_STRING_MAX)
		len = cut_at_char(text, HOG_MODEL_STRING_MAX);
	/* The store has no look-up without adding, so when it is full also a
	 * string that is there is refused. */
	if (hog_intern_count(m->strings) >= HOG_MODEL_STRINGS_MAX ||
	    hog_intern_bytes(m->strings) + len >= HOG_MODEL_STRING_BYTES_MAX ||
	    hog_intern_put(m->strings, text, len, &id) < 0) {
		m->refused++;
		return 0;
	}
	return id;
}

uint32_t hog_model_cstr(struct hog_model *m, const char *text)
{
	return hog_model_string(m, text, strlen(text));
}

static uint32_t put(struct hog_model *m, struct hog_table *table,
		    const void *row, uint32_t max)
{
	uint32_t id = hog_table_find(table, row);

	if (id == 0 && table->count < max)
		id = hog_table_add(table, row);
	m->refused += id == 0;
	return id;
}

uint32_t hog_model_function(struct hog_model *m, const struct hog_function *f)
{
	return put(m, &m->functions, f, HOG_MODEL_FUNCTIONS_MAX);
}

uint32_t hog_model_frame(struct hog_model *m, const struct hog_frame *f)
{
	return put(m, &m->frames, f, HOG_MODEL_FRAMES_MAX);
}

uint32_t hog_model_marker(struct hog_model *m, const char *text)
{
	uint32_t name = hog_model_cstr(m, text);
	struct hog_function function = { .kind = HOG_FRAME_MARKER,
					 .name = name,
					 .qualname = name };
	struct hog_frame frame = { .column = -1, .end_column = -1 };

	if (name == 0)
		return 0;
	frame.function = hog_model_function(m, &function);
	return frame.function ? hog_model_frame(m, &frame) : 0;
}

uint32_t hog_model_truncated(const struct hog_model *m)
{
	return m->truncated;
}

/* No room for another stack below parent: it ends in the marker, once. */
static uint32_t truncated_stack(struct hog_model *m, uint32_t parent)
{
	struct hog_stack_node node = { parent, m->truncated };
	uint32_t id;

	m->refused++;
	if (hog_model_get_stack(m, parent).frame == m->truncated)
		return parent;
	id = hog_table_find(&m->stacks, &node);
	if (id == 0 && m->stacks.count < HOG_MODEL_STACKS_MAX)
		id = hog_table_add(&m->stacks, &node);
	return id ? id : parent;
}

uint32_t hog_model_stack(struct hog_model *m, uint32_t parent, uint32_t frame)
{
	struct hog_stack_node node = { parent, frame };
	uint32_t id = hog_table_find(&m->stacks, &node);

	if (id)
		return id;
	if (m->stacks.count < HOG_MODEL_STACKS_MAX - STACKS_SPARE)
		id = hog_table_add(&m->stacks, &node);
	return id ? id : truncated_stack(m, parent);
}

/* rows with room for row number n (they double at powers of two), or NULL. */
static void *room_for(void *rows, uint32_t n, size_t row_size)
{
	if ((n & (n - 1)) != 0)
		return rows;
	return realloc(rows, (size_t)n * 2 * row_size);
}

static bool same_process(const struct hog_process_info *a,
			 const struct hog_process_info *b)
{
	return a->pid == b->pid && a->start_ns == b->start_ns;
}

uint32_t hog_model_process(struct hog_model *m,
			   const struct hog_process_info *p)
{
	uint64_t hash = hog_hash64(p->start_ns) ^ (uint32_t)p->pid;
	uint32_t id = m->n_processes;
	uint64_t *have;

	for (; (have = hog_map64_get(&m->process_ids, hash)); hash++)
		if (same_process(&m->processes[*have], p))
			return (uint32_t)*have;

	struct hog_process_info *rows = NULL;

	if (id < HOG_MODEL_PROCESSES_MAX)
		rows = room_for(m->processes, id, sizeof(*rows));
	if (rows)
		m->processes = rows;
	if (!rows || hog_map64_put(&m->process_ids, hash, id) < 0) {
		m->refused++;
		return 0;
	}
	rows[id] = *p;
	m->n_processes++;
	return id;
}

static bool same_thread(const struct hog_thread_info *a,
			const struct hog_thread_info *b)
{
	return a->process == b->process && a->tid == b->tid &&
	       a->interp == b->interp;
}

static uint32_t rename_thread(struct hog_model *m, uint32_t id, uint32_t name)
{
	if (name != 0 && m->threads[id].name != name) {
		m->threads[id].name = name;
		m->renames++;
	}
	return id;
}

uint32_t hog_model_thread(struct hog_model *m, const struct hog_thread_info *t)
{
	uint64_t tid = (uint64_t)t->process << 32 | (uint32_t)t->tid;
	uint64_t hash = tid ^ hog_hash64(t->interp);
	uint32_t id = m->n_threads;
	uint64_t *have;

	for (; (have = hog_map64_get(&m->thread_ids, hash)); hash++)
		if (same_thread(&m->threads[*have], t))
			return rename_thread(m, (uint32_t)*have, t->name);

	struct hog_thread_info *rows = NULL;

	if (id < HOG_MODEL_THREADS_MAX)
		rows = room_for(m->threads, id, sizeof(*rows));
	if (rows)
		m->threads = rows;
	if (!rows || hog_map64_put(&m->thread_ids, hash, id) < 0) {
		m->refused++;
		return 0;
	}
	rows[id] = *t;
	m->n_threads++;
	return id;
}

/* The store's id 0 is the empty text, which no detail is: its ids 1, 2 ... are
 * details_from, details_from + 1 ... */
uint32_t hog_model_detail(struct hog_model *m, const void *bytes, size_t len)
{
	uint32_t id;

	if (len == 0 ||
	    hog_intern_bytes(m->details) + len > HOG_MODEL_DETAIL_BYTES_MAX ||
	    m->details_from > INT32_MAX ||
	    hog_intern_put(m->details, bytes, len, &id) < 0) {
		m->refused++;
		return 0;
	}
	return m->details_from + id - 1;
}

void hog_model_forget_details(struct hog_model *m)
{
	struct hog_intern *empty = hog_intern_new();

	if (!empty)
		return; /* they stay, and new ones are refused at the limit */
	m->details_from += hog_intern_count(m->details) - 1;
	hog_intern_free(m->details);
	m->details = empty;
}

size_t hog_model_detail_bytes(const struct hog_model *m)
{
	return hog_intern_bytes(m->details);
}

const void *hog_model_get_detail(const struct hog_model *m, uint32_t id,
				 size_t *ret_len)
{
	if (id < m->details_from) {
		*ret_len = 0;
		return NULL;
	}
	return hog_intern_get(m->details, id - m->details_from + 1, ret_len);
}

const char *hog_model_text(const struct hog_model *m, uint32_t string,
			   size_t *ret_len)
{
	return hog_intern_get(m->strings, string, ret_len);
}

const struct hog_function *hog_model_get_function(const struct hog_model *m,
						  uint32_t id)
{
	return hog_table_row(&m->functions, id);
}

const struct hog_frame *hog_model_get_frame(const struct hog_model *m,
					    uint32_t id)
{
	return hog_table_row(&m->frames, id);
}

struct hog_stack_node hog_model_get_stack(const struct hog_model *m,
					  uint32_t id)
{
	const struct hog_stack_node *node = hog_table_row(&m->stacks, id);

	return *node;
}

const struct hog_process_info *hog_model_get_process(const struct hog_model *m,
						     uint32_t id)
{
	return &m->processes[id < m->n_processes ? id : 0];
}

const struct hog_thread_info *hog_model_get_thread(const struct hog_model *m,
						   uint32_t id)
{
	return &m->threads[id < m->n_threads ? id : 0];
}

struct hog_model_counts hog_model_count(const struct hog_model *m)
{
	return (struct hog_model_counts){
		.strings = hog_intern_count(m->strings),
		.functions = m->functions.count,
		.frames = m->frames.count,
		.stacks = m->stacks.count,
		.processes = m->n_processes,
		.threads = m->n_threads,
		.renames = m->renames,
		.details = m->details_from + hog_intern_count(m->details) - 1,
		.details_from = m->details_from,
	};
}

uint64_t hog_model_refused(const struct hog_model *m)
{
	return m->refused;
}
