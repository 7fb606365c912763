/* SPDX-License-Identifier: Apache-2.0 */
/* repr(float): the shortest digits that read back as the same number. */
#include "python/value_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 17
#define EXPONENT_FROM 16 /* Python writes 1e+16, but 1000000000000000.0 */
#define EXPONENT_TO (-4)

/* A positive finite number as digits and the place of the point. */
struct decimal {
	char digits[DIGITS_MAX + 1];
	int n;
	int exponent; /* of the first digit: 1.5 has 0 */
};

static double value_of(const struct decimal *d)
{
	char text[64];

	snprintf(text, sizeof(text), "%c.%se%d", d->digits[0],
		 d->n > 1 ? d->digits + 1 : "0", d->exponent);
	return strtod(text, NULL);
}

static void round_to(double value, int n, struct decimal *ret)
{
	char text[64];
	const char *e;

	snprintf(text, sizeof(text), "%.*e", n - 1, value);
	e = strchr(text, 'e');
	ret->n = 0;
	for (const char *p = text; p < e; p++)
		if (*p >= '0' && *p <= '9')
			ret->digits[ret->n++] = *p;
	ret->digits[ret->n] = '\0';
	ret->exponent = atoi(e + 1);
}

/* The next higher number of as many digits. */
static void step_up(struct decimal *d)
{
	int i = d->n - 1;

	while (i >= 0 && d->digits[i] == '9')
		d->digits[i--] = '0';
	if (i >= 0) {
		d->digits[i]++;
		return;
	}
	d->digits[0] = '1';
	d->exponent++;
}

static void shortest(double value, struct decimal *ret)
{
	for (int n = 1; n <= DIGITS_MAX; n++) {
		round_to(value, n, ret);
		if (value_of(ret) == value)
			break;
		/* Below a power of two numbers stand closer than above: the
		 * nearest text may miss on that side, its neighbour not. */
		step_up(ret);
		if (value_of(ret) == value)
			break;
	}
	while (ret->n > 1 && ret->digits[ret->n - 1] == '0')
		ret->digits[--ret->n] = '\0';
}

static void add_plain(const struct decimal *d, struct hog_buf *out)
{
	if (d->exponent < 0) {
		hog_buf_add_str(out, "0.");
		for (int i = d->exponent + 1; i < 0; i++)
			hog_buf_add_u8(out, '0');
		hog_buf_add_str(out, d->digits);
		return;
	}
	for (int i = 0; i <= d->exponent; i++)
		hog_buf_add_u8(out,
			       i < d->n ? (uint8_t)d->digits[i] : (uint8_t)'0');
	hog_buf_add_u8(out, '.');
	hog_buf_add_str(out, d->n > d->exponent + 1
				     ? d->digits + d->exponent + 1
				     : "0");
}

static void add_exponent(const struct decimal *d, struct hog_buf *out)
{
	hog_buf_add_u8(out, (uint8_t)d->digits[0]);
	if (d->n > 1) {
		hog_buf_add_u8(out, '.');
		hog_buf_add_str(out, d->digits + 1);
	}
	hog_buf_printf(out, "e%c%02d", d->exponent < 0 ? '-' : '+',
		       abs(d->exponent));
}

void hog_pyvalue_float(double value, struct hog_buf *out)
{
	struct decimal d;

	if (isnan(value)) {
		hog_buf_add_str(out, "nan");
		return;
	}
	if (signbit(value))
		hog_buf_add_u8(out, '-');
	if (isinf(value)) {
		hog_buf_add_str(out, "inf");
		return;
	}
	if (value == 0.0) {
		hog_buf_add_str(out, "0.0");
		return;
	}
	shortest(fabs(value), &d);
	if (d.exponent < EXPONENT_TO || d.exponent >= EXPONENT_FROM)
		add_exponent(&d, out);
	else
		add_plain(&d, out);
}
