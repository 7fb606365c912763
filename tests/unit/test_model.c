/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static struct hog_model *model;

static void make(void)
{
	model = hog_model_new();
	cr_assert(model);
}

static void drop(void)
{
	hog_model_free(model);
}

TestSuite(model, .init = make, .fini = drop);

static uint32_t frame_at(const char *name, int line)
{
	struct hog_function f = { .kind = HOG_FRAME_PYTHON,
				  .name = hog_model_cstr(model, name),
				  .firstline = 1 };
	struct hog_frame frame = { .function = hog_model_function(model, &f),
				   .line = line };

	return hog_model_frame(model, &frame);
}

Test(model, equal_things_have_equal_ids)
{
	uint32_t a = frame_at("spam", 3), b = frame_at("spam", 4);

	cr_assert_neq(a, 0);
	cr_assert_neq(a, b);
	cr_assert_eq(frame_at("spam", 3), a);

	uint32_t root = hog_model_stack(model, 0, a);
	uint32_t leaf = hog_model_stack(model, root, b);

	cr_assert_neq(root, leaf);
	cr_assert_eq(hog_model_stack(model, root, b), leaf);
	cr_assert_eq(hog_model_get_stack(model, leaf).parent, root);
	cr_assert_eq(hog_model_get_stack(model, leaf).frame, b);
	cr_assert_eq(hog_model_refused(model), 0);
}

Test(model, ids_count_up_and_stay_through_growth)
{
	uint32_t ids[3000];
	char name[32];

	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "name %d", i);
		ids[i] = frame_at(name, i);
		if (i > 0)
			cr_assert_eq(ids[i], ids[i - 1] + 1);
	}
	for (int i = 0; i < 3000; i++) {
		const struct hog_frame *f = hog_model_get_frame(model, ids[i]);
		size_t len;

		cr_assert_eq(f->line, i);
		snprintf(name, sizeof(name), "name %d", i);
		cr_assert_str_eq(
			hog_model_text(
				model,
				hog_model_get_function(model, f->function)->name,
				&len),
			name);
		cr_assert_eq(frame_at(name, i), ids[i]);
	}
}

Test(model, unknown_ids_give_the_zero_entry)
{
	size_t len = 1;

	cr_assert_eq(hog_model_get_frame(model, UINT32_MAX)->function, 0);
	cr_assert_eq(hog_model_get_function(model, 99)->name, 0);
	cr_assert_eq(hog_model_get_stack(model, 99).frame, 0);
	cr_assert_eq(hog_model_get_process(model, 99)->pid, 0);
	cr_assert_eq(hog_model_get_thread(model, 99)->tid, 0);
	cr_assert_str_eq(hog_model_text(model, 99, &len), "");
	cr_assert_eq(len, 0);
}

Test(model, a_thread_keeps_its_id_when_renamed)
{
	struct hog_thread_info t = { .process = 1,
				     .tid = 7,
				     .name = hog_model_cstr(model, "a") };
	uint32_t id = hog_model_thread(model, &t);

	cr_assert_eq(hog_model_thread(model, &t), id);
	cr_assert_eq(hog_model_count(model).renames, 0);
	t.name = hog_model_cstr(model, "b");
	cr_assert_eq(hog_model_thread(model, &t), id);
	cr_assert_eq(hog_model_get_thread(model, id)->name, t.name);
	cr_assert_eq(hog_model_count(model).renames, 1);
	t.name = 0;
	cr_assert_eq(hog_model_thread(model, &t), id);
	cr_assert_eq(hog_model_count(model).renames, 1);
	t.interp = 1;
	cr_assert_neq(hog_model_thread(model, &t), id);
	t.interp = 0;
	t.process = 2;
	cr_assert_neq(hog_model_thread(model, &t), id);
}

Test(model, a_reused_pid_is_another_process)
{
	struct hog_process_info p = { .pid = 42, .start_ns = 1 };
	uint32_t id = hog_model_process(model, &p);

	cr_assert_eq(hog_model_process(model, &p), id);
	p.start_ns = 2;
	cr_assert_neq(hog_model_process(model, &p), id);
	for (int i = 1; i < 500; i++) {
		p.pid = i;
		cr_assert_neq(hog_model_process(model, &p), 0);
	}
	cr_assert_eq(hog_model_get_process(model, id)->pid, 42);
}

Test(model, a_marker_is_a_frame_without_a_line)
{
	uint32_t id = hog_model_marker(model, "[gc]");
	const struct hog_frame *f = hog_model_get_frame(model, id);

	cr_assert_eq(hog_model_marker(model, "[gc]"), id);
	cr_assert_eq(f->line, 0);
	cr_assert_eq(f->column, -1);
	cr_assert_eq(hog_model_get_function(model, f->function)->kind,
		     HOG_FRAME_MARKER);
}

Test(model, past_the_limit_stacks_end_in_truncated)
{
	uint32_t frame = frame_at("deep", 1), other = frame_at("other", 1);
	uint32_t marker = hog_model_marker(model, "[truncated]");
	uint32_t stack = 0;

	while (hog_model_refused(model) == 0)
		stack = hog_model_stack(model, stack, frame);
	cr_assert_eq(hog_model_get_stack(model, stack).frame, marker);
	/* The next frame of the same stack does not add another. */
	cr_assert_eq(hog_model_stack(model, stack, frame), stack);
	cr_assert_eq(hog_model_refused(model), 2);
	/* What is there is still found, in full. */
	cr_assert_eq(hog_model_stack(model, 0, frame), 1);

	uint32_t root = hog_model_stack(model, 0, other);

	cr_assert_eq(hog_model_get_stack(model, root).frame, marker);
	cr_assert_eq(hog_model_get_stack(model, root).parent, 0);
	cr_assert_lt(hog_model_count(model).stacks, HOG_MODEL_STACKS_MAX);
}

Test(model, a_long_string_is_cut_at_a_character)
{
	size_t len = HOG_MODEL_STRING_MAX + 10, kept;
	char *text = malloc(len);

	memset(text, 'x', len);
	memcpy(text + HOG_MODEL_STRING_MAX - 1, "\xc3\xa9", 2);

	uint32_t id = hog_model_string(model, text, len);

	hog_model_text(model, id, &kept);
	cr_assert_eq(kept, HOG_MODEL_STRING_MAX - 1);
	free(text);
}

Test(model, strings_are_refused_when_they_are_too_many_bytes)
{
	char *text = calloc(1, HOG_MODEL_STRING_MAX);
	uint32_t id = 1;

	for (uint32_t i = 0; i < 2000 && id; i++) {
		memcpy(text, &i, sizeof(i));
		id = hog_model_string(model, text, HOG_MODEL_STRING_MAX);
	}
	cr_assert_eq(id, 0);
	cr_assert_eq(hog_model_refused(model), 1);
	free(text);
}
