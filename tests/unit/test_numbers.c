/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/numbers.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/err.h"

static struct hog_err err;

Test(numbers, takes_every_pid_the_kernel_can_give)
{
	pid_t pid = 0;

	cr_assert_eq(hog_parse_pid("1", &pid, &err), 0);
	cr_assert_eq(pid, 1);
	cr_assert_eq(hog_parse_pid("4194304", &pid, &err), 0);
	cr_assert_eq(pid, 4194304);
}

Test(numbers, refuses_what_is_no_pid_with_words)
{
	static const char *const bad[] = {
		"",
		"0",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1x",
		"0x10",
		"1.0",
		"4194305",
		"1606938044258990275541962092341162602522202993782792835301376",
		"18446744073709551617",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		pid_t pid = 77;

		err.text[0] = '\0';
		cr_assert_eq(hog_parse_pid(bad[i], &pid, &err), -EINVAL, "%s",
			     bad[i]);
		cr_assert_eq(pid, 77);
		cr_assert(strstr(err.text, "process id"));
		cr_assert(strstr(err.text, "give"));
	}
}

Test(numbers, takes_rates_with_and_without_unit)
{
	static const struct {
		const char *text;
		double hz;
	} good[] = {
		{ "100", 100 },     { "1k", 1000 },       { "10khz", 10000 },
		{ "10kHz", 10000 }, { "250Hz", 250 },     { "0.5", 0.5 },
		{ ".5k", 500 },     { "1000k", 1000000 },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		double hz = 0;

		cr_assert_eq(hog_parse_rate(good[i].text, &hz, &err), 0);
		cr_assert_float_eq(hz, good[i].hz, 1e-9, "%s", good[i].text);
	}
}

Test(numbers, refuses_rates_of_nothing_or_nonsense)
{
	static const char *const bad[] = {
		"",
		"0",
		"-1",
		"0k",
		"nan",
		"inf",
		"1e3",
		"1kk",
		"k",
		".",
		"hz",
		"1,5",
		"1 k",
		"1001k",
		"0x10",
		"1.2.3",
		"99999999999999999999999999999999999999999999999999999999999",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		double hz = 77;

		cr_assert_eq(hog_parse_rate(bad[i], &hz, &err), -EINVAL, "%s",
			     bad[i]);
		cr_assert_eq(hz, 77);
	}
}

Test(numbers, takes_seconds_with_and_without_unit)
{
	static const struct {
		const char *text;
		double s;
	} good[] = {
		{ "0", 0 },    { "1.5", 1.5 }, { "10s", 10 },
		{ "2m", 120 }, { "1h", 3600 }, { "250ms", 0.25 },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		double s = 77;

		cr_assert_eq(hog_parse_seconds(good[i].text, &s, &err), 0);
		cr_assert_float_eq(s, good[i].s, 1e-9, "%s", good[i].text);
	}
}

Test(numbers, refuses_times_that_never_come)
{
	static const char *const bad[] = {
		"",   "-1",       "-0.1", "nan",   "inf",
		"1x", "infinity", "s",    "1e400", "9999999999999999999999"
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		double s;

		cr_assert_eq(hog_parse_seconds(bad[i], &s, &err), -EINVAL, "%s",
			     bad[i]);
	}
}

Test(numbers, keeps_counts_in_their_range)
{
	uint64_t n;

	cr_assert_eq(hog_parse_count("8", "number of rows", 1, 8, &n, &err), 0);
	cr_assert_eq(n, 8);
	cr_assert_eq(hog_parse_count("9", "number of rows", 1, 8, &n, &err),
		     -EINVAL);
	cr_assert_str_eq(err.text, "number of rows '9' is out of range: give 1 "
				   "to 8");
}

Test(numbers, reads_per_cent)
{
	double percent;

	cr_assert_eq(hog_parse_percent("5", "budget", 0, 100, &percent, &err),
		     0);
	cr_assert_float_eq(percent, 5, 1e-9);
	cr_assert_eq(
		hog_parse_percent("0.5%", "budget", 0, 100, &percent, &err), 0);
	cr_assert_float_eq(percent, 0.5, 1e-9);
	cr_assert_eq(hog_parse_percent("100", "budget", 0, 100, &percent, &err),
		     0);
	cr_assert_eq(hog_parse_percent("101", "budget", 0, 100, &percent, &err),
		     -EINVAL);
	cr_assert_eq(hog_parse_percent("-1", "budget", 0, 100, &percent, &err),
		     -EINVAL);
	cr_assert_eq(hog_parse_percent("5 %", "budget", 0, 100, &percent, &err),
		     -EINVAL);
}
