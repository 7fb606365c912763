/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers, vectors of them, and pointers to a few numbers. */
#include "syscalls/decoding.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "syscalls/calls.h"

/* Names of a directory are counted, of no more bytes than this. */
#define DENTS_MAX 65536
#define DENTS_PIECE 4096
/* An affinity mask of 1024 CPUs, as the libc's. */
#define CPUSET_MAX 128

/* The bytes of a buffer as the argument's string and its text. */
static void buffer(struct hog_decoding *dec, uint64_t addr, uint64_t len)
{
	struct hog_piece piece;
	ssize_t got = hog_decode_take(dec, addr, len, &piece);

	if (got < 0) {
		hog_decode_unreadable(dec, addr);
	} else {
		hog_decode_is_string(dec, piece.bytes, (size_t)got);
		hog_text_quoted(dec->out, piece.bytes, (size_t)got,
				(uint64_t)got < len);
	}
	hog_decode_drop(&piece);
}

void hog_decode_in(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	buffer(dec, value, hog_decode_other(dec, param));
}

void hog_decode_out(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;

	uint64_t len = (uint64_t)dec->call->raw.result;

	/* Asked for the size alone (getxattr), or told more than there is room
	 * for (MSG_TRUNC): the argument behind it is the room. */
	if (dec->arg < &dec->call->args[HOG_CALL_ARGS - 1] &&
	    (uint64_t)dec->arg[1].number < len)
		len = (uint64_t)dec->arg[1].number;
	buffer(dec, value, len);
}

/* getcwd(): the result counts the NUL. */
void hog_decode_cstr_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	size_t limit = dec->limit;
	int64_t len = dec->call->raw.result;

	(void)param;
	dec->limit = HOG_PATH_MAX;
	buffer(dec, value, len > 0 ? (uint64_t)len - 1 : 0);
	dec->limit = limit;
}

static void add_vector(struct hog_decoding *dec, uint64_t base, uint64_t len,
		       uint64_t shown, bool contents)
{
	hog_decode_add(dec, "{iov_base=");
	if (contents)
		hog_decode_add_buffer(dec, base, shown);
	else
		hog_text_pointer(dec->out, base);
	hog_decode_add(dec, ", iov_len=");
	hog_text_udec(dec->out, len);
	hog_buf_add_u8(dec->out, '}');
}

void hog_decode_add_iovec(struct hog_decoding *dec, uint64_t addr, uint64_t n,
			  uint64_t total, bool contents)
{
	unsigned char words[HOG_ELEMENTS_MAX * 2 * 8];
	size_t size = 2 * hog_decode_word_size(dec);
	size_t shown = n < HOG_ELEMENTS_MAX ? (size_t)n : HOG_ELEMENTS_MAX;

	if (!addr || !hog_decode_read(dec, addr, words, shown * size)) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	for (size_t i = 0; i < shown; i++) {
		uint64_t base = hog_decode_word_at(dec, words, 2 * i);
		uint64_t len = hog_decode_word_at(dec, words, 2 * i + 1);
		uint64_t part = len < total ? len : total;

		if (i)
			hog_decode_add(dec, ", ");
		add_vector(dec, base, len, part, contents);
		total -= part;
	}
	if (shown < n)
		hog_decode_add(dec, ", ...");
	hog_buf_add_u8(dec->out, ']');
}

void hog_decode_iov(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_add_iovec(dec, value, hog_decode_other(dec, param),
			     UINT64_MAX, false);
}

void hog_decode_iov_in(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_add_iovec(dec, value, hog_decode_other(dec, param),
			     UINT64_MAX, true);
}

void hog_decode_iov_out(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_add_iovec(dec, value, hog_decode_other(dec, param),
			     (uint64_t)dec->call->raw.result, true);
}

/* Entries in bytes; d_reclen lies behind two words of 8 (or the machine's)
 * bytes in both kinds of entries.  *at: where the next one begins. */
static unsigned count_entries(const unsigned char *bytes, size_t len,
			      size_t word, size_t *at)
{
	unsigned n = 0;

	while (*at + 2 * word + 2 <= len) {
		const unsigned char *r = bytes + *at + 2 * word;
		size_t size = (size_t)(r[0] | r[1] << 8);

		if (size < 2 * word + 2)
			return 0;
		*at += size;
		n++;
	}
	return n;
}

void hog_decode_dents_out(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	unsigned char bytes[DENTS_PIECE];
	uint64_t len = (uint64_t)dec->call->raw.result;
	bool large = strcmp(dec->call->name, "getdents64") == 0;
	size_t word = large ? 8 : hog_decode_word_size(dec);
	uint64_t done = 0;
	unsigned n = 0;

	(void)param;
	hog_text_pointer(dec->out, value);
	while (done < len && done < DENTS_MAX) {
		uint64_t left = len - done;
		size_t piece =
			left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
		size_t at = 0;
		unsigned here;

		if (!hog_decode_read(dec, value + done, bytes, piece))
			return;
		here = count_entries(bytes, piece, word, &at);
		if (here == 0)
			return;
		n += here;
		done += at;
	}
	hog_decode_add(dec, " /* ");
	hog_text_udec(dec->out, n);
	hog_decode_add(dec, n == 1 ? " entry" : " entries");
	hog_decode_add(dec, done < len ? " and more */" : " */");
}

