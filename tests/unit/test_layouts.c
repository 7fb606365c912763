/* SPDX-License-Identifier: Apache-2.0 */
#include "python/layout.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "debug_headers.h"

#define VERSION 1 /* words of the header */
#define FREE_THREADED 2
#define HEAD_315 5 /* runtime_state.interpreters_head */
#define OBJECT_SIZE_315 58

static struct hog_pylayout table(unsigned minor, bool free_threaded)
{
	bool guess;
	const struct hog_pylayout *lay =
		hog_pylayout_for(3, minor, free_threaded, &guess);

	cr_assert_not_null(lay);
	return *lay;
}

Test(layouts, every_version_has_a_table)
{
	bool guess = true;

	cr_expect_not_null(hog_pylayout_for(2, 7, false, &guess));
	for (unsigned minor = 6; minor <= 15; minor++) {
		const struct hog_pylayout *lay =
			hog_pylayout_for(3, minor, false, &guess);

		cr_assert_not_null(lay);
		cr_expect_eq(lay->minor, minor);
		cr_expect_not(guess);
	}
	for (unsigned minor = 13; minor <= 15; minor++)
		cr_expect(table(minor, true).free_threaded);
}

Test(layouts, later_minor_gets_the_newest_table_as_a_guess)
{
	bool guess = false;

	cr_expect_eq(hog_pylayout_for(3, 17, false, &guess)->minor, 15);
	cr_expect(guess);
}

Test(layouts, versions_before_ours_get_none)
{
	bool guess;

	cr_expect_null(hog_pylayout_for(2, 6, false, &guess));
	cr_expect_null(hog_pylayout_for(2, 8, false, &guess));
	cr_expect_null(hog_pylayout_for(3, 5, false, &guess));
	cr_expect_null(hog_pylayout_for(3, 12, true, &guess));
}

Test(layouts, trace_refs_move_objects_and_nothing_else)
{
	struct hog_pylayout lay = table(7, false);

	hog_pylayout_trace_refs(&lay);
	cr_expect_eq(lay.object_type, 24);
	cr_expect_eq(lay.frame_code, 48);
	cr_expect_eq(lay.code_filename, 112);
	cr_expect_eq(lay.str_ascii_data, 64);
	cr_expect_eq(lay.tstate_frame, 24);
	cr_expect_eq(lay.interp_threads_head, 8);
	cr_expect_eq(lay.code_qualname, HOG_NO_FIELD);
	cr_expect(lay.traced_refs);
}

static bool same(const struct hog_pylayout *a, const struct hog_pylayout *b)
{
	bool equal = true;

#define X(field, group, keys)                                                  \
	if (a->field != b->field) {                                            \
		cr_log_error("%s: %d is not %d", #field, a->field, b->field);  \
		equal = false;                                                 \
	}
	HOG_PYLAYOUT_FIELDS(X)
#undef X
	return equal;
}

static void check_same(unsigned minor, const uint64_t *header, size_t len)
{
	struct hog_pylayout before = table(minor, false), after = before;

	cr_assert_eq(hog_pylayout_overlay(&after, header, (uint32_t)len), 0);
	cr_expect(same(&before, &after));
}

Test(layouts, header_of_a_build_says_what_its_table_says)
{
	check_same(13, header_313, sizeof(header_313));
	check_same(14, header_314, sizeof(header_314));
	check_same(15, header_315, sizeof(header_315));
}

Test(layouts, header_overrules_the_table)
{
	struct hog_pylayout lay = table(15, false);
	uint64_t header[sizeof(header_315) / 8];

	memcpy(header, header_315, sizeof(header));
	header[HEAD_315] = 4000;
	cr_assert_eq(hog_pylayout_overlay(&lay, header, sizeof(header)), 0);
	cr_expect_eq(lay.runtime_interpreters_head, 4000);
}

Test(layouts, header_that_is_cut_or_is_none_is_refused)
{
	struct hog_pylayout lay = table(15, false), before = lay;
	uint64_t header[sizeof(header_315) / 8];

	memcpy(header, header_315, sizeof(header));
	cr_expect_eq(hog_pylayout_overlay(&lay, header, sizeof(header) - 8),
		     -EBADMSG);
	cr_expect_eq(hog_pylayout_overlay(&lay, header, 8), -EBADMSG);
	header[0]++;
	cr_expect_eq(hog_pylayout_overlay(&lay, header, sizeof(header)),
		     -EBADMSG);
	cr_expect(same(&before, &lay));
}

Test(layouts, offset_outside_its_struct_is_refused)
{
	struct hog_pylayout lay = table(15, false), before = lay;
	uint64_t header[sizeof(header_315) / 8];

	memcpy(header, header_315, sizeof(header));
	header[HEAD_315] = header[3]; /* runtime_state.size */
	cr_expect_eq(hog_pylayout_overlay(&lay, header, sizeof(header)),
		     -EBADMSG);
	cr_expect(same(&before, &lay));
}

Test(layouts, header_of_the_other_flavour_is_refused)
{
	struct hog_pylayout lay = table(15, true);

	cr_expect_eq(hog_pylayout_overlay(&lay, header_315, sizeof(header_315)),
		     -EBADMSG);
}

Test(layouts, later_header_is_taken_only_when_sizes_hold)
{
	struct hog_pylayout lay = table(15, false);
	uint64_t header[sizeof(header_315) / 8];

	memcpy(header, header_315, sizeof(header));
	header[VERSION] = 0x031000f0;
	cr_expect_eq(hog_pylayout_overlay(&lay, header, sizeof(header)), 0);
	header[OBJECT_SIZE_315] = 24;
	cr_expect_eq(hog_pylayout_overlay(&lay, header, sizeof(header)),
		     -EBADMSG);
}
