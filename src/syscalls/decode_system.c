/* SPDX-License-Identifier: Apache-2.0 */
/* Of the system and what a thread may do: prctl, uname, capabilities. */
#include "syscalls/decoding.h"

#include <string.h>

#define NAME_MAX_BYTES 65 /* a field of struct new_utsname */
#define COMM_BYTES 16     /* of a thread's name */
#define CAP_VERSION_1 0x19980330

enum shape {
	SHAPE_HEX,
	SHAPE_DEC,
	SHAPE_SIGNAL,
	SHAPE_STR,
	SHAPE_STR_OUT,
	SHAPE_INT_OUT,
	SHAPE_CAP,
};

/* How many arguments stand behind the option, and what the first one is. */
static const struct option {
	uint8_t option, n, shape;
} options[] = {
	{ 1, 1, SHAPE_SIGNAL },   /* SET_PDEATHSIG */
	{ 2, 1, SHAPE_INT_OUT },  /* GET_PDEATHSIG */
	{ 3, 0, 0 },              /* GET_DUMPABLE */
	{ 4, 1, SHAPE_DEC },      /* SET_DUMPABLE */
	{ 7, 0, 0 },              /* GET_KEEPCAPS */
	{ 8, 1, SHAPE_DEC },      /* SET_KEEPCAPS */
	{ 15, 1, SHAPE_STR },     /* SET_NAME */
	{ 16, 1, SHAPE_STR_OUT }, /* GET_NAME */
	{ 21, 0, 0 },             /* GET_SECCOMP */
	{ 22, 2, SHAPE_DEC },     /* SET_SECCOMP */
	{ 23, 1, SHAPE_CAP },     /* CAPBSET_READ */
	{ 24, 1, SHAPE_CAP },     /* CAPBSET_DROP */
	{ 27, 0, 0 },             /* GET_SECUREBITS */
	{ 28, 1, SHAPE_HEX },     /* SET_SECUREBITS */
	{ 29, 1, SHAPE_DEC },     /* SET_TIMERSLACK */
	{ 30, 0, 0 },             /* GET_TIMERSLACK */
	{ 36, 1, SHAPE_DEC },     /* SET_CHILD_SUBREAPER */
	{ 37, 1, SHAPE_INT_OUT }, /* GET_CHILD_SUBREAPER */
	{ 38, 4, SHAPE_DEC },     /* SET_NO_NEW_PRIVS */
	{ 39, 4, SHAPE_DEC },     /* GET_NO_NEW_PRIVS */
};

static const struct option *find_option(const struct hog_decoding *dec)
{
	uint64_t option = hog_decode_other(dec, 0);

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].option == option)
			return &options[i];
	return NULL;
}

static void add_comm(struct hog_decoding *dec, uint64_t addr)
{
	size_t limit = dec->limit;

	dec->limit = COMM_BYTES - 1;
	hog_decode_str(dec, addr, 0);
	dec->limit = limit;
}

void hog_decode_prctl_arg(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	const struct option *o = find_option(dec);
	bool out =
		o && (o->shape == SHAPE_STR_OUT || o->shape == SHAPE_INT_OUT);

	(void)param;
	if (o && o->n == 0)
		dec->drop = true;
	else if (dec->exiting && !out)
		dec->keep = true;
	else if (!o || (!dec->exiting && out) || o->shape == SHAPE_HEX)
		hog_text_hex(dec->out, value);
	else if (o->shape == SHAPE_SIGNAL)
		hog_decode_signal(dec, value, 0);
	else if (o->shape == SHAPE_STR || o->shape == SHAPE_STR_OUT)
		add_comm(dec, value);
	else if (o->shape == SHAPE_INT_OUT)
		hog_decode_int_out(dec, value, 0);
	else if (o->shape == SHAPE_CAP)
		hog_constant_add(dec->out, HOG_T_cap, value);
	else
		hog_text_dec(dec->out, (int64_t)value);
}

void hog_decode_prctl_more(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	const struct option *o = find_option(dec);

	(void)param;
	if (o && dec->arg - dec->call->args > o->n)
		dec->drop = true;
	else
		hog_text_hex(dec->out, value);
}

void hog_decode_uname(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	static const char *const names[] = { "sysname", "nodename", "release",
					     "version", "machine" };
	char fields[sizeof(names) / sizeof(*names)][NAME_MAX_BYTES];

	(void)param;
	if (!value || !hog_decode_read(dec, value, fields, sizeof(fields))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		hog_decode_add(dec, i ? ", " : "{");
		hog_decode_add(dec, names[i]);
		hog_buf_add_u8(dec->out, '=');
		hog_text_quoted(dec->out, fields[i],
				strnlen(fields[i], NAME_MAX_BYTES), false);
	}
	hog_decode_add(dec, ", ...}");
}

void hog_decode_sysinfo(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	/* uptime, loads[3], totalram, freeram */
	uint64_t words[6];

	(void)param;
	if (!value || !hog_decode_read(dec, value, words, sizeof(words))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{uptime=");
	hog_text_dec(dec->out, (int64_t)words[0]);
	for (int i = 0; i < 3; i++) {
		hog_decode_add(dec, i ? ", " : ", loads=[");
		hog_text_udec(dec->out, words[1 + i]);
	}
	hog_decode_add(dec, "], totalram=");
	hog_text_udec(dec->out, words[4]);
	hog_decode_add(dec, ", freeram=");
	hog_text_udec(dec->out, words[5]);
	hog_decode_add(dec, ", ...}");
}

void hog_decode_caphdr(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	uint32_t words[2]; /* version, pid */

	(void)param;
	if (!value || !hog_decode_read(dec, value, words, sizeof(words))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{version=");
	hog_constant_add(dec->out, HOG_T_cap_version, words[0]);
	hog_decode_add(dec, ", pid=");
	hog_text_dec(dec->out, (int32_t)words[1]);
	hog_buf_add_u8(dec->out, '}');
}

void hog_decode_capdata(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	static const char *const names[] = { "{effective=", ", permitted=",
					     ", inheritable=" };
	uint32_t words[6] = { 0 }, version;
	size_t size = sizeof(words);

	(void)param;
	/* The header says how much there is. */
	if (!hog_decode_read(dec, hog_decode_other(dec, 0), &version,
			     sizeof(version))) {
		hog_text_pointer(dec->out, value);
		return;
	}
	if (version == CAP_VERSION_1)
		size /= 2;
	if (!value || !hog_decode_read(dec, value, words, size)) {
		hog_decode_unreadable(dec, value);
		return;
	}
	for (int i = 0; i < 3; i++) {
		hog_decode_add(dec, names[i]);
		hog_text_hex(dec->out, words[i] | (uint64_t)words[i + 3] << 32);
	}
	hog_buf_add_u8(dec->out, '}');
}

/* struct sched_attr, of which newer kernels have more. */
void hog_decode_sched_attr(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} a;

	(void)param;
	if (!value || !hog_decode_read(dec, value, &a, sizeof(a))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_buf_printf(dec->out, "{size=%u, sched_policy=", a.size);
	hog_constant_add(dec->out, HOG_T_sched, a.policy);
	hog_decode_add(dec, ", sched_flags=");
	hog_constant_add_flags(dec->out, HOG_T_sched_flags, a.flags);
	hog_buf_printf(dec->out,
		       ", sched_nice=%d, sched_priority=%u, "
		       "sched_runtime=%llu, sched_deadline=%llu, "
		       "sched_period=%llu, ...}",
		       a.nice, a.priority, (unsigned long long)a.runtime,
		       (unsigned long long)a.deadline,
		       (unsigned long long)a.period);
}
