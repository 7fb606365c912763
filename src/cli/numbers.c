/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not strtod and its kin: those take blanks, signs, hex, "inf" and "nan", and
 * the locale's comma.
 */
#include "cli/numbers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

struct unit {
	const char *name;
	double factor;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits with at most one dot.  Where the rest begins; NULL: no number. */
static const char *take_decimal(const char *text, double *ret)
{
	const char *p = text;
	double value = 0, unit = 1;
	bool digits = false;

	for (; is_digit(*p); p++, digits = true)
		value = value * 10 + (*p - '0');
	if (*p == '.') {
		for (p++; is_digit(*p); p++, digits = true) {
			unit /= 10;
			value += (*p - '0') * unit;
		}
	}
	*ret = value;
	return digits ? p : NULL;
}

static int parse_with_unit(const char *text, const struct unit *units,
			   double *ret)
{
	double value;
	const char *rest = take_decimal(text, &value);

	if (!rest)
		return -EINVAL;
	for (; units->name; units++) {
		if (strcasecmp(rest, units->name) != 0)
			continue;
		*ret = value * units->factor;
		return 0;
	}
	return -EINVAL;
}

int hog_parse_count(const char *text, const char *what, uint64_t min,
		    uint64_t max, uint64_t *ret, struct hog_err *err)
{
	const char *p = text;
	uint64_t value = 0;
	bool over = false;

	for (; is_digit(*p); p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		over = over || __builtin_mul_overflow(value, 10u, &value) ||
		       __builtin_add_overflow(value, digit, &value);
	}
	if (p == text || *p)
		return hog_err_say(err, -EINVAL, NULL,
				   "'%.40s' is no %s: give a whole number",
				   text, what);
	if (over || value < min || value > max)
		return hog_err_say(err, -EINVAL, NULL,
				   "%s '%.40s' is out of range: give %" PRIu64
				   " to %" PRIu64,
				   what, text, min, max);
	*ret = value;
	return 0;
}

int hog_parse_percent(const char *text, const char *what, double min,
		      double max, double *ret, struct hog_err *err)
{
	static const struct unit units[] = { { "", 1 }, { "%", 1 }, { 0 } };
	double value;

	if (parse_with_unit(text, units, &value) < 0)
		return hog_err_say(err, -EINVAL, NULL,
				   "'%.40s' is no %s: give per cent as 2.5 "
				   "or 50",
				   text, what);
	if (value < min || value > max)
		return hog_err_say(err, -EINVAL, NULL,
				   "%s '%.40s' is out of range: give %g to %g "
				   "per cent",
				   what, text, min, max);
	*ret = value;
	return 0;
}

int hog_parse_pid(const char *text, pid_t *ret, struct hog_err *err)
{
	uint64_t value;
	int r = hog_parse_count(text, "process id", 1, HOG_PID_MAX, &value,
				err);

	if (r == 0)
		*ret = (pid_t)value;
	return r;
}

int hog_parse_rate(const char *text, double *ret, struct hog_err *err)
{
	static const struct unit units[] = {
		{ "", 1 }, { "hz", 1 }, { "k", 1e3 }, { "khz", 1e3 }, { 0 },
	};
	double value;

	if (parse_with_unit(text, units, &value) < 0)
		return hog_err_say(
			err, -EINVAL, NULL,
			"'%.40s' is no rate: give samples per second "
			"as 100 or 1k",
			text);
	/* Slower than one in 1000 s is a slip, and periods stay in range. */
	if (value < 0.001 || value > HOG_RATE_MAX)
		return hog_err_say(
			err, -EINVAL, NULL,
			"rate '%.40s' is out of range: give 0.001 to "
			"1000k samples per second",
			text);
	*ret = value;
	return 0;
}

int hog_parse_seconds(const char *text, double *ret, struct hog_err *err)
{
	static const struct unit units[] = {
		{ "", 1 },   { "s", 1 },    { "ms", 1e-3 },
		{ "m", 60 }, { "h", 3600 }, { 0 },
	};
	double value;

	if (parse_with_unit(text, units, &value) < 0)
		return hog_err_say(err, -EINVAL, NULL,
				   "'%.40s' is no time: give seconds as 10 or "
				   "1.5, or with a unit as 2m",
				   text);
	if (value > HOG_SECONDS_MAX)
		return hog_err_say(err, -EINVAL, NULL,
				   "time '%.40s' is out of range: give at most "
				   "1000000000 seconds",
				   text);
	*ret = value;
	return 0;
}
