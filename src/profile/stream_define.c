/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/stream_define.h"

#include <errno.h>
#include <string.h>

#include "profile/detail.h"
#include "profile/stream_format.h"

/*
 * Each reader of one definition checks what it refers to and puts it into the
 * model.  A false is damage; a *ret_id of 0 is a model that is full.
 */
typedef bool (*read_fn)(struct hog_stream_names *names, struct hog_cursor *cur,
			uint32_t *ret_id);

static uint32_t count_of(const struct hog_buf *map)
{
	return (uint32_t)(map->len / sizeof(uint32_t));
}

static bool look_up(const struct hog_buf *map, uint64_t id, uint32_t *ret_id)
{
	if (id >= count_of(map))
		return false;
	memcpy(ret_id, map->data + id * sizeof(*ret_id), sizeof(*ret_id));
	return true;
}

static bool read_ref(const struct hog_buf *map, struct hog_cursor *cur,
		     uint32_t *ret_id)
{
	uint64_t id = hog_cursor_varint(cur);

	return !cur->bad && look_up(map, id, ret_id);
}

/* A number that fits, added to base (of which the file has the difference). */
static bool read_int(struct hog_cursor *cur, int32_t base, int32_t *ret_value)
{
	int64_t value;

	if (__builtin_add_overflow(hog_cursor_svarint(cur), base, &value) ||
	    value < INT32_MIN || value > INT32_MAX)
		return false;
	*ret_value = (int32_t)value;
	return !cur->bad;
}

static bool read_pid(struct hog_cursor *cur, pid_t *ret_pid)
{
	uint64_t pid = hog_cursor_varint(cur);

	*ret_pid = (pid_t)pid;
	return !cur->bad && pid <= INT32_MAX;
}

static bool read_string(struct hog_stream_names *names, struct hog_cursor *cur,
			uint32_t *ret_id)
{
	uint64_t len = hog_cursor_varint(cur);
	const unsigned char *text;

	if (len > HOG_MODEL_STRING_MAX)
		return false;
	text = hog_cursor_take(cur, len);
	if (!text)
		return false;
	*ret_id = hog_model_string(names->model, (const char *)text, len);
	return true;
}

static bool read_function(struct hog_stream_names *names,
			  struct hog_cursor *cur, uint32_t *ret_id)
{
	uint64_t kind = hog_cursor_varint(cur);
	struct hog_function f = { .kind = (enum hog_frame_kind)kind };

	if (kind > HOG_FRAME_MARKER ||
	    !read_ref(&names->strings, cur, &f.name) ||
	    !read_ref(&names->strings, cur, &f.qualname) ||
	    !read_ref(&names->strings, cur, &f.file) ||
	    !read_ref(&names->strings, cur, &f.short_file) ||
	    !read_int(cur, 0, &f.firstline))
		return false;
	*ret_id = hog_model_function(names->model, &f);
	return true;
}

static bool read_frame(struct hog_stream_names *names, struct hog_cursor *cur,
		       uint32_t *ret_id)
{
	struct hog_frame f;

	if (!read_ref(&names->functions, cur, &f.function) ||
	    !read_int(cur, 0, &f.line) || !read_int(cur, f.line, &f.end_line) ||
	    !read_int(cur, 0, &f.column) || !read_int(cur, 0, &f.end_column))
		return false;
	*ret_id = hog_model_frame(names->model, &f);
	return true;
}

static bool read_stack(struct hog_stream_names *names, struct hog_cursor *cur,
		       uint32_t *ret_id)
{
	uint32_t id = count_of(&names->stacks);
	uint64_t back = hog_cursor_varint(cur);
	uint32_t parent, frame;

	/* Only earlier stacks can be parents, so there is no ring. */
	if (back == 0 || back > id ||
	    !look_up(&names->stacks, id - back, &parent) ||
	    !read_ref(&names->frames, cur, &frame))
		return false;
	*ret_id = hog_model_stack(names->model, parent, frame);
	return true;
}

static bool read_process(struct hog_stream_names *names, struct hog_cursor *cur,
			 uint32_t *ret_id)
{
	struct hog_process_info p = { 0 };

	if (!read_pid(cur, &p.pid) || !read_pid(cur, &p.parent) ||
	    !read_ref(&names->strings, cur, &p.name) ||
	    !read_ref(&names->strings, cur, &p.cmdline) ||
	    !read_ref(&names->strings, cur, &p.python))
		return false;
	p.start_ns = hog_cursor_varint(cur);
	if (cur->bad)
		return false;
	*ret_id = hog_model_process(names->model, &p);
	return true;
}

static bool read_thread(struct hog_stream_names *names, struct hog_cursor *cur,
			uint32_t *ret_id)
{
	struct hog_thread_info t = { 0 };

	if (!read_ref(&names->processes, cur, &t.process) ||
	    !read_pid(cur, &t.tid) || !read_ref(&names->strings, cur, &t.name))
		return false;

	uint64_t interp = hog_cursor_varint(cur);

	if (cur->bad || interp > UINT32_MAX)
		return false;
	t.interp = (uint32_t)interp;
	*ret_id = hog_model_thread(names->model, &t);
	return true;
}

static bool read_rename(struct hog_stream_names *names, struct hog_cursor *cur,
			uint32_t *ret_id)
{
	struct hog_thread_info t;
	uint32_t name;

	if (!read_ref(&names->threads, cur, ret_id) ||
	    !read_ref(&names->strings, cur, &name))
		return false;
	if (*ret_id == 0)
		return true;
	t = *hog_model_get_thread(names->model, *ret_id);
	t.name = name;
	hog_model_thread(names->model, &t);
	return true;
}

