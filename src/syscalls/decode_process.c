/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: their programs, ends, limits, clone3. */
#include "syscalls/decoding.h"

#include <string.h>
#include <sys/wait.h>

/* Arguments of a program: this many, of this many bytes each, until the text
 * is this long. */
#define ARGS_MAX 64
#define ARG_BYTES_MAX 1024
#define ARGS_TEXT_MAX 8192
/* Variables of an environment are counted up to this. */
#define ENV_MAX 4096
#define ENV_PIECE 64

/* Words at addr, as many as there are; -1: none can be read. */
static ssize_t read_words(struct hog_decoding *dec, uint64_t addr, void *words,
			  size_t n)
{
	size_t size = hog_decode_word_size(dec);
	ssize_t got = hog_decode_some(dec, addr, words, n * size);

	return got < (ssize_t)size ? -1 : got / (ssize_t)size;
}

void hog_decode_argv(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	unsigned char words[ARGS_MAX * 8];
	size_t start = dec->out->len;
	ssize_t n = value ? read_words(dec, value, words, ARGS_MAX) : -1;
	ssize_t i;

	(void)param;
	if (n < 0) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	for (i = 0; i < n; i++) {
		uint64_t at = hog_decode_word_at(dec, words, (size_t)i);

		if (!at || dec->out->len - start > ARGS_TEXT_MAX)
			break;
		if (i)
			hog_decode_add(dec, ", ");
		hog_decode_add_str(dec, at, ARG_BYTES_MAX);
	}
	if (i == n || hog_decode_word_at(dec, words, (size_t)i))
		hog_decode_add(dec, i ? ", ..." : "...");
	hog_buf_add_u8(dec->out, ']');
}

/* How many variables, which one is nobody's business. */
void hog_decode_envp(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	unsigned char words[ENV_PIECE * 8];
	unsigned count = 0;
	bool ended = value == 0;

	(void)param;
	hog_text_pointer(dec->out, value);
	while (!ended && count < ENV_MAX) {
		uint64_t at = value + count * hog_decode_word_size(dec);
		ssize_t n = read_words(dec, at, words, ENV_PIECE);

		if (n < 0) {
			if (count == 0)
				dec->arg->kind = HOG_CALLARG_NONE;
			return;
		}
		for (ssize_t i = 0; i < n && !ended; i++) {
			ended = !hog_decode_word_at(dec, words, (size_t)i);
			count += !ended;
		}
	}
	if (value == 0)
		return;
	hog_decode_add(dec, " /* ");
	hog_text_udec(dec->out, count);
	hog_decode_add(dec, count == 1 ? " var" : " vars");
	hog_decode_add(dec, ended ? " */" : " and more */");
}

