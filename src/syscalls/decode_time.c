/* SPDX-License-Identifier: Apache-2.0 */
/* Times: two words, seconds and a fraction; alone, in pairs, in timers. */
#include "syscalls/decoding.h"

#include <endian.h>

/* What utimensat() takes instead of a fraction. */
#define UTIME_IS_NOW ((1 << 30) - 1)
#define UTIME_IS_OMIT ((1 << 30) - 2)

#define NANO "tv_nsec"
#define MICRO "tv_usec"

void hog_decode_add_time(struct hog_decoding *dec, const uint64_t words[2],
			 const char *fraction)
{
	hog_decode_add(dec, "{tv_sec=");
	hog_text_dec(dec->out, (int64_t)le64toh(words[0]));
	hog_decode_add(dec, ", ");
	hog_decode_add(dec, fraction);
	hog_buf_add_u8(dec->out, '=');
	hog_text_dec(dec->out, (int64_t)le64toh(words[1]));
	hog_buf_add_u8(dec->out, '}');
}

static void one(struct hog_decoding *dec, uint64_t addr, const char *fraction)
{
	uint64_t words[2];

	if (!addr || !hog_decode_read(dec, addr, words, sizeof(words)))
		hog_decode_unreadable(dec, addr);
	else
		hog_decode_add_time(dec, words, fraction);
}

void hog_decode_timespec(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	(void)param;
	one(dec, value, NANO);
}

void hog_decode_timeval(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	(void)param;
	one(dec, value, MICRO);
}

/* What remained of a sleep is written when it was interrupted: then the call
 * has failed, and this is not asked. */
void hog_decode_timespec_rem(struct hog_decoding *dec, uint64_t value,
			     unsigned param)
{
	(void)param;
	hog_text_pointer(dec->out, value);
}

static void add_file_time(struct hog_decoding *dec, const uint64_t words[2],
			  const char *fraction)
{
	if (fraction[3] == 'n' && words[1] == UTIME_IS_NOW)
		hog_decode_add(dec, "UTIME_NOW");
	else if (fraction[3] == 'n' && words[1] == UTIME_IS_OMIT)
		hog_decode_add(dec, "UTIME_OMIT");
	else
		hog_decode_add_time(dec, words, fraction);
}

static void file_times(struct hog_decoding *dec, uint64_t addr,
		       const char *fraction)
{
	uint64_t words[4];

	if (!addr || !hog_decode_read(dec, addr, words, sizeof(words))) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	add_file_time(dec, words, fraction);
	hog_decode_add(dec, ", ");
	add_file_time(dec, words + 2, fraction);
	hog_buf_add_u8(dec->out, ']');
}

void hog_decode_timespec2(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	(void)param;
	file_times(dec, value, NANO);
}

void hog_decode_timeval2(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	(void)param;
	file_times(dec, value, MICRO);
}

static void timer(struct hog_decoding *dec, uint64_t addr, const char *fraction)
{
	uint64_t words[4];

	if (!addr || !hog_decode_read(dec, addr, words, sizeof(words))) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	hog_decode_add(dec, "{it_interval=");
	hog_decode_add_time(dec, words, fraction);
	hog_decode_add(dec, ", it_value=");
	hog_decode_add_time(dec, words + 2, fraction);
	hog_buf_add_u8(dec->out, '}');
}

void hog_decode_itimerspec(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	(void)param;
	timer(dec, value, NANO);
}

void hog_decode_itimerval(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	(void)param;
	timer(dec, value, MICRO);
}
