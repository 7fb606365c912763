/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what hog_python_find tells of a process and the frames of its main
 * thread, by plain walking: for tests of the python room on real processes.
 * usage: pyprobe PID */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "python/code.h"
#include "python/python.h"

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static uint64_t load(const struct hog_python *py, uint64_t base, int32_t at)
{
	uint64_t value = 0;

	if (at != HOG_NO_FIELD)
		(void)hog_mem_read_u64(py->mem, base + (uint64_t)at, &value);
	return value;
}

static int32_t instruction(const struct hog_python *py,
			   const struct hog_pycode *code, uint64_t frame)
{
	const struct hog_pylayout *lay = &py->lay;

	if (lay->frames != HOG_PYFRAMES_HEAP)
		return (int32_t)(load(py, frame, lay->iframe_instr) -
				 code->code_start);
	return (int32_t)load(py, frame, lay->frame_lasti) * lay->lasti_scale;
}

static void show_frame(const struct hog_python *py, struct hog_pycodes *codes,
		       uint64_t frame)
{
	const struct hog_pylayout *lay = &py->lay;
	bool heap = lay->frames == HOG_PYFRAMES_HEAP;
	uint64_t addr = load(py, frame, heap ? lay->frame_code :
					       lay->iframe_code);
	const struct hog_pycode *code = hog_pycodes_get(codes, addr & ~3ull);
	struct hog_pyplace place;

	if (!code)
		return;
	hog_pycode_place(py, code, instruction(py, code, frame), &place);
	printf("%s:%s:%d:%d%s\n", code->filename, code->qualname, place.line,
	       place.column, code->degraded ? " degraded" : "");
}

static void show_frames(const struct hog_python *py)
{
	const struct hog_pylayout *lay = &py->lay;
	struct hog_pycodes *codes = hog_pycodes_new(py);
	uint64_t interp = load(py, py->interp_head_addr, 0);
	uint64_t tstate = load(py, interp, lay->interp_threads_head);
	uint64_t frame;

	for (uint64_t next; (next = load(py, tstate, lay->tstate_next));)
		tstate = next;
	if (lay->frames == HOG_PYFRAMES_HEAP)
		frame = load(py, tstate, lay->tstate_frame);
	else if (lay->frames == HOG_PYFRAMES_CFRAME)
		frame = load(py, load(py, tstate, lay->tstate_cframe),
			     lay->cframe_current_frame);
	else
		frame = load(py, tstate, lay->tstate_current_frame);
	for (int i = 0; frame && i < 64; i++) {
		show_frame(py, codes, frame);
		frame = load(py, frame, lay->frames == HOG_PYFRAMES_HEAP ?
						lay->frame_back :
						lay->iframe_previous);
	}
	hog_pycodes_free(codes);
}

int main(int argc, char **argv)
{
	struct hog_err err = { 0 };
	struct hog_target *target;
	struct hog_python py;
	double start = now_ms();

	if (argc != 2)
		return 2;
	if (hog_target_open_pid(atoi(argv[1]), &target, &err) ||
	    hog_python_find(target, &py, &err)) {
		fprintf(stderr, "%s (%s)\n", err.text,
			err.hint ? err.hint : "");
		return 1;
	}
	printf("version %s layout %s%s%s%s ms %.2f reads %llu tid_offset %u "
	       "gil %llx-%llx collecting %llx\n",
	       py.version_text, py.lay.name,
	       py.guessed_layout ? " guessed" : "",
	       py.debug_offsets ? " offsets" : "",
	       py.lay.traced_refs ? " tracerefs" : "", now_ms() - start,
	       (unsigned long long)py.mem->reads, py.pthread_tid_offset,
	       (unsigned long long)py.gil_lock_addr,
	       (unsigned long long)py.gil_lock_end,
	       (unsigned long long)py.collecting_addr);
	for (size_t i = 0; i < sizeof(py.sym) / 8; i++)
		if (!((uint64_t *)&py.sym)[i])
			printf("symbol %zu missing\n", i);
	show_frames(&py);
	hog_target_close(target);
	return 0;
}
