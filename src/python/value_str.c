/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and bytes as Python's repr writes them. */
#include "python/value_read.h"

#include <errno.h>

#include "python/python.h"

#define SURROGATE_FIRST 0xd800u
#define SURROGATE_LOW 0xdc00u
#define SURROGATE_LAST 0xdfffu
#define POINT_MAX 0x10ffffu
#define REPLACEMENT 0xfffdu
#define LENGTH_MAX ((uint64_t)1 << 40)

static const struct {
	uint32_t first, last;
} hidden[] = {
#include "python/printable.inc"
};

static bool printable(uint32_t c)
{
	size_t lo = 0, hi = sizeof(hidden) / sizeof(hidden[0]);

	if (c < 0x7f)
		return c >= 0x20;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c > hidden[mid].last)
			lo = mid + 1;
		else if (c < hidden[mid].first)
			hi = mid;
		else
			return false;
	}
	return true;
}

static void add_point(uint32_t c, struct hog_buf *out)
{
	if (c < 0x80) {
		hog_buf_add_u8(out, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		hog_buf_add_u8(out, (uint8_t)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			hog_buf_add_u8(out, (uint8_t)(0xe0 | c >> 12));
		} else {
			hog_buf_add_u8(out, (uint8_t)(0xf0 | c >> 18));
			hog_buf_add_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		}
		hog_buf_add_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	hog_buf_add_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
}

void hog_pyvalue_utf8(const uint32_t *text, size_t n, struct hog_buf *out)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c = text[i];
		bool bad = c > POINT_MAX ||
			   (c >= SURROGATE_FIRST && c <= SURROGATE_LAST);

		add_point(bad ? REPLACEMENT : c, out);
	}
}

