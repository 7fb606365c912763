/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "python/python.h"

#define FRAMES_MAX (1u << 20) /* remembered; then the memory starts anew */
#define SYSPATH_AGE_NS (2 * HOG_NS_PER_SEC)
/* A file that nothing fits has sys.path read again: at once, as a script that
 * starts has its folder added just before it runs, and the sample before may
 * have read the path without it; ever later when in vain. */
#define SYSPATH_MISS_NS (HOG_NS_PER_SEC / 2000)
#define SYSPATH_MISS_MAX_NS (HOG_NS_PER_SEC / 10)
#define SYSPATH_FORK_NS (HOG_NS_PER_SEC / 100)
#define MEMO_FIRST 32

void hog_frames_init(struct hog_frames *f, struct hog_model *model,
		     const struct hog_python *py)
{
	*f = (struct hog_frames){ .model = model, .py = py };
}

void hog_frames_fini(struct hog_frames *f)
{
	hog_map64_fini(&f->frames);
	hog_map64_fini(&f->functions);
	free(f->syspath);
	*f = (struct hog_frames){ 0 };
}

/* sys.path grows while a program starts and imports: it is read again when it
 * is older than age. */
static bool refresh_syspath(struct hog_frames *f, uint64_t age_ns)
{
	struct hog_pyinterp main;
	uint64_t now = hog_now_ns();
	char *path = NULL;

	if (f->syspath_ns && age_ns && now - f->syspath_ns < age_ns)
		return false;
	f->syspath_ns = now;
	if (hog_pyinterps_list(f->py, &main, 1) < 1 ||
	    hog_pysyspath_read(f->py, &main, &path) < 0)
		return false;
	free(f->syspath);
	f->syspath = path;
	return true;
}

void hog_frames_inherit(struct hog_frames *f, struct hog_frames *parent)
{
	const char *end;

	refresh_syspath(parent, SYSPATH_FORK_NS);
	end = parent->syspath;
	if (f->syspath || !end)
		return;
	while (*end)
		end += strlen(end) + 1;

	size_t len = (size_t)(end - parent->syspath) + 1;

	f->syspath = malloc(len);
	if (f->syspath)
		memcpy(f->syspath, parent->syspath, len);
}

/* Length of the longest sys.path entry that file begins with; 0: none. */
static size_t longest_entry(const struct hog_frames *f, const char *file)
{
	size_t best = 0;

	for (const char *p = f->syspath; p && *p; p += strlen(p) + 1) {
		size_t len = strlen(p);

		while (len > 1 && p[len - 1] == '/')
			len--;
		if (len > best && strncmp(file, p, len) == 0 &&
		    file[len] == '/' && file[len + 1])
			best = len;
	}
	return best;
}

static uint64_t longer_gap(uint64_t gap_ns)
{
	if (gap_ns == 0)
		return SYSPATH_MISS_NS;
	return gap_ns < SYSPATH_MISS_MAX_NS ? 2 * gap_ns : gap_ns;
}

/* What follows the longest sys.path entry that file begins with. */
static const char *shorten(struct hog_frames *f, const char *file)
{
	size_t best;

	if (file[0] != '/')
		return file;
	refresh_syspath(f, SYSPATH_AGE_NS);
	best = longest_entry(f, file);
	if (best == 0 && refresh_syspath(f, f->syspath_gap_ns)) {
		best = longest_entry(f, file);
		f->syspath_gap_ns = best ? 0 : longer_gap(f->syspath_gap_ns);
	}
	return best ? file + best + 1 : file;
}

static uint32_t short_file(struct hog_frames *f, const char *file,
			   uint32_t full)
{
	const char *text = shorten(f, file);
	uint32_t id = text == file ? full : hog_model_cstr(f->model, text);
	uint64_t *known = f->shorts ? hog_map64_get(f->shorts, full) : NULL;

	if (id == full)
		return known ? (uint32_t)*known : full;
	if (f->shorts && !known)
		hog_map64_put(f->shorts, full, id);
	return id;
}