static void add_status(struct hog_decoding *dec, int status)
{
	if (WIFEXITED(status)) {
		hog_decode_add(dec, "WIFEXITED(s) && WEXITSTATUS(s) == ");
		hog_text_dec(dec->out, WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		hog_decode_add(dec, "WIFSIGNALED(s) && WTERMSIG(s) == ");
		hog_decode_signal(dec, (unsigned)WTERMSIG(status), 0);
		if (WCOREDUMP(status))
			hog_decode_add(dec, " && WCOREDUMP(s)");
	} else if (WIFSTOPPED(status)) {
		hog_decode_add(dec, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
		hog_decode_signal(dec, (unsigned)WSTOPSIG(status) & 0x7f, 0);
		if (WSTOPSIG(status) & 0x80)
			hog_decode_add(dec, " | 0x80");
	} else if (WIFCONTINUED(status)) {
		hog_decode_add(dec, "WIFCONTINUED(s)");
	} else {
		hog_text_hex(dec->out, (unsigned)status);
	}
}

void hog_decode_wstatus(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	int status;

	(void)param;
	/* 0: WNOHANG, and nobody has ended. */
	if (!value || dec->call->raw.result == 0) {
		hog_text_pointer(dec->out, value);
		return;
	}
	if (!hog_decode_read(dec, value, &status, sizeof(status))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "[{");
	add_status(dec, status);
	hog_decode_add(dec, "}]");
}

void hog_decode_rusage(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	uint64_t words[4];

	(void)param;
	if (!value || !hog_decode_read(dec, value, words, sizeof(words))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{ru_utime=");
	hog_decode_add_time(dec, words, "tv_usec");
	hog_decode_add(dec, ", ru_stime=");
	hog_decode_add_time(dec, words + 2, "tv_usec");
	hog_decode_add(dec, ", ...}");
}

static void add_limit(struct hog_decoding *dec, uint64_t value)
{
	bool large = strcmp(dec->call->name, "prlimit64") == 0;

	if (value == UINT64_MAX) {
		hog_decode_add(dec,
			       large ? "RLIM64_INFINITY" : "RLIM_INFINITY");
	} else if (value > 1024 && value % 1024 == 0) {
		hog_text_udec(dec->out, value / 1024);
		hog_decode_add(dec, "*1024");
	} else {
		hog_text_udec(dec->out, value);
	}
}

void hog_decode_rlimit(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	uint64_t words[2];

	(void)param;
	if (!value || !hog_decode_read(dec, value, words, sizeof(words))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{rlim_cur=");
	add_limit(dec, words[0]);
	hog_decode_add(dec, ", rlim_max=");
	add_limit(dec, words[1]);
	hog_buf_add_u8(dec->out, '}');
}

/* struct clone_args, in the order of its words. */
enum {
	CLONE_FLAGS,
	CLONE_PIDFD_AT,
	CLONE_CHILD_TID,
	CLONE_PARENT_TID,
	CLONE_EXIT_SIGNAL,
	CLONE_STACK,
	CLONE_STACK_SIZE,
	CLONE_TLS,
	CLONE_SET_TID,
	CLONE_SET_TID_SIZE,
	CLONE_CGROUP,
	CLONE_WORDS,
};

#define WANTS_PIDFD 0x1000u
#define WANTS_PARENT_TID 0x100000u

static void add_word(struct hog_decoding *dec, const char *name, uint64_t word,
		     bool always)
{
	if (!word && !always)
		return;
	hog_decode_add(dec, ", ");
	hog_decode_add(dec, name);
	hog_buf_add_u8(dec->out, '=');
	hog_text_pointer(dec->out, word);
}

static void add_clone(struct hog_decoding *dec, const uint64_t w[CLONE_WORDS])
{
	hog_decode_add(dec, "{flags=");
	hog_constant_add_flags(dec->out, HOG_T_clone, w[CLONE_FLAGS]);
	if (w[CLONE_FLAGS] & WANTS_PIDFD)
		add_word(dec, "pidfd", w[CLONE_PIDFD_AT], true);
	add_word(dec, "child_tid", w[CLONE_CHILD_TID], false);
	add_word(dec, "parent_tid", w[CLONE_PARENT_TID], false);
	hog_decode_add(dec, ", exit_signal=");
	hog_decode_signal(dec, w[CLONE_EXIT_SIGNAL], 0);
	add_word(dec, "stack", w[CLONE_STACK], true);
	hog_decode_add(dec, ", stack_size=");
	hog_text_hex(dec->out, w[CLONE_STACK_SIZE]);
	add_word(dec, "tls", w[CLONE_TLS], false);
	add_word(dec, "set_tid", w[CLONE_SET_TID], false);
	if (w[CLONE_CGROUP]) {
		hog_decode_add(dec, ", cgroup=");
		hog_decode_add_fd(dec, (int)w[CLONE_CGROUP]);
	}
	hog_buf_add_u8(dec->out, '}');
}

/* What the parent finds where it asked for it. */
static void add_born(struct hog_decoding *dec, const uint64_t w[CLONE_WORDS])
{
	const char *before = " => {";
	int32_t number;

	if (w[CLONE_FLAGS] & WANTS_PIDFD &&
	    hog_decode_read(dec, w[CLONE_PIDFD_AT], &number, sizeof(number))) {
		hog_decode_add(dec, " => {pidfd=[");
		hog_decode_add_fd(dec, number);
		hog_buf_add_u8(dec->out, ']');
		before = ", ";
	}
	if (w[CLONE_FLAGS] & WANTS_PARENT_TID &&
	    hog_decode_read(dec, w[CLONE_PARENT_TID], &number,
			    sizeof(number))) {
		hog_decode_add(dec, before);
		hog_decode_add(dec, "parent_tid=[");
		hog_text_dec(dec->out, number);
		hog_buf_add_u8(dec->out, ']');
		before = ", ";
	}
	if (before[0] == ',')
		hog_buf_add_u8(dec->out, '}');
}

/* param: the argument with the size of the structure, which grows. */
void hog_decode_clone_args(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	uint64_t w[CLONE_WORDS] = { 0 };
	uint64_t size = hog_decode_other(dec, param);

	/* 0: it is the child that comes back. */
	if (dec->exiting && dec->call->raw.result == 0) {
		dec->keep = true;
		return;
	}
	if (size > sizeof(w))
		size = sizeof(w);
	if (!value || size < (CLONE_TLS + 1) * sizeof(*w) ||
	    !hog_decode_read(dec, value, w, (size_t)size)) {
		hog_decode_unreadable(dec, value);
		return;
	}
	add_clone(dec, w);
	if (dec->exiting)
		add_born(dec, w);
}