/* A number of size bytes behind a pointer: "[5]". */
static void pointed(struct hog_decoding *dec, uint64_t addr, size_t size,
		    bool is_signed)
{
	unsigned char bytes[8] = { 0 };
	uint64_t number = 0;

	if (!addr || !hog_decode_read(dec, addr, bytes, size)) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	for (size_t i = size; i-- > 0;)
		number = number << 8 | bytes[i];
	hog_buf_add_u8(dec->out, '[');
	if (is_signed)
		hog_text_dec(dec->out,
			     size == 4 ? (int32_t)number : (int64_t)number);
	else
		hog_text_udec(dec->out, number);
	hog_buf_add_u8(dec->out, ']');
}

void hog_decode_loff(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	/* off_t of sendfile() in a 32-bit call is a word. */
	pointed(dec, value,
		dec->wide || strcmp(dec->call->name, "sendfile") != 0 ? 8 : 4,
		true);
}

void hog_decode_int_out(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	(void)param;
	pointed(dec, value, 4, true);
}

/* The older 32-bit calls have ids of two bytes. */
static bool has_short_ids(const struct hog_decoding *dec)
{
	return !dec->wide && !strstr(dec->call->name, "32");
}

/* Ids of users and groups. */
void hog_decode_uint_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	(void)param;
	pointed(dec, value, has_short_ids(dec) ? 2 : 4, false);
}

void hog_decode_long_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	(void)param;
	pointed(dec, value, hog_decode_word_size(dec), true);
}

void hog_decode_ulong_out(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	uint64_t number;

	(void)param;
	if (!value || !hog_decode_word(dec, value, &number)) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	hog_text_hex(dec->out, number);
	hog_buf_add_u8(dec->out, ']');
}

void hog_decode_sched_param(struct hog_decoding *dec, uint64_t value,
			    unsigned param)
{
	(void)param;
	pointed(dec, value, 4, true);
}

/* pipe() and socketpair() */
void hog_decode_pipe_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	uint32_t fds[2];

	(void)param;
	if (!value || !hog_decode_read(dec, value, fds, sizeof(fds))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	hog_decode_add_fd(dec, (int)fds[0]);
	hog_decode_add(dec, ", ");
	hog_decode_add_fd(dec, (int)fds[1]);
	hog_buf_add_u8(dec->out, ']');
}

static void groups(struct hog_decoding *dec, uint64_t addr, uint64_t n)
{
	uint32_t ids[HOG_ELEMENTS_MAX];
	size_t shown = n < HOG_ELEMENTS_MAX ? (size_t)n : HOG_ELEMENTS_MAX;

	if (!addr || !hog_decode_read(dec, addr, ids, shown * sizeof(*ids))) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	for (size_t i = 0; i < shown; i++) {
		if (i)
			hog_decode_add(dec, ", ");
		hog_text_udec(dec->out, ids[i]);
	}
	if (shown < n)
		hog_decode_add(dec, ", ...");
	hog_buf_add_u8(dec->out, ']');
}

void hog_decode_groups(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	if (has_short_ids(dec))
		hog_text_pointer(dec->out, value);
	else
		groups(dec, value, hog_decode_other(dec, param));
}

void hog_decode_groups_out(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	(void)param;
	/* Asked with room for none, it only counts them. */
	if (has_short_ids(dec) || (uint32_t)dec->call->args[0].number == 0)
		hog_text_pointer(dec->out, value);
	else
		groups(dec, value, (uint64_t)dec->call->raw.result);
}

static void cpus(struct hog_decoding *dec, uint64_t addr, uint64_t len)
{
	unsigned char mask[CPUSET_MAX];
	size_t want = len < sizeof(mask) ? (size_t)len : sizeof(mask);
	bool first = true;

	if (!addr || !hog_decode_read(dec, addr, mask, want)) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	for (size_t i = 0; i < want * CHAR_BIT; i++) {
		if (!(mask[i / CHAR_BIT] >> (i % CHAR_BIT) & 1))
			continue;
		if (!first)
			hog_buf_add_u8(dec->out, ' ');
		hog_text_udec(dec->out, i);
		first = false;
	}
	hog_buf_add_u8(dec->out, ']');
}

void hog_decode_cpuset(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	cpus(dec, value, hog_decode_other(dec, param));
}

void hog_decode_cpuset_out(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	(void)param;
	cpus(dec, value, (uint64_t)dec->call->raw.result);
}
