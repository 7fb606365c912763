/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for descriptors: poll, select, epoll. */
#include "syscalls/decoding.h"

#include <elf.h>
#include <limits.h>
#include <string.h>

/* The kernel's own limit of select(), and of what we read for it. */
#define FDSET_BITS 1024

struct fd_poll { /* struct pollfd of any machine */
	int32_t fd;
	uint16_t events, revents;
};

void hog_decode_poll(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	struct fd_poll fds[HOG_ELEMENTS_MAX];
	uint64_t n = (uint32_t)hog_decode_other(dec, param);
	size_t shown = n < HOG_ELEMENTS_MAX ? (size_t)n : HOG_ELEMENTS_MAX;

	if (!value || !hog_decode_read(dec, value, fds, shown * sizeof(*fds))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	for (size_t i = 0; i < shown; i++) {
		hog_decode_add(dec, i ? ", {fd=" : "{fd=");
		hog_decode_add_fd(dec, fds[i].fd);
		if (fds[i].fd >= 0) {
			hog_decode_add(dec, ", events=");
			hog_constant_add_flags(dec->out, HOG_T_poll,
					       fds[i].events);
		}
		hog_buf_add_u8(dec->out, '}');
	}
	if (shown < n)
		hog_decode_add(dec, ", ...");
	hog_buf_add_u8(dec->out, ']');
}

static bool add_time_left(struct hog_decoding *dec, unsigned i)
{
	uint64_t words[2];
	uint64_t addr = hog_decode_other(dec, i);
	bool micro = strstr(dec->call->args[i].type, "timeval") != NULL;

	if (!dec->wide || !addr ||
	    !hog_decode_read(dec, addr, words, sizeof(words)))
		return false;
	hog_decode_add(dec, "left ");
	hog_decode_add_time(dec, words, micro ? "tv_usec" : "tv_nsec");
	return true;
}

/* "2 ([{fd=3, revents=POLLIN}], left {...})" */
void hog_decode_poll_result(struct hog_decoding *dec, uint64_t value,
			    unsigned param)
{
	struct fd_poll fds[HOG_ELEMENTS_MAX];
	uint64_t n = (uint32_t)hog_decode_other(dec, 1);
	size_t read = n < HOG_ELEMENTS_MAX ? (size_t)n : HOG_ELEMENTS_MAX;
	const char *before = " ([";

	(void)param;
	hog_text_dec(dec->out, (int64_t)value);
	if (value == 0) {
		hog_decode_add(dec, " (Timeout)");
		return;
	}
	if (!hog_decode_read(dec, hog_decode_other(dec, 0), fds,
			     read * sizeof(*fds)))
		return;
	for (size_t i = 0; i < read; i++) {
		if (!fds[i].revents)
			continue;
		hog_decode_add(dec, before);
		hog_decode_add(dec, "{fd=");
		hog_decode_add_fd(dec, fds[i].fd);
		hog_decode_add(dec, ", revents=");
		hog_constant_add_flags(dec->out, HOG_T_poll, fds[i].revents);
		hog_buf_add_u8(dec->out, '}');
		before = ", ";
	}
	if (before[0] != ',')
		return;
	hog_buf_add_u8(dec->out, ']');
	if (strcmp(dec->call->name, "poll") != 0 &&
	    hog_decode_other(dec, 2) != 0) {
		hog_decode_add(dec, ", ");
		add_time_left(dec, 2);
	}
	hog_buf_add_u8(dec->out, ')');
}

/* "[3 5]"; false when it cannot be read. */
static bool add_fdset(struct hog_decoding *dec, uint64_t addr, uint64_t nfds)
{
	unsigned char set[FDSET_BITS / CHAR_BIT] = { 0 };
	uint64_t n = nfds < FDSET_BITS ? nfds : FDSET_BITS;
	bool first = true;

	/* The kernel reads whole words. */
	if (!hog_decode_read(dec, addr, set, (size_t)(n + 63) / 64 * 8))
		return false;
	hog_buf_add_u8(dec->out, '[');
	for (unsigned i = 0; i < n; i++) {
		if (!(set[i / CHAR_BIT] >> (i % CHAR_BIT) & 1))
			continue;
		if (!first)
			hog_buf_add_u8(dec->out, ' ');
		hog_decode_add_fd(dec, (int)i);
		first = false;
	}
	hog_buf_add_u8(dec->out, ']');
	return true;
}

static uint64_t fdset_size(const struct hog_decoding *dec, unsigned i)
{
	int64_t n = (int64_t)hog_decode_other(dec, i);

	return n > 0 ? (uint64_t)n : 0;
}

void hog_decode_fdset(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	if (!value || !add_fdset(dec, value, fdset_size(dec, param)))
		hog_decode_unreadable(dec, value);
}

/* "1 (in [3], left {...})": the sets hold what is ready now. */
void hog_decode_select_result(struct hog_decoding *dec, uint64_t value,
			      unsigned param)
{
	static const char *const names[] = { "in ", "out ", "except " };
	const char *before = " (";

	(void)param;
	hog_text_dec(dec->out, (int64_t)value);
	if (value == 0) {
		hog_decode_add(dec, " (Timeout)");
		return;
	}
	for (unsigned i = 0; i < 3; i++) {
		uint64_t addr = hog_decode_other(dec, i + 1);
		size_t start = dec->out->len, text;

		if (!addr)
			continue;
		hog_decode_add(dec, before);
		hog_decode_add(dec, names[i]);
		text = dec->out->len;
		/* Nothing is said of a set in which nothing is ready. */
		if (!add_fdset(dec, addr, fdset_size(dec, 0)) ||
		    dec->out->len == text + strlen("[]"))
			dec->out->len = start;
		else
			before = ", ";
	}
	if (hog_decode_other(dec, 4)) {
		hog_decode_add(dec, before);
		if (!add_time_left(dec, 4))
			hog_decode_add(dec, "left ?");
		before = ", ";
	}
	if (before[0] == ',')
		hog_buf_add_u8(dec->out, ')');
}

/* 12 bytes on x86, where the structure is packed, 16 elsewhere. */
static size_t event_size(const struct hog_decoding *dec)
{
	unsigned machine = dec->call->raw.machine;

	return machine == EM_X86_64 || machine == EM_386 ? 12 : 16;
}

static void add_event(struct hog_decoding *dec, const unsigned char *bytes)
{
	uint32_t events;
	uint64_t data;

	memcpy(&events, bytes, sizeof(events));
	memcpy(&data, bytes + event_size(dec) - sizeof(data), sizeof(data));
	hog_decode_add(dec, "{events=");
	hog_constant_add_flags(dec->out, HOG_T_epoll, events);
	hog_decode_add(dec, ", data={u32=");
	hog_text_udec(dec->out, (uint32_t)data);
	hog_decode_add(dec, ", u64=");
	hog_text_udec(dec->out, data);
	hog_decode_add(dec, "}}");
}

void hog_decode_epoll_event(struct hog_decoding *dec, uint64_t value,
			    unsigned param)
{
	unsigned char event[16];

	/* EPOLL_CTL_DEL does not look at it. */
	if (hog_decode_other(dec, param) == 2)
		hog_text_pointer(dec->out, value);
	else if (!value || !hog_decode_read(dec, value, event, event_size(dec)))
		hog_decode_unreadable(dec, value);
	else
		add_event(dec, event);
}

void hog_decode_epoll_out(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	unsigned char events[HOG_ELEMENTS_MAX * 16];
	uint64_t n = (uint64_t)dec->call->raw.result;
	size_t shown = n < HOG_ELEMENTS_MAX ? (size_t)n : HOG_ELEMENTS_MAX;
	size_t size = event_size(dec);

	(void)param;
	if (!value || !hog_decode_read(dec, value, events, shown * size)) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	for (size_t i = 0; i < shown; i++) {
		if (i)
			hog_decode_add(dec, ", ");
		add_event(dec, events + i * size);
	}
	if (shown < n)
		hog_decode_add(dec, ", ...");
	hog_buf_add_u8(dec->out, ']');
}
