/* SPDX-License-Identifier: Apache-2.0 */
/* futex(): what the arguments are depends on the operation. */
#include "syscalls/decoding.h"

#define FUTEX_PRIVATE_FLAG 128u
#define FUTEX_CLOCK_REALTIME 256u
#define FUTEX_MATCH_ANY UINT32_MAX

enum use {
	USE_NONE,
	USE_NUMBER,
	USE_TIME,
};

/* By operation: how many arguments count, and what the fourth is. */
static const struct operation {
	uint8_t n;
	uint8_t fourth; /* enum use */
	bool bitset;    /* the sixth is a set of bits */
} operations[] = {
	[0] = { 4, USE_TIME, false },    /* WAIT */
	[1] = { 3, USE_NONE, false },    /* WAKE */
	[2] = { 3, USE_NONE, false },    /* FD */
	[3] = { 5, USE_NUMBER, false },  /* REQUEUE */
	[4] = { 6, USE_NUMBER, false },  /* CMP_REQUEUE */
	[5] = { 6, USE_NUMBER, false },  /* WAKE_OP */
	[6] = { 4, USE_TIME, false },    /* LOCK_PI */
	[7] = { 2, USE_NONE, false },    /* UNLOCK_PI */
	[8] = { 2, USE_NONE, false },    /* TRYLOCK_PI */
	[9] = { 6, USE_TIME, true },     /* WAIT_BITSET */
	[10] = { 6, USE_NUMBER, true },  /* WAKE_BITSET */
	[11] = { 5, USE_TIME, false },   /* WAIT_REQUEUE_PI */
	[12] = { 6, USE_NUMBER, false }, /* CMP_REQUEUE_PI */
	[13] = { 4, USE_TIME, false },   /* LOCK_PI2 */
};

static const struct operation unknown = { 6, USE_NUMBER, false };

static const struct operation *operation(const struct hog_decoding *dec)
{
	uint64_t op = hog_decode_other(dec, 1) &
		      ~(uint64_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);

	return op < sizeof(operations) / sizeof(*operations) ? &operations[op]
							     : &unknown;
}

static bool is_used(struct hog_decoding *dec, unsigned i)
{
	if (i < operation(dec)->n)
		return true;
	dec->drop = true;
	return false;
}

void hog_decode_futex_op(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	uint32_t op =
		(uint32_t)value & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);

	(void)param;
	hog_constant_add(dec->out, HOG_T_futex, op);
	if (value & FUTEX_PRIVATE_FLAG)
		hog_decode_add(dec, "_PRIVATE");
	if (value & FUTEX_CLOCK_REALTIME)
		hog_decode_add(dec, "|FUTEX_CLOCK_REALTIME");
}

void hog_decode_futex_val(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	(void)param;
	if (is_used(dec, 2))
		hog_text_udec(dec->out, (uint32_t)value);
}

void hog_decode_futex_timeout(struct hog_decoding *dec, uint64_t value,
			      unsigned param)
{
	if (!is_used(dec, 3))
		return;
	if (operation(dec)->fourth != USE_TIME)
		hog_text_dec(dec->out, (int64_t)value);
	else if (dec->wide_time)
		hog_decode_timespec(dec, value, param);
	else
		hog_text_pointer(dec->out, value);
}

void hog_decode_futex_uaddr2(struct hog_decoding *dec, uint64_t value,
			     unsigned param)
{
	(void)param;
	if (is_used(dec, 4))
		hog_text_pointer(dec->out, value);
}

void hog_decode_futex_val3(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	(void)param;
	if (!is_used(dec, 5))
		return;
	if (operation(dec)->bitset && (uint32_t)value == FUTEX_MATCH_ANY)
		hog_decode_add(dec, "FUTEX_BITSET_MATCH_ANY");
	else
		hog_text_hex(dec->out, (uint32_t)value);
}