static uint32_t function_of(struct hog_frames *f, const struct hog_pycode *code)
{
	uint64_t *known = hog_map64_get(&f->functions, code->serial);
	struct hog_function fn = { .kind = HOG_FRAME_PYTHON };
	uint32_t id;

	if (known)
		return (uint32_t)*known;
	fn.name = hog_model_cstr(f->model, code->name);
	fn.qualname = hog_model_cstr(f->model, code->qualname);
	fn.file = hog_model_cstr(f->model, code->filename);
	fn.short_file = short_file(f, code->filename, fn.file);
	fn.firstline = code->firstlineno;
	if (!fn.name && code->name[0])
		return 0; /* no room for strings: it would have no name */
	id = hog_model_function(f->model, &fn);
	if (id)
		hog_map64_put(&f->functions, code->serial, id);
	return id;
}

static uint32_t frame_of(struct hog_frames *f, const struct hog_pyframe *from)
{
	uint64_t key, *known;
	struct hog_pyplace place;
	struct hog_frame frame;
	uint32_t function, id;

	if (!from->code)
		return hog_model_marker(f->model, "[unreadable]");
	key = (uint64_t)from->code->serial << 32 | (uint32_t)from->at;
	known = hog_map64_get(&f->frames, key);
	if (known)
		return (uint32_t)*known;
	function = function_of(f, from->code);
	if (!function)
		return hog_model_truncated(f->model);
	hog_pycode_place(f->py, from->code, from->at, &place);
	frame = (struct hog_frame){
		.function = function,
		.line = place.line,
		.end_line = place.end_line,
		.column = place.column,
		.end_column = place.end_column,
	};
	id = hog_model_frame(f->model, &frame);
	if (f->frames.count > FRAMES_MAX) {
		hog_map64_clear(&f->frames);
		hog_map64_clear(&f->functions);
	}
	if (id)
		hog_map64_put(&f->frames, key, id);
	return id ? id : hog_model_truncated(f->model);
}

uint32_t hog_frames_push(struct hog_frames *f, uint32_t stack,
			 const struct hog_pyframe *frame)
{
	return hog_model_stack(f->model, stack, frame_of(f, frame));
}

uint32_t hog_frames_mark(struct hog_frames *f, uint32_t stack,
			 const char *marker)
{
	uint32_t frame = hog_model_marker(f->model, marker);

	return frame ? hog_model_stack(f->model, stack, frame) : stack;
}

void hog_stackmemo_fini(struct hog_stackmemo *memo)
{
	free(memo->nodes);
	*memo = (struct hog_stackmemo){ 0 };
}

void hog_stackmemo_note(struct hog_stackmemo *memo,
			const struct hog_pystack *stack)
{
	if (stack->common < memo->valid)
		memo->valid = stack->common;
}

void hog_stackmemo_root(struct hog_stackmemo *memo, uint32_t root)
{
	if (memo->root != root)
		memo->valid = 0;
	memo->root = root;
}

static bool memo_room(struct hog_stackmemo *memo, size_t n)
{
	size_t cap = memo->cap ? memo->cap : MEMO_FIRST;
	uint32_t *grown;

	if (n <= memo->cap)
		return true;
	while (cap < n)
		cap *= 2;
	grown = realloc(memo->nodes, cap * sizeof(*grown));
	if (!grown)
		return false;
	memo->nodes = grown;
	memo->cap = cap;
	return true;
}

uint32_t hog_frames_stack(struct hog_frames *f, struct hog_stackmemo *memo,
			  const struct hog_pystack *stack)
{
	size_t i = memo->valid < memo->n ? memo->valid : memo->n;
	uint32_t node = memo->root;

	if (!memo_room(memo, stack->n))
		return hog_frames_mark(f, 0, "[unreadable]");
	if (memo->truncated != stack->truncated)
		i = 0;
	memo->truncated = stack->truncated;
	if (i > 0)
		node = memo->nodes[i - 1];
	else if (stack->truncated)
		node = hog_frames_mark(f, node, "[truncated]");
	for (; i < stack->n; i++) {
		const struct hog_pyframe *frame = &stack->frames[i];

		if (!hog_pyframe_is_hidden(frame))
			node = hog_model_stack(f->model, node,
					       frame_of(f, frame));
		memo->nodes[i] = node;
	}
	memo->n = memo->valid = stack->n;
	return stack->n > 0 ? node : 0;
}
