/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/detail.h"

#include <string.h>

#include <criterion/criterion.h>

#include "profile/model.h"

static struct hog_model *m;
static struct hog_buf buf;

static void begin(void)
{
	m = hog_model_new();
	cr_assert_not_null(m);
}

static void end(void)
{
	hog_model_free(m);
	hog_buf_fini(&buf);
}

TestSuite(detail, .init = begin, .fini = end);

static uint32_t an_open(const char *path, int64_t flags)
{
	const struct hog_detail_field fields[] = {
		{ .name = hog_model_cstr(m, "path"),
		  .type = hog_model_cstr(m, "const char *"),
		  .kind = HOG_VALUE_STRING,
		  .string = path,
		  .string_len = strlen(path),
		  .text = "\"...\"",
		  .text_len = 5 },
		{ .name = hog_model_cstr(m, "flags"),
		  .type = hog_model_cstr(m, "int"),
		  .kind = HOG_VALUE_INT,
		  .number = flags,
		  .text = "O_RDONLY",
		  .text_len = 8 },
	};

	hog_detail_begin(&buf, hog_model_cstr(m, "open"), 2);
	hog_detail_add(&buf, &fields[0]);
	hog_detail_add(&buf, &fields[1]);
	return hog_detail_put(m, &buf);
}

Test(detail, gives_back_its_fields)
{
	uint32_t id = an_open("/etc/hosts", -3);
	struct hog_detail d = hog_detail_get(m, id);
	struct hog_detail_field f;

	cr_assert_str_eq(hog_model_text(m, d.name, NULL), "open");
	cr_assert(hog_detail_next(&d, &f));
	cr_assert_str_eq(hog_model_text(m, f.name, NULL), "path");
	cr_assert_eq(f.kind, HOG_VALUE_STRING);
	cr_assert_eq(f.string_len, 10);
	cr_assert_eq(memcmp(f.string, "/etc/hosts", 10), 0);
	cr_assert(hog_detail_next(&d, &f));
	cr_assert_eq(f.kind, HOG_VALUE_INT);
	cr_assert_eq(f.number, -3);
	cr_assert_eq(f.text_len, 8);
	cr_assert_eq(memcmp(f.text, "O_RDONLY", 8), 0);
	cr_assert_not(hog_detail_next(&d, &f));
	cr_assert_not(d.cur.bad);
}

Test(detail, equal_ones_have_one_id)
{
	uint32_t id = an_open("/etc/hosts", 0);

	cr_assert_neq(id, 0);
	cr_assert_neq(an_open("/etc/passwd", 0), id);
	cr_assert_eq(an_open("/etc/hosts", 0), id);
}

Test(detail, forgotten_ones_are_none_and_their_ids_are_not_given_again)
{
	uint32_t first = an_open("/a", 0), second = an_open("/b", 0);
	uint32_t third;

	hog_model_forget_details(m);
	cr_expect_eq(hog_detail_get(m, first).name, 0);
	cr_expect_eq(hog_detail_get(m, second).name, 0);
	third = an_open("/a", 0);
	cr_expect_gt(third, second);
	cr_expect_neq(hog_detail_get(m, third).name, 0);
	cr_expect_eq(hog_model_count(m).details_from, third);
}

Test(detail, damage_ends_the_fields)
{
	uint32_t id = an_open("/etc/hosts", 0);
	struct hog_detail_field f;

	cr_assert_neq(id, 0);
	for (size_t len = 0; len < buf.len; len++) {
		struct hog_detail d = hog_detail_parse(buf.data, len);

		while (hog_detail_next(&d, &f))
			;
		cr_expect(d.cur.bad, "cut to %zu bytes", len);
	}
}
