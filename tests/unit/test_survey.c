/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "collect/survey.h"

Test(survey, a_set_that_is_no_python_is_remembered)
{
	struct hog_nopython no = { 0 };

	cr_assert_not(hog_nopython_knows(&no, 5));
	hog_nopython_note(&no, 5);
	cr_assert(hog_nopython_knows(&no, 5));
	cr_assert_not(hog_nopython_knows(&no, 6));
	hog_nopython_fini(&no);
}

Test(survey, what_cannot_be_known_is_not_remembered)
{
	struct hog_nopython no = { 0 };

	hog_nopython_note(&no, 0);
	cr_assert_not(hog_nopython_knows(&no, 0));
	hog_nopython_fini(&no);
}

Test(survey, its_memory_is_bounded)
{
	struct hog_nopython no = { 0 };

	for (uint64_t i = 1; i < 100000; i++)
		hog_nopython_note(&no, i);
	cr_assert_leq(no.sets.count, 4096);
	cr_assert(hog_nopython_knows(&no, 99999));
	hog_nopython_fini(&no);
}

Test(survey, is_described_in_few_words)
{
	struct hog_seen v[9] = { 0 };
	struct hog_survey s = { .v = v };
	char words[200], few[12];

	hog_survey_describe(&s, words, sizeof(words));
	cr_assert_str_eq(words, "none");
	for (int i = 0; i < 9; i++) {
		v[i].pid = 10 + i;
		strcpy(v[i].name, "app.py");
	}
	s.n = 2;
	hog_survey_describe(&s, words, sizeof(words));
	cr_assert_str_eq(words, "2: 10 app.py, 11 app.py");
	hog_survey_describe(&s, few, sizeof(few));
	cr_assert_str_eq(few, "2:");
	s.n = 9;
	hog_survey_describe(&s, words, sizeof(words));
	cr_assert(strstr(words, ", 17 app.py ..."), "%s", words);
}
