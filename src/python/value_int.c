/* SPDX-License-Identifier: Apache-2.0 */
#include "python/value_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "python/object.h"
#include "python/python.h"

#define DIGIT_BITS 30
#define DIGIT_MASK ((1u << DIGIT_BITS) - 1)
#define BILLION 1000000000u
/* 1024 digits of 30 bits are 9248 decimal ones: 1028 groups of nine. */
#define GROUPS_MAX (HOG_PYINT_DIGITS_MAX + 8)

/* 2.7's PyIntObject: a C long. */
static int read_int27(const struct hog_python *py, uint64_t addr,
		      struct hog_pyint *ret)
{
	uint64_t bits, size;
	int r = hog_pyread_ptr(py, addr, py->lay.long_size, &bits);

	if (r < 0)
		return r;
	ret->negative = (int64_t)bits < 0;
	size = ret->negative ? 0 - bits : bits;
	for (; size; size >>= DIGIT_BITS)
		ret->digits[ret->held++] = (uint32_t)size & DIGIT_MASK;
	ret->n = ret->held;
	return 0;
}

static int read_size(const struct hog_python *py, uint64_t addr,
		     struct hog_pyint *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	uint64_t word;
	int r;

	if (lay->long_tag != HOG_NO_FIELD) {
		r = hog_pyread_ptr(py, addr, lay->long_tag, &word);
		ret->n = word >> 3;
		ret->negative = (word & 3) == 2;
	} else {
		r = hog_pyread_ptr(py, addr, lay->long_size, &word);
		ret->negative = (int64_t)word < 0;
		ret->n = ret->negative ? 0 - word : word;
	}
	if (r < 0)
		return r;
	return ret->n > (uint64_t)1 << 40 ? -EBADMSG : 0;
}

int hog_pyint_read(const struct hog_python *py, uint64_t addr, bool int27,
		   struct hog_pyint *ret)
{
	int r;

	ret->negative = false;
	ret->n = ret->held = 0;
	if (int27)
		return read_int27(py, addr, ret);
	r = read_size(py, addr, ret);
	if (r < 0 || ret->n == 0 || ret->n > HOG_PYINT_DIGITS_MAX)
		return r;
	if (py->lay.long_digits == HOG_NO_FIELD)
		return -EINVAL;
	r = hog_mem_read(py->mem, addr + (uint64_t)py->lay.long_digits,
			 ret->digits, (size_t)ret->n * sizeof(*ret->digits));
	if (r < 0)
		return r;
	ret->held = (size_t)ret->n;
	for (size_t i = 0; i < ret->held; i++)
		if (ret->digits[i] & ~DIGIT_MASK)
			return -EBADMSG;
	while (ret->held && ret->digits[ret->held - 1] == 0)
		ret->held--; /* 3.12+ keeps one digit for 0 */
	ret->n = ret->held;
	return 0;
}

/* Magnitude in 64 bits.  false: it does not fit. */
static bool magnitude(const struct hog_pyint *v, uint64_t *ret)
{
	uint64_t m = 0;

	if (v->n > 3 || v->held < v->n || (v->n == 3 && v->digits[2] > 0xf))
		return false;
	for (size_t i = v->held; i-- > 0;)
		m = m << DIGIT_BITS | v->digits[i];
	*ret = m;
	return true;
}

bool hog_pyint_to64(const struct hog_pyint *v, int64_t *ret)
{
	uint64_t m;

	if (!magnitude(v, &m) || m > (uint64_t)INT64_MAX + v->negative)
		return false;
	*ret = (int64_t)(v->negative ? 0 - m : m);
	return true;
}

int hog_pyint_read64(const struct hog_python *py, uint64_t addr, int64_t *ret)
{
	struct hog_pytype type;
	struct hog_pyint v;
	uint64_t m;
	int r = hog_pytype_of(py, addr, &type);

	if (r < 0)
		return r;
	if (!(type.flags & (HOG_TPFLAG_LONG | HOG_TPFLAG_INT27)))
		return -EBADMSG;
	r = hog_pyint_read(py, addr,
			   py->lay.major == 2 && type.flags & HOG_TPFLAG_INT27,
			   &v);
	if (r < 0)
		return r;
	if (!magnitude(&v, &m))
		return -ERANGE;
	*ret = (int64_t)(v.negative ? 0 - m : m);
	return 0;
}

/* Divides the number in digits by 10^9 until nothing is left. */
static size_t to_groups(uint32_t *digits, size_t n, uint32_t *groups)
{
	size_t count = 0;

	while (n > 0 && count < GROUPS_MAX) {
		uint64_t rest = 0;

		for (size_t i = n; i-- > 0;) {
			rest = rest << DIGIT_BITS | digits[i];
			digits[i] = (uint32_t)(rest / BILLION);
			rest %= BILLION;
		}
		groups[count++] = (uint32_t)rest;
		while (n > 0 && digits[n - 1] == 0)
			n--;
	}
	return count;
}

void hog_pyint_text(const struct hog_pyint *v, struct hog_buf *out)
{
	uint32_t digits[HOG_PYINT_DIGITS_MAX], groups[GROUPS_MAX];
	char text[GROUPS_MAX * 9 + 2];
	size_t n, len = 0;

	if (v->held < v->n) {
		hog_buf_printf(out, "<int of %llu bits>",
			       (unsigned long long)v->n * DIGIT_BITS);
		return;
	}
	memcpy(digits, v->digits, v->held * sizeof(*digits));
	n = to_groups(digits, v->held, groups);
	if (v->negative)
		text[len++] = '-';
	if (n == 0)
		text[len++] = '0';
	for (size_t i = n; i-- > 0;)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					i == n - 1 ? "%u" : "%09u", groups[i]);
	hog_buf_add(out, text, len);
}
