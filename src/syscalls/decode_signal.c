/* SPDX-License-Identifier: Apache-2.0 */
/* Signals: sets, actions, what came with one. */
#include "syscalls/decoding.h"

#include <elf.h>
#include <signal.h>
#include <string.h>

/* The kernel has 64 signals. */
#define SIGNALS 64

#define SA_RESTORER_FLAG 0x04000000

/* Signals of a set without "SIG", as strace has them. */
static void add_signal(struct hog_decoding *dec, unsigned number)
{
	size_t start = dec->out->len;

	hog_decode_signal(dec, number, 0);
	if (dec->out->failed || dec->out->len < start + 3 ||
	    memcmp(dec->out->data + start, "SIG", 3) != 0)
		return;
	memmove(dec->out->data + start, dec->out->data + start + 3,
		dec->out->len - start - 3);
	dec->out->len -= 3;
}

static void add_set(struct hog_decoding *dec, uint64_t set)
{
	bool first = true, most = __builtin_popcountll(set) > SIGNALS * 2 / 3;

	/* "~[KILL]" is all but one. */
	if (most) {
		hog_buf_add_u8(dec->out, '~');
		set = ~set;
	}
	hog_buf_add_u8(dec->out, '[');
	for (unsigned i = 0; i < SIGNALS; i++) {
		if (!(set >> i & 1))
			continue;
		if (!first)
			hog_buf_add_u8(dec->out, ' ');
		add_signal(dec, i + 1);
		first = false;
	}
	hog_buf_add_u8(dec->out, ']');
}

/* param: the argument with the size of the set, which is 8. */
void hog_decode_sigset(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	uint64_t set;

	/* io_uring_enter() takes something else when it is asked to. */
	if (hog_decode_other(dec, param) != sizeof(set) && value) {
		hog_text_pointer(dec->out, value);
		return;
	}
	if (!value || !hog_decode_read(dec, value, &set, sizeof(set)))
		hog_decode_unreadable(dec, value);
	else
		add_set(dec, set);
}

/* pselect6(): a pointer to a pointer and a size. */
void hog_decode_sigset_pair(struct hog_decoding *dec, uint64_t value,
			    unsigned param)
{
	uint64_t pair[2], set;

	(void)param;
	if (!value || !hog_decode_read(dec, value, pair, sizeof(pair))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{sigmask=");
	if (pair[0] && pair[1] == sizeof(set) &&
	    hog_decode_read(dec, pair[0], &set, sizeof(set)))
		add_set(dec, set);
	else
		hog_text_pointer(dec->out, pair[0]);
	hog_decode_add(dec, ", sigsetsize=");
	hog_text_udec(dec->out, pair[1]);
	hog_buf_add_u8(dec->out, '}');
}

void hog_decode_sigaction(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	/* handler, flags, restorer, mask; aarch64 has a restorer too. */
	uint64_t words[4];

	(void)param;
	if (!value || !hog_decode_read(dec, value, words, sizeof(words))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{sa_handler=");
	if (words[0] <= 1)
		hog_decode_add(dec, words[0] ? "SIG_IGN" : "SIG_DFL");
	else
		hog_text_hex(dec->out, words[0]);
	hog_decode_add(dec, ", sa_mask=");
	add_set(dec, words[3]);
	hog_decode_add(dec, ", sa_flags=");
	hog_constant_add_flags(dec->out, HOG_T_sa, words[1]);
	if (words[1] & SA_RESTORER_FLAG) {
		hog_decode_add(dec, ", sa_restorer=");
		hog_text_pointer(dec->out, words[2]);
	}
	hog_buf_add_u8(dec->out, '}');
}

static void add_child(struct hog_decoding *dec, const siginfo_t *info)
{
	hog_decode_add(dec, ", si_pid=");
	hog_text_dec(dec->out, info->si_pid);
	hog_decode_add(dec, ", si_uid=");
	hog_text_udec(dec->out, info->si_uid);
	hog_decode_add(dec, ", si_status=");
	if (info->si_code == CLD_EXITED)
		hog_text_dec(dec->out, info->si_status);
	else
		hog_decode_signal(dec, (unsigned)info->si_status, 0);
}

void hog_decode_siginfo(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	siginfo_t info;

	(void)param;
	if (!value || !hog_decode_read(dec, value, &info, sizeof(info))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	/* waitid(WNOHANG) with nobody to wait for. */
	if (info.si_signo == 0) {
		hog_decode_add(dec, "{}");
		return;
	}

	bool child = info.si_signo == SIGCHLD && info.si_code > 0;

	hog_decode_add(dec, "{si_signo=");
	hog_decode_signal(dec, (unsigned)info.si_signo, 0);
	hog_decode_add(dec, ", si_code=");
	hog_constant_add(dec->out, child ? HOG_T_cld_code : HOG_T_si_code,
			 (uint64_t)(int64_t)info.si_code);
	if (child) {
		add_child(dec, &info);
	} else if (info.si_code == SI_USER || info.si_code == SI_TKILL ||
		   info.si_code == SI_QUEUE) {
		hog_decode_add(dec, ", si_pid=");
		hog_text_dec(dec->out, info.si_pid);
		hog_decode_add(dec, ", si_uid=");
		hog_text_udec(dec->out, info.si_uid);
	}
	hog_buf_add_u8(dec->out, '}');
}

void hog_decode_sigstack(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	uint64_t words[3]; /* ss_sp, ss_flags, ss_size */

	(void)param;
	if (!value || !hog_decode_read(dec, value, words, sizeof(words))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{ss_sp=");
	hog_text_pointer(dec->out, words[0]);
	hog_decode_add(dec, ", ss_flags=");
	hog_constant_add_flags(dec->out, HOG_T_sigstack, (uint32_t)words[1]);
	hog_decode_add(dec, ", ss_size=");
	hog_text_udec(dec->out, words[2]);
	hog_buf_add_u8(dec->out, '}');
}

/* How a timer or a queue tells that its time has come. */
void hog_decode_sigevent(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	struct {
		uint64_t value;
		int32_t signal, notify, tid, pad;
	} ev;

	(void)param;
	if (!value || !hog_decode_read(dec, value, &ev, sizeof(ev))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{sigev_value=");
	hog_text_hex(dec->out, ev.value);
	hog_decode_add(dec, ", sigev_signo=");
	hog_decode_signal(dec, (uint32_t)ev.signal, 0);
	hog_decode_add(dec, ", sigev_notify=");
	hog_constant_add(dec->out, HOG_T_sigev, (uint32_t)ev.notify);
	if (ev.notify == SIGEV_THREAD_ID) {
		hog_decode_add(dec, ", sigev_notify_thread_id=");
		hog_text_dec(dec->out, ev.tid);
	}
	hog_buf_add_u8(dec->out, '}');
}
