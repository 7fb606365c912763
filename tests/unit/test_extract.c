/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/extract.h"

#include <criterion/criterion.h>

#include "fixed_run.h"

/* Two processes whose stacks share their root. */
struct two {
	struct hog_model *m;
	uint32_t threads[2], stacks[2];
};

static struct two two_processes(void)
{
	struct two t = { .m = hog_model_new() };
	uint32_t root = fixed_frame(t.m, "<module>", "/srv/app.py", 1);

	for (unsigned i = 0; i < 2; i++) {
		uint32_t own = fixed_frame(t.m, i ? "b" : "a", "/srv/x.py", 7);
		uint32_t p = fixed_process(t.m, 40 + (pid_t)i, i ? "B" : "A");

		t.threads[i] = fixed_thread(t.m, p, 40 + (pid_t)i, "main");
		t.stacks[i] = fixed_stack(t.m, (uint32_t[]){ root, own, 0 });
	}
	return t;
}

static const char *name_of_leaf(const struct hog_model *m, uint32_t stack)
{
	uint32_t frame = hog_model_get_stack(m, stack).frame;
	uint32_t function = hog_model_get_frame(m, frame)->function;

	return hog_model_text(m, hog_model_get_function(m, function)->name,
			      NULL);
}

Test(extract, takes_what_an_event_refers_to_and_nothing_else)
{
	struct two t = two_processes();
	struct hog_event ev = fixed_sample(t.threads[1], t.stacks[1], 1), own;
	struct hog_extract x;
	struct hog_model_counts n;
	const struct hog_process_info *p;

	cr_assert_eq(hog_extract_init(&x, t.m), 0);
	cr_assert_eq(hog_extract_event(&x, &ev, &own), 0);
	n = hog_model_count(x.to);
	cr_expect_eq(n.processes, 2);
	cr_expect_eq(n.threads, 2);
	cr_expect_eq(n.stacks, 3);
	p = hog_model_get_process(x.to, 1);
	cr_expect_eq(p->pid, 41);
	cr_expect_str_eq(hog_model_text(x.to, p->name, NULL), "B");
	cr_expect_str_eq(name_of_leaf(x.to, own.stack), "b");
	cr_expect_eq(own.value[0], ev.value[0]);
	hog_extract_fini(&x);
	hog_model_free(t.m);
}

Test(extract, the_same_event_again_adds_nothing)
{
	struct two t = two_processes();
	struct hog_event ev = fixed_sample(t.threads[0], t.stacks[0], 1);
	struct hog_event first, second;
	struct hog_model_counts before, after;
	struct hog_extract x;

	cr_assert_eq(hog_extract_init(&x, t.m), 0);
	cr_assert_eq(hog_extract_event(&x, &ev, &first), 0);
	before = hog_model_count(x.to);
	cr_assert_eq(hog_extract_event(&x, &ev, &second), 0);
	after = hog_model_count(x.to);
	cr_expect_eq(first.stack, second.stack);
	cr_expect_eq(first.thread, second.thread);
	cr_expect(memcmp(&before, &after, sizeof(before)) == 0);
	hog_extract_fini(&x);
	hog_model_free(t.m);
}

Test(extract, an_event_without_a_stack_stays_one)
{
	struct two t = two_processes();
	struct hog_event ev = fixed_sample(t.threads[0], 0, 1), own;
	struct hog_extract x;

	cr_assert_eq(hog_extract_init(&x, t.m), 0);
	cr_assert_eq(hog_extract_event(&x, &ev, &own), 0);
	cr_expect_eq(own.stack, 0);
	hog_extract_fini(&x);
	hog_model_free(t.m);
}

Test(extract, a_thread_named_later_is_renamed)
{
	struct two t = two_processes();
	struct hog_event ev = fixed_sample(t.threads[0], t.stacks[0], 1), own;
	struct hog_thread_info info = *hog_model_get_thread(t.m, t.threads[0]);
	struct hog_extract x;

	cr_assert_eq(hog_extract_init(&x, t.m), 0);
	cr_assert_eq(hog_extract_event(&x, &ev, &own), 0);
	info.name = hog_model_cstr(t.m, "worker");
	hog_model_thread(t.m, &info);
	hog_extract_names(&x);
	cr_expect_str_eq(
		hog_model_text(x.to,
			       hog_model_get_thread(x.to, own.thread)->name,
			       NULL),
		"worker");
	hog_extract_fini(&x);
	hog_model_free(t.m);
}