/* Length of the UTF-8 sequence that starts with this byte; 0: none does. */
static size_t sequence(uint32_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

ssize_t hog_pyvalue_decode(uint32_t *text, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	static const uint32_t mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t out = 0;

	for (size_t i = 0; i < n;) {
		size_t len = sequence(text[i]);
		uint32_t c;

		if (len == 0 || len > n - i)
			return -EBADMSG;
		c = text[i] & mask[len];
		for (size_t k = 1; k < len; k++) {
			if ((text[i + k] & 0xc0) != 0x80)
				return -EBADMSG;
			c = c << 6 | (text[i + k] & 0x3f);
		}
		if (c < least[len] || c > POINT_MAX ||
		    (c >= SURROGATE_FIRST && c <= SURROGATE_LAST))
			return -EBADMSG;
		text[out++] = c;
		i += len;
	}
	return (ssize_t)out;
}

/* Characters that one code point takes in a repr. */
static size_t add_quoted(uint32_t c, uint32_t quote, bool ascii_only,
			 struct hog_buf *out)
{
	size_t before = out->len;

	if (c == quote || c == '\\')
		hog_buf_printf(out, "\\%c", (int)c);
	else if (c == '\n')
		hog_buf_add_str(out, "\\n");
	else if (c == '\r')
		hog_buf_add_str(out, "\\r");
	else if (c == '\t')
		hog_buf_add_str(out, "\\t");
	else if (printable(c) && (c < 0x80 || !ascii_only)) {
		add_point(c, out);
		return 1;
	} else if (c < 0x100)
		hog_buf_printf(out, "\\x%02x", c);
	else if (c < 0x10000)
		hog_buf_printf(out, "\\u%04x", c);
	else
		hog_buf_printf(out, "\\U%08x", c);
	return out->len - before;
}

void hog_pyvalue_quote(const uint32_t *text, size_t n, bool ascii_only,
		       size_t limit, struct hog_buf *out)
{
	bool single = false, twice = false;
	size_t chars = 0;

	for (size_t i = 0; i < n; i++) {
		single = single || text[i] == '\'';
		twice = twice || text[i] == '"';
	}

	uint32_t quote = single && !twice ? '"' : '\'';

	hog_buf_add_u8(out, (uint8_t)quote);
	for (size_t i = 0; i < n && chars <= limit; i++)
		chars += add_quoted(text[i], quote, ascii_only, out);
	hog_buf_add_u8(out, (uint8_t)quote);
}

void hog_pyvalue_cut(struct hog_buf *text, size_t limit)
{
	size_t chars = 0, keep = 0;

	for (size_t i = 0; i < text->len; i++) {
		if ((text->data[i] & 0xc0) == 0x80)
			continue;
		if (limit > 3 && chars == limit - 3)
			keep = i;
		chars++;
	}
	if (chars <= limit)
		return;
	text->len = keep;
	hog_buf_add(text, "...", limit < 3 ? limit : 3);
}

/* How a str object keeps its text. */
struct text_at {
	uint64_t addr, length;
	unsigned width; /* bytes of one code point */
};

static int locate_3x(const struct hog_python *py, uint64_t addr,
		     struct text_at *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	unsigned shift = lay->strings == HOG_PYSTR_FT314 ? 8 : 2;
	uint32_t state;
	int r = hog_pyread_ptr(py, addr, lay->str_length, &ret->length);

	if (r == 0)
		r = hog_pyread_u32(py, addr, lay->str_state, &state);
	if (r < 0)
		return r;
	state >>= shift;
	ret->width = state & 7;
	if (ret->width != 1 && ret->width != 2 && ret->width != 4)
		return -EBADMSG; /* 0: a wchar_t text of the old API */
	if (!(state & 8))
		return hog_pyread_ptr(py, addr, lay->str_any_data, &ret->addr);
	ret->addr = addr + (uint64_t)(state & 16 ? lay->str_ascii_data
						 : lay->str_compact_data);
	return 0;
}

/* 2.7: length in front of the pointer; 2 or 4 bytes by build, which the bytes
 * themselves tell: two 16-bit units read as one are past Unicode's end. */
static int locate_27(const struct hog_python *py, uint64_t addr,
		     struct text_at *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	uint32_t sample[64];
	size_t n;
	int r = hog_pyread_ptr(py, addr, lay->str_any_data, &ret->addr);

	if (r == 0)
		r = hog_pyread_ptr(py, addr, lay->str_any_data - 8,
				   &ret->length);
	if (r < 0)
		return r;
	ret->width = 4;
	n = ret->length < 64 ? (size_t)ret->length : 64;
	if (hog_mem_read(py->mem, ret->addr, sample, n * 4) < 0)
		ret->width = 2;
	for (size_t i = 0; ret->width == 4 && i < n; i++)
		if (sample[i] > POINT_MAX)
			ret->width = 2;
	return 0;
}

/* Spreads n units of 1 or 2 bytes, which stand at the start of text, over it. */
static void widen(uint32_t *text, size_t n, unsigned width)
{
	const unsigned char *from = (const unsigned char *)text;

	if (width == 4)
		return;
	for (size_t i = n; i-- > 0;)
		text[i] = width == 1 ? from[i]
				     : (uint32_t)(from[2 * i] | from[2 * i + 1]
									<< 8);
}

static ssize_t read_text(struct hog_pyvalues *ctx, const struct text_at *at)
{
	size_t n = at->length < HOG_PYTEXT_MAX ? (size_t)at->length
					       : HOG_PYTEXT_MAX;
	int r;

	if (at->length > LENGTH_MAX)
		return -EBADMSG;
	r = n ? hog_mem_read(ctx->py->mem, at->addr, ctx->text, n * at->width)
	      : 0;
	if (r < 0)
		return r;
	widen(ctx->text, n, at->width);
	return (ssize_t)n;
}

/* 2.7 narrow builds: pairs of surrogates are one character. */
static size_t join_pairs(uint32_t *text, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t c = text[i];

		if (c >= SURROGATE_FIRST && c < SURROGATE_LOW && i + 1 < n &&
		    text[i + 1] >= SURROGATE_LOW &&
		    text[i + 1] <= SURROGATE_LAST)
			c = 0x10000 + ((c - SURROGATE_FIRST) << 10) +
			    (text[++i] - SURROGATE_LOW);
		text[out++] = c;
	}
	return out;
}

ssize_t hog_pyvalue_str(struct hog_pyvalues *ctx, uint64_t addr,
			uint64_t *ret_len)
{
	struct text_at at;
	bool old = ctx->py->lay.strings == HOG_PYSTR_27;
	ssize_t n = old ? locate_27(ctx->py, addr, &at)
			: locate_3x(ctx->py, addr, &at);

	if (n == 0)
		n = read_text(ctx, &at);
	if (n < 0)
		return n;
	*ret_len = at.length;
	if (old && at.width == 2)
		n = (ssize_t)join_pairs(ctx->text, (size_t)n);
	return n;
}

ssize_t hog_pyvalue_bytes(struct hog_pyvalues *ctx, uint64_t addr,
			  uint64_t *ret_len)
{
	const struct hog_pylayout *lay = &ctx->py->lay;
	struct text_at at = { .width = 1 };
	ssize_t n = hog_pyread_ptr(ctx->py, addr, lay->bytes_size, &at.length);

	if (n < 0)
		return n;
	if (lay->bytes_data < 0)
		return -EINVAL;
	at.addr = addr + (uint64_t)lay->bytes_data;
	n = read_text(ctx, &at);
	if (n >= 0)
		*ret_len = at.length;
	return n;
}
