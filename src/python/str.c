/* SPDX-License-Identifier: Apache-2.0 */
#include "python/str.h"

#include <errno.h>
#include <string.h>

#include "python/python.h"

#define REPLACEMENT 0xfffd
#define CHAR_BYTES_MAX 4
/* No object is longer: a larger length is damage. */
#define LENGTH_MAX (UINT64_C(1) << 40)

static uint64_t head_u64(const void *head, int32_t at)
{
	uint64_t value;

	memcpy(&value, (const unsigned char *)head + at, sizeof(value));
	return value;
}

size_t hog_pystr_head(const struct hog_pylayout *lay)
{
	if (lay->strings == HOG_PYSTR_27)
		return (size_t)lay->bytes_data;
	return (size_t)lay->str_ascii_data;
}

static int finish(struct hog_pystrdata *str, struct hog_pystrdata *ret)
{
	uint64_t shown = str->chars;

	if (str->chars > LENGTH_MAX || !str->addr)
		return -EBADMSG;
	if (shown > HOG_PYSTR_CHARS_MAX)
		shown = HOG_PYSTR_CHARS_MAX;
	str->bytes = (uint32_t)shown * (str->width ? str->width : 1);
	*ret = *str;
	return 0;
}

struct state {
	unsigned kind;
	bool compact, ascii, ready;
};

static struct state state_of(enum hog_pystrings strings, uint32_t bits)
{
	/* Free-threaded 3.14 gave `interned` a byte of its own. */
	if (strings == HOG_PYSTR_FT314)
		bits = bits >> 8 << 2;
	return (struct state){
		.kind = bits >> 2 & 7,
		.compact = bits >> 5 & 1,
		.ascii = bits >> 6 & 1,
		/* Bit 7 means something else from 3.12 on. */
		.ready = strings != HOG_PYSTR_WSTR || (bits >> 7 & 1),
	};
}

/* <= 3.11, a str that nobody looked into yet: wchar_t's only. */
static int parse_wstr(const struct hog_pylayout *lay, const void *head,
		      size_t len, struct hog_pystrdata *ret)
{
	int32_t length_at = lay->str_utf8_length + 16;
	struct hog_pystrdata str = { .width = 4 };

	if (len < (size_t)length_at + 8)
		return -ENODATA;
	str.addr = head_u64(head, lay->str_wstr);
	str.chars = head_u64(head, length_at);
	return finish(&str, ret);
}

int hog_pystr_parse(const struct hog_pylayout *lay, uint64_t addr,
		    const void *head, size_t len, struct hog_pystrdata *ret)
{
	struct hog_pystrdata str = { 0 };
	struct state state;

	if (len < hog_pystr_head(lay))
		return -ENODATA;
	if (lay->strings == HOG_PYSTR_27) {
		str.addr = addr + (uint64_t)lay->bytes_data;
		str.chars = head_u64(head, lay->bytes_size);
		return finish(&str, ret);
	}
	state = state_of(lay->strings,
			 (uint32_t)head_u64(head, lay->str_state));
	if (!state.ready || (state.kind == 0 && lay->str_wstr >= 0))
		return parse_wstr(lay, head, len, ret);
	if ((state.kind != 1 && state.kind != 2 && state.kind != 4) ||
	    (state.ascii && state.kind != 1))
		return -EBADMSG;
	str.width = (uint8_t)state.kind;
	str.chars = head_u64(head, lay->str_length);
	if (!state.compact) {
		if (len < (size_t)lay->str_any_data + 8)
			return -ENODATA;
		str.addr = head_u64(head, lay->str_any_data);
	} else {
		str.addr =
			addr + (uint64_t)(state.ascii ? lay->str_ascii_data
						      : lay->str_compact_data);
	}
	return finish(&str, ret);
}

static size_t put_utf8(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static uint32_t fixed_char(const unsigned char *p, unsigned width)
{
	uint32_t c = p[0];

	if (width >= 2)
		c |= (uint32_t)p[1] << 8;
	if (width == 4)
		c |= (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return REPLACEMENT;
	return c;
}

/* One character of bytes that should be UTF-8, and how long it was. */
static uint32_t utf8_char(const unsigned char *p, size_t left, size_t *ret_len)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0x80             ? 1
		     : (p[0] & 0xe0) == 0xc0 ? 2
		     : (p[0] & 0xf0) == 0xe0 ? 3
		     : (p[0] & 0xf8) == 0xf0 ? 4
					     : 0;
	uint32_t c = p[0];

	*ret_len = 1;
	if (len == 0 || len > left)
		return REPLACEMENT;
	if (len > 1)
		c &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < lowest[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return REPLACEMENT;
	*ret_len = len;
	return c;
}

size_t hog_pystr_utf8(const struct hog_pystrdata *str, const void *data,
		      char *buf, size_t cap)
{
	static const char more[] = "...";
	const unsigned char *p = data;
	bool cut = str->chars > HOG_PYSTR_CHARS_MAX;
	size_t room = cap ? cap - 1 : 0;
	size_t n = 0;

	if (cut && room > sizeof(more))
		room -= sizeof(more) - 1;
	else
		cut = false;
	for (size_t at = 0, step; at < str->bytes; at += step) {
		char one[CHAR_BYTES_MAX];
		size_t len;
		uint32_t c;

		step = str->width;
		c = step ? fixed_char(p + at, str->width)
			 : utf8_char(p + at, str->bytes - at, &step);
		len = put_utf8(c, one);
		if (n + len > room)
			break;
		memcpy(buf + n, one, len);
		n += len;
	}
	if (cut) {
		memcpy(buf + n, more, sizeof(more) - 1);
		n += sizeof(more) - 1;
	}
	if (cap)
		buf[n] = '\0';
	return n;
}

ssize_t hog_pystr_read(const struct hog_python *py, uint64_t addr, char *buf,
		       size_t cap)
{
	unsigned char data[HOG_PYSTR_CHARS_MAX * CHAR_BYTES_MAX];
	size_t least = hog_pystr_head(&py->lay);
	struct hog_span head[] = {
		{ addr, data, least },
		{ addr + least, data + least, HOG_PYSTR_HEAD_MAX - least },
	};
	struct hog_pystrdata str;
	ssize_t got = hog_mem_readv(py->mem, head, 2);
	int r;

	if (got < 0)
		return got;
	if ((size_t)got < least)
		return -EFAULT;
	r = hog_pystr_parse(&py->lay, addr, data, (size_t)got, &str);
	if (r)
		return r == -ENODATA ? -EFAULT : r;
	if (str.addr >= addr && str.addr - addr + str.bytes <= (size_t)got)
		return (ssize_t)hog_pystr_utf8(&str, data + (str.addr - addr),
					       buf, cap);
	if (str.bytes) {
		r = hog_mem_read(py->mem, str.addr, data, str.bytes);
		if (r)
			return r;
	}
	return (ssize_t)hog_pystr_utf8(&str, data, buf, cap);
}

ssize_t hog_pybytes_read(const struct hog_python *py, uint64_t addr, void *buf,
			 size_t cap)
{
	uint64_t size;
	int r = hog_mem_read_u64(py->mem, addr + (uint64_t)py->lay.bytes_size,
				 &size);

	if (r)
		return r;
	if (size > LENGTH_MAX)
		return -EBADMSG;
	if (size < cap)
		cap = size;
	if (cap)
		r = hog_mem_read(py->mem, addr + (uint64_t)py->lay.bytes_data,
				 buf, cap);
	return r ? r : (ssize_t)size;
}
