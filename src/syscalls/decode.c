/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decode.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "syscalls/calls.h"
#include "syscalls/decoding.h"
#include "syscalls/names.h"

#define STRING_LIMIT 32
/* No more than this of one buffer, whatever is asked for. */
#define STRING_LIMIT_MAX (1 << 20)
/* Results in [-4095, -1] are errors, whatever the call. */
#define ERRNO_MAX 4095
/* ERESTARTSYS to ERESTART_RESTARTBLOCK: the program never sees a result. */
#define RESTART_FIRST 512
#define RESTART_LAST 516

enum when {
	WHEN_IN = 1,
	WHEN_OUT = 2,
	WHEN_INOUT = WHEN_IN | WHEN_OUT,
	WHEN_64 = 4,
	WHEN_IN64 = WHEN_IN | WHEN_64,
	WHEN_OUT64 = WHEN_OUT | WHEN_64,
	WHEN_TIME = 8,
	WHEN_IN_TIME = WHEN_IN | WHEN_TIME,
	WHEN_OUT_TIME = WHEN_OUT | WHEN_TIME,
};

static const struct kind {
	hog_decode_fn decode;
	unsigned when;
} kinds[] = {
#define KIND(name, when, function)                                             \
	[HOG_KIND_##name] = { hog_decode_##function, WHEN_##when },
#include "syscalls/kinds.inc"
#undef KIND
};

/* What an unknown call has. */
#define PLAIN(name)                                                            \
	{                                                                      \
		name, "unsigned long", HOG_WIDTH_ULONG, HOG_KIND_HEX, 0        \
	}

static const struct hog_callrow unknown_row = {
	.n = HOG_CALL_ARGS,
	.result = HOG_KIND_DEC,
	.args = { PLAIN("arg1"), PLAIN("arg2"), PLAIN("arg3"), PLAIN("arg4"),
		  PLAIN("arg5"), PLAIN("arg6") },
};

static bool is_wide(unsigned machine)
{
	return machine != EM_386 && machine != EM_ARM;
}

static const struct hog_callrow *row_of(const struct hog_syscall *raw)
{
	const struct hog_callrow *row = hog_call_row(raw->machine, raw->number);

	return row ? row : &unknown_row;
}

static int64_t cut_to_width(uint64_t value, unsigned width, bool wide)
{
	switch (width) {
	case HOG_WIDTH_INT:
		return (int32_t)value;
	case HOG_WIDTH_UINT:
		return (uint32_t)value;
	case HOG_WIDTH_SHORT:
		return (uint16_t)value;
	case HOG_WIDTH_LONG:
		return wide ? (int64_t)value : (int32_t)value;
	default:
		return wide ? (int64_t)value : (int64_t)(uint32_t)value;
	}
}

uint64_t hog_decode_other(const struct hog_decoding *dec, unsigned i)
{
	return i < HOG_CALL_ARGS ? (uint64_t)dec->call->args[i].number : 0;
}

static struct hog_decoding begin(struct hog_call *call,
				 const struct hog_calldecoder *d, bool exiting)
{
	bool wide = is_wide(call->raw.machine);
	size_t limit = d->string_limit ? d->string_limit : STRING_LIMIT;

	return (struct hog_decoding){
		.d = d,
		.call = call,
		.out = &call->bytes,
		.limit = limit < STRING_LIMIT_MAX ? limit : STRING_LIMIT_MAX,
		.wide = wide,
		.wide_time =
			wide || (call->name && strstr(call->name, "time64")),
		.exiting = exiting,
	};
}

/* Whether what the call has is what the decoder knows. */
static bool has_shape(const struct hog_decoding *dec, const struct kind *kind)
{
	if (kind->when & WHEN_64)
		return dec->wide;
	return !(kind->when & WHEN_TIME) || dec->wide_time;
}

static void decode_one(struct hog_decoding *dec, struct hog_callarg *arg,
		       hog_decode_fn decode, unsigned param)
{
	struct hog_callarg before = *arg;

	dec->arg = arg;
	dec->keep = false;
	dec->old_text = arg->text;
	arg->kind = HOG_CALLARG_INT;
	arg->text = (uint32_t)dec->out->len;
	decode(dec, (uint64_t)arg->number, param);
	arg->text_len = (uint32_t)(dec->out->len - arg->text);
	if (dec->keep)
		*arg = before;
}

void hog_call_fini(struct hog_call *call)
{
	hog_buf_fini(&call->bytes);
	memset(call, 0, sizeof(*call));
}

static void take_raw(struct hog_call *call, const struct hog_callrow *row,
		     const struct hog_syscall *raw)
{
	struct hog_buf bytes = call->bytes;

	memset(call, 0, sizeof(*call));
	call->bytes = bytes;
	hog_buf_clear(&call->bytes);
	call->raw = *raw;
	call->n = row->n;
	call->name = hog_syscall_name(raw->machine, raw->number);
	if (!call->name)
		snprintf(call->unknown, sizeof(call->unknown), "syscall_%#llx",
			 (unsigned long long)raw->number);
	call->result.name = "return";
	call->result.type = "long";
	call->result.kind = HOG_CALLARG_INT;
	for (unsigned i = 0; i < row->n; i++) {
		const struct hog_argrow *a = &row->args[i];

		call->args[i] = (struct hog_callarg){
			.name = a->name,
			.type = a->type,
			.kind = HOG_CALLARG_INT,
			.number = cut_to_width(raw->args[i], a->width,
					       is_wide(raw->machine)),
		};
	}
}

void hog_call_enter(struct hog_call *call, const struct hog_calldecoder *d,
		    const struct hog_syscall *raw)
{
	const struct hog_callrow *row = row_of(raw);

	take_raw(call, row, raw);
	if (d->raw)
		return;

	struct hog_decoding dec = begin(call, d, false);

	for (unsigned i = 0; i < row->n; i++) {
		const struct kind *kind = &kinds[row->args[i].kind];
		bool now = kind->when & WHEN_IN && has_shape(&dec, kind);

		decode_one(&dec, &call->args[i],
			   now ? kind->decode : hog_decode_ptr,
			   row->args[i].param);
		if (!dec.drop)
			continue;
		call->n = i;
		break;
	}
}

static bool is_error(int64_t result)
{
	return result < 0 && result >= -ERRNO_MAX;
}

static void decode_result(struct hog_decoding *dec,
			  const struct hog_callrow *row, int64_t result)
{
	struct hog_callarg *ret = &dec->call->result;
	const struct kind *kind = &kinds[row->result];

	if (!is_error(result)) {
		decode_one(dec, ret,
			   has_shape(dec, kind) ? kind->decode : hog_decode_dec,
			   row->result_param);
		return;
	}
	ret->text = (uint32_t)dec->out->len;
	hog_decode_add(dec, result <= -RESTART_FIRST && result >= -RESTART_LAST
				    ? "?"
				    : "-1");
	ret->text_len = (uint32_t)(dec->out->len - ret->text);
}

void hog_call_exit(struct hog_call *call, const struct hog_calldecoder *d,
		   int64_t result)
{
	const struct hog_callrow *row = row_of(&call->raw);
	struct hog_decoding dec = begin(call, d, true);

	call->exited = true;
	call->raw.result = result;
	call->result.number = result;
	if (d->raw)
		return;
	for (unsigned i = 0; i < call->n && !is_error(result); i++) {
		const struct kind *kind = &kinds[row->args[i].kind];

		if (kind->when & WHEN_OUT && has_shape(&dec, kind))
			decode_one(&dec, &call->args[i], kind->decode,
				   row->args[i].param);
	}
	decode_result(&dec, row, result);
}
