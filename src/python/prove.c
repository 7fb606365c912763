/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof that a layout fits this process: the main interpreter and one frame of
 * one thread are read, and everything on the way must be what it should be.
 * The target runs meanwhile, so a walk may be torn; it is tried again.
 */
#include <errno.h>
#include <time.h>

#include "python/coderead.h"
#include "python/find.h"
#include "python/str.h"
#include "target/mem.h"

#define TRIES 50         /* at once: a thread that runs is whole in most */
#define PATIENT_TRIES 40 /* for one that lost its CPU halfway through a call */
#define PATIENCE_NS 1000000
#define INTERPS_MAX 256
#define THREADS_MAX 64
#define FRAMES_MAX 256
#define REF_TAGS 3
#define PTR_MIN 4096

enum walk {
	WALK_GONE,  /* could not be read, or went wrong: torn, or misfit */
	WALK_EMPTY, /* no frame of Python code at all */
	WALK_PROVEN,
};

static bool read_field(const struct hog_python *py, uint64_t base,
		       int32_t field, uint64_t *ret)
{
	return !hog_mem_read_u64(py->mem, base + (uint64_t)field, ret);
}

static bool is_code(struct hog_python *py, uint64_t addr)
{
	unsigned char object[HOG_PYCODE_OBJECT_MAX];
	struct hog_pycodeprint print;
	char text[256];

	if (addr < PTR_MIN ||
	    hog_mem_read(py->mem, addr, object, hog_pycode_object_size(py)) ||
	    !hog_pycode_print(py, object, &print) ||
	    hog_pystr_read(py, print.name, text, sizeof(text)) < 1 ||
	    hog_pystr_read(py, print.filename, text, sizeof(text)) < 0)
		return false;
	if (!py->sym.code_type)
		py->sym.code_type = print.type;
	return true;
}

static bool first_frame(const struct hog_python *py, uint64_t tstate,
			uint64_t *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	uint64_t cframe;

	switch (lay->frames) {
	case HOG_PYFRAMES_HEAP:
		return read_field(py, tstate, lay->tstate_frame, ret);
	case HOG_PYFRAMES_CFRAME:
		return read_field(py, tstate, lay->tstate_cframe, &cframe) &&
		       read_field(py, cframe, lay->cframe_current_frame, ret);
	case HOG_PYFRAMES_CURRENT:
		return read_field(py, tstate, lay->tstate_current_frame, ret);
	}
	return false;
}

/* Whether a frame holds no Python code by design. */
static bool is_shim(const struct hog_python *py, uint64_t frame)
{
	const struct hog_pylayout *lay = &py->lay;
	uint8_t owner;

	return lay->iframe_owner != HOG_NO_FIELD &&
	       !hog_mem_read(py->mem, frame + (uint64_t)lay->iframe_owner,
			     &owner, 1) &&
	       owner >= lay->owner_shim;
}

static enum walk walk_frames(struct hog_python *py, uint64_t tstate)
{
	const struct hog_pylayout *lay = &py->lay;
	bool heap = lay->frames == HOG_PYFRAMES_HEAP;
	int32_t code_at = heap ? lay->frame_code : lay->iframe_code;
	int32_t next_at = heap ? lay->frame_back : lay->iframe_previous;
	enum walk seen = WALK_EMPTY;
	uint64_t frame, code;

	if (!first_frame(py, tstate, &frame))
		return WALK_GONE;
	for (unsigned i = 0; frame && i < FRAMES_MAX; i++) {
		if (!heap && is_shim(py, frame))
			goto next;
		if (!read_field(py, frame, code_at, &code))
			return WALK_GONE;
		if (is_code(py, code & ~(uint64_t)REF_TAGS))
			return WALK_PROVEN;
		seen = WALK_GONE;
	next:
		if (!read_field(py, frame, next_at, &frame))
			return WALK_GONE;
	}
	return seen;
}

static enum walk walk_threads(struct hog_python *py, uint64_t interp)
{
	const struct hog_pylayout *lay = &py->lay;
	enum walk seen = WALK_EMPTY;
	uint64_t tstate, back;

	if (!read_field(py, interp, lay->interp_threads_head, &tstate))
		return WALK_GONE;
	for (unsigned i = 0; tstate && i < THREADS_MAX; i++) {
		enum walk w;

		if (!read_field(py, tstate, lay->tstate_interp, &back) ||
		    back != interp)
			return WALK_GONE;
		w = walk_frames(py, tstate);
		if (w == WALK_PROVEN)
			return w;
		if (w == WALK_GONE)
			seen = w;
		if (!read_field(py, tstate, lay->tstate_next, &tstate))
			return WALK_GONE;
	}
	return seen;
}

/* The oldest interpreter; newer ones are put before it. */
static int main_interp(const struct hog_python *py, uint64_t *ret)
{
	uint64_t interp, next;
	int r = hog_mem_read_u64(py->mem, py->interp_head_addr, &interp);

	if (r)
		return r;
	if (!interp)
		return -EAGAIN;
	for (unsigned i = 0; i < INTERPS_MAX; i++) {
		r = hog_mem_read_u64(
			py->mem, interp + (uint64_t)py->lay.interp_next, &next);
		if (r == -EFAULT)
			return -EBADMSG;
		if (r)
			return r;
		if (!next) {
			*ret = interp;
			return 0;
		}
		interp = next;
	}
	return -EBADMSG;
}

/* 0, or -EBADMSG: torn or a misfit; else what stands in the way. */
static int prove_once(struct hog_python *py)
{
	uint64_t interp, threads;
	int r = main_interp(py, &interp);

	if (r)
		return r;
	if (!read_field(py, interp, py->lay.interp_threads_head, &threads))
		return -EBADMSG;
	if (!threads)
		return -EAGAIN; /* starting up, or winding down */
	return walk_threads(py, interp) == WALK_GONE ? -EBADMSG : 0;
}

int hog_python_prove(struct hog_python *py)
{
	static const struct timespec patience = { .tv_nsec = PATIENCE_NS };
	int r = prove_once(py);

	for (unsigned i = 1; i < TRIES + PATIENT_TRIES; i++) {
		if (r != -EBADMSG && r != -EAGAIN)
			break;
		if (r == -EAGAIN && i >= TRIES)
			break; /* the caller may wait for it */
		/* Of a core all bytes stand still. */
		if (i >= TRIES && py->target && py->target->live)
			nanosleep(&patience, NULL);
		r = prove_once(py);
	}
	return r;
}
