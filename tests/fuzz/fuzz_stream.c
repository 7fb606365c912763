/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exercises profile/stream_reader.c, stream_block.c and stream_define.c.  An
 * input that begins as a recording is read as one; of any other the first byte
 * chooses a type of block and the rest is its content, in a recording that is
 * sound otherwise (no fuzzer gets past checksums).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/stream.h"
#include "profile/stream_pack.h"

#define INPUT_MAX (64 << 10)
#define EVENTS_ENOUGH 10000 /* few bytes may be many repeated events */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_model(const struct hog_model *m)
{
	struct hog_model_counts n = hog_model_count(m);

	for (uint32_t i = 1; i < n.stacks; i++) {
		struct hog_stack_node node = hog_model_get_stack(m, i);

		check(node.parent < i && node.frame < n.frames);
	}
	for (uint32_t i = 1; i < n.frames; i++)
		check(hog_model_get_frame(m, i)->function < n.functions);
	for (uint32_t i = 1; i < n.threads; i++)
		check(hog_model_get_thread(m, i)->process < n.processes);
}

static void read_recording(char *bytes, size_t size)
{
	FILE *in = fmemopen(bytes, size, "r");
	struct hog_stream_reader *reader;
	struct hog_event ev;

	if (!in)
		return;
	if (hog_stream_open(in, &reader, NULL) == 0) {
		const struct hog_model *m = hog_stream_run(reader)->model;

		for (int i = 0; i < EVENTS_ENOUGH; i++) {
			if (hog_stream_next(reader, &ev, NULL) <= 0)
				break;
			check(ev.stack < hog_model_count(m).stacks);
			check(ev.thread < hog_model_count(m).threads);
		}
		check_model(m);
		hog_stream_close(reader);
	}
	fclose(in);
}

/* An idle run's head, then a block of the given type and content. */
static void wrap(FILE *out, const uint8_t *data, size_t size)
{
	static const char run[] = "\0\0\0\0\0\0\0\0\x59\x40\0\0\0\0\0";
	struct hog_buf content = { 0 };
	struct hog_stream_pack pack;

	hog_stream_pack_init(&pack, out);
	hog_buf_add(&content, run, sizeof(run) - 1);
	if (data[0] != HOG_BLOCK_RUN)
		hog_stream_pack_block(&pack, HOG_BLOCK_RUN, &content);
	hog_buf_clear(&content);
	hog_buf_add(&content, data + 1, size - 1);
	hog_stream_pack_block(&pack, data[0], &content);
	hog_buf_fini(&content);
	hog_stream_pack_fini(&pack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = NULL;
	size_t len = 0;
	FILE *out;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	out = open_memstream(&bytes, &len);
	if (data[0] == (uint8_t)HOG_STREAM_MAGIC[0])
		fwrite(data, 1, size, out);
	else
		wrap(out, data, size);
	fclose(out);
	read_recording(bytes, len);
	free(bytes);
	return 0;
}
