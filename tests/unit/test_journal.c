/* SPDX-License-Identifier: Apache-2.0 */
#include "python/journal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_mem.h"

#define AT 0x10000u
#define LEN 0x4000u

static struct fake_mem fake;
static struct hog_journal journal;
static struct hog_notes notes;

static void begin(void)
{
	fake_mem_init(&fake);
	fake_mem_add(&fake, AT, NULL, LEN);
	hog_journal_init(&journal, &fake.mem);
	journal.notes = &notes;
}

static void end(void)
{
	hog_notes_fini(&notes);
	hog_journal_fini(&journal);
	fake_mem_fini(&fake);
}

TestSuite(journal, .init = begin, .fini = end);

static void read_some(unsigned n)
{
	uint64_t value;

	for (unsigned i = 0; i < n; i++)
		cr_assert_eq(hog_mem_read_u64(&journal.mem, AT + 8 * (i % 64),
					      &value),
			     0);
}

Test(journal, says_whether_what_was_read_has_changed)
{
	read_some(3);
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 1);
	fake_mem_poke_u64(&fake, AT + 8 * 3, 1); /* not looked at */
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 1);
	fake_mem_poke_u64(&fake, AT + 8, 1);
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 0);
	fake_mem_poke_u64(&fake, AT + 8, 0);
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 1);
}

Test(journal, notes_batches_up_to_what_could_be_read)
{
	uint64_t a, b;
	struct hog_span spans[] = { { AT, &a, 8 }, { AT + LEN, &b, 8 } };

	cr_assert_eq(hog_mem_readv(&journal.mem, spans, 2), 8);
	cr_expect_eq(notes.n, 1);
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 1);
}

Test(journal, notes_nothing_that_failed_and_nothing_unasked)
{
	uint64_t value;

	cr_assert_lt(hog_mem_read_u64(&journal.mem, AT + LEN, &value), 0);
	journal.notes = NULL;
	read_some(1);
	cr_expect_eq(notes.n, 0);
}

Test(journal, keeps_a_hash_when_sealed)
{
	struct hog_notes sealed;

	read_some(5);
	cr_assert_eq(hog_notes_seal(&notes, &sealed), 0);
	cr_expect_null(sealed.bytes);
	cr_expect_eq(hog_notes_check(&sealed, &fake.mem), 1);
	fake_mem_poke_u64(&fake, AT + 32, 7);
	cr_expect_eq(hog_notes_check(&sealed, &fake.mem), 0);
	hog_notes_fini(&sealed);
}

Test(journal, checks_more_than_one_call_takes)
{
	read_some(HOG_SPANS_MAX * 2 + 3);
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 1);
	fake_mem_poke_u64(&fake, AT + 8 * 63, 7);
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 0);
}

Test(journal, reads_a_page_once_until_it_is_forgotten)
{
	uint64_t value, reads;

	read_some(1);
	reads = fake.mem.reads;
	read_some(64);
	cr_expect_eq(fake.mem.reads, reads);
	cr_expect(hog_journal_confirms(&journal, &notes));
	fake_mem_poke_u64(&fake, AT, 5);
	cr_assert_eq(hog_mem_read_u64(&journal.mem, AT, &value), 0);
	cr_expect_eq(value, 0);
	cr_expect(hog_journal_confirms(&journal, &notes));
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 0);
	hog_journal_forget(&journal);
	cr_assert_eq(hog_mem_read_u64(&journal.mem, AT, &value), 0);
	cr_expect_eq(value, 5);
	cr_expect_not(hog_journal_confirms(&journal, &notes));
	/* Across the border of two pages, and at the end of the last one. */
	fake_mem_poke_u64(&fake, AT + 4092, 0x1122334455667788);
	hog_journal_forget(&journal);
	cr_assert_eq(hog_mem_read_u64(&journal.mem, AT + 4092, &value), 0);
	cr_expect_eq(value & 0xffffffff, 0x55667788);
	cr_expect_lt(hog_mem_read_u64(&journal.mem, AT + LEN - 4, &value), 0);
}

Test(journal, is_never_the_same_when_it_was_too_much)
{
	read_some(HOG_NOTES_MAX + 1);
	cr_expect(notes.full);
	cr_expect_eq(hog_notes_check(&notes, &fake.mem), 0);
}

Test(journal, checks_many_and_tells_each_apart)
{
	struct hog_notes many[3] = { 0 };
	const struct hog_notes *all[] = { &many[0], &many[1], &many[2] };
	uint64_t value;
	bool same[3];

	for (unsigned i = 0; i < 3; i++) {
		journal.notes = &many[i];
		hog_mem_read_u64(&journal.mem, AT + 8 * i, &value);
	}
	fake_mem_poke_u64(&fake, AT + 8, 1);
	cr_assert_eq(hog_notes_check_all(all, 3, &fake.mem, same), 0);
	cr_expect(same[0] && !same[1] && same[2]);
	/* One that is no longer mapped does not hide those behind it. */
	many[1].v[0].addr = AT + LEN;
	cr_assert_eq(hog_notes_check_all(all, 3, &fake.mem, same), 0);
	cr_expect(same[0] && !same[1] && same[2]);
	for (unsigned i = 0; i < 3; i++)
		hog_notes_fini(&many[i]);
}

Test(journal, passes_on_that_the_target_is_gone)
{
	read_some(1);
	fake.fail = -ESRCH;
	cr_expect_lt(hog_notes_check(&notes, &fake.mem), 0);
}