/* The same detail with the model's strings. */
static bool read_detail(struct hog_stream_names *names, struct hog_cursor *cur,
			uint32_t *ret_id)
{
	uint64_t len = hog_cursor_varint(cur);
	const unsigned char *bytes = hog_cursor_take(cur, len);
	struct hog_buf *buf = &names->detail;
	struct hog_detail_field f;
	struct hog_detail d;
	uint32_t name;

	if (!bytes)
		return false;
	d = hog_detail_parse(bytes, len);
	if (!look_up(&names->strings, d.name, &name))
		return false;
	hog_detail_begin(buf, name, d.n_fields);
	while (hog_detail_next(&d, &f)) {
		if (!look_up(&names->strings, f.name, &f.name) ||
		    !look_up(&names->strings, f.type, &f.type))
			return false;
		hog_detail_add(buf, &f);
	}
	if (d.cur.bad || d.n_fields || hog_cursor_left(&d.cur))
		return false;
	*ret_id = hog_detail_put(names->model, buf);
	return true;
}

/* The writer has forgotten its details so far, and no event names them. */
static int forget_details(struct hog_stream_names *names, uint64_t from)
{
	if (from < names->details_from + count_of(&names->details) ||
	    from > INT32_MAX)
		return -EBADMSG;
	names->details_from = (uint32_t)from;
	hog_buf_clear(&names->details);
	hog_model_forget_details(names->model);
	return 0;
}

/* How to read one of op, the map that its id goes to (NULL: none), and how
 * many ids that may have in all (0: none): never trust a count. */
struct kind {
	read_fn read;
	struct hog_buf *map;
	uint32_t max;
};

static struct kind kind_of(struct hog_stream_names *names, unsigned op)
{
	switch (op) {
	case HOG_OP_STRINGS:
		return (struct kind){ read_string, &names->strings,
				      HOG_MODEL_STRINGS_MAX };
	case HOG_OP_FUNCTIONS:
		return (struct kind){ read_function, &names->functions,
				      HOG_MODEL_FUNCTIONS_MAX };
	case HOG_OP_FRAMES:
		return (struct kind){ read_frame, &names->frames,
				      HOG_MODEL_FRAMES_MAX };
	case HOG_OP_STACKS:
		return (struct kind){ read_stack, &names->stacks,
				      HOG_MODEL_STACKS_MAX };
	case HOG_OP_PROCESSES:
		return (struct kind){ read_process, &names->processes,
				      HOG_MODEL_PROCESSES_MAX };
	case HOG_OP_THREADS:
		return (struct kind){ read_thread, &names->threads,
				      HOG_MODEL_THREADS_MAX };
	case HOG_OP_DETAILS:
		return (struct kind){ read_detail, &names->details,
				      HOG_MODEL_DETAIL_BYTES_MAX };
	case HOG_OP_RENAMES:
		return (struct kind){ read_rename, NULL, 0 };
	default:
		return (struct kind){ 0 };
	}
}

int hog_stream_names_read(struct hog_stream_names *names, unsigned op,
			  struct hog_cursor *cur)
{
	struct kind kind = kind_of(names, op);
	uint64_t n = hog_cursor_varint(cur);

	if (op == HOG_OP_FORGET && !cur->bad)
		return forget_details(names, n);
	/* None is shorter than a byte, so n also ends in reasonable time. */
	if (!kind.read || cur->bad || n > hog_cursor_left(cur))
		return -EBADMSG;
	for (; n > 0; n--) {
		uint32_t id = 0;

		if (kind.max > 0 && count_of(kind.map) >= kind.max)
			return -EBADMSG;
		if (!kind.read(names, cur, &id))
			return -EBADMSG;
		if (kind.max == 0)
			continue;
		hog_buf_add(kind.map, &id, sizeof(id));
		if (kind.map->failed)
			return -ENOMEM;
	}
	return 0;
}

bool hog_stream_names_thread(const struct hog_stream_names *names, uint64_t id,
			     uint32_t *ret_id)
{
	return look_up(&names->threads, id, ret_id);
}

bool hog_stream_names_stack(const struct hog_stream_names *names, uint64_t id,
			    uint32_t *ret_id)
{
	return look_up(&names->stacks, id, ret_id);
}

bool hog_stream_names_detail(const struct hog_stream_names *names, uint64_t id,
			     uint32_t *ret_id)
{
	*ret_id = 0;
	return id == 0 ||
	       (id >= names->details_from &&
		look_up(&names->details, id - names->details_from, ret_id));
}

bool hog_stream_names_process(const struct hog_stream_names *names, uint64_t id,
			      uint32_t *ret_id)
{
	return look_up(&names->processes, id, ret_id);
}

int hog_stream_names_init(struct hog_stream_names *names,
			  struct hog_model *model)
{
	uint32_t none = 0;

	*names = (struct hog_stream_names){ .model = model, .details_from = 1 };

	struct hog_buf *maps[] = { &names->strings,   &names->functions,
				   &names->frames,    &names->stacks,
				   &names->processes, &names->threads };

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		hog_buf_add(maps[i], &none, sizeof(none));
		if (maps[i]->failed) {
			hog_stream_names_fini(names);
			return -ENOMEM;
		}
	}
	return 0;
}

void hog_stream_names_fini(struct hog_stream_names *names)
{
	hog_buf_fini(&names->strings);
	hog_buf_fini(&names->functions);
	hog_buf_fini(&names->frames);
	hog_buf_fini(&names->stacks);
	hog_buf_fini(&names->processes);
	hog_buf_fini(&names->threads);
	hog_buf_fini(&names->details);
	hog_buf_fini(&names->detail);
}
