/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the decoders of this room share.  One decodes one argument: it gets the
 * value, writes text, and may say more about the argument.  Which one is for
 * what: kinds.inc.
 */
#ifndef HOG_SYSCALLS_DECODING_H
#define HOG_SYSCALLS_DECODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "syscalls/constants.h"
#include "syscalls/decode.h"
#include "syscalls/text.h"

/* The most elements that are shown of an array. */
#define HOG_ELEMENTS_MAX 32
/* The most bytes of a path, and of a string that is shown whole. */
#define HOG_PATH_MAX 4096

struct hog_decoding {
	const struct hog_calldecoder *d;
	struct hog_call *call;
	struct hog_callarg *arg; /* the one that is being decoded */
	struct hog_buf *out;     /* its text */
	size_t limit;            /* bytes shown of a string or buffer */
	bool wide;               /* a 64-bit call: words have 8 bytes */
	bool wide_time;          /* times have words of 8 bytes */
	bool exiting;
	uint32_t old_text; /* at the exit: where the text of the entry is */
	bool keep;         /* at the exit: what was said at the entry holds */
	bool drop;         /* this argument and those behind it mean nothing */
};

typedef void (*hog_decode_fn)(struct hog_decoding *dec, uint64_t value,
			      unsigned param);

/* --- reading (decode_memory.c): true when all of it could be read --- */
bool hog_decode_read(struct hog_decoding *dec, uint64_t addr, void *buf,
		     size_t len);
/* As much as there is up to len; -EFAULT when not a byte. */
ssize_t hog_decode_some(struct hog_decoding *dec, uint64_t addr, void *buf,
			size_t len);
/* Bytes up to a NUL, at most cap; *ret_whole says that the NUL was there.
 * -EFAULT when not a byte could be read. */
ssize_t hog_decode_cstr(struct hog_decoding *dec, uint64_t addr, char *buf,
			size_t cap, bool *ret_whole);
/* Bytes of a buffer, as many as are shown: on the stack when they are few. */
struct hog_piece {
	char small[HOG_PATH_MAX];
	char *large, *bytes;
};

/* How many came, or -EFAULT.  hog_decode_drop() in any case. */
ssize_t hog_decode_take(struct hog_decoding *dec, uint64_t addr, uint64_t len,
			struct hog_piece *piece);
void hog_decode_drop(struct hog_piece *piece);
size_t hog_decode_word_size(const struct hog_decoding *dec);
bool hog_decode_word(struct hog_decoding *dec, uint64_t addr, uint64_t *ret);
/* The word at index i of words read from the target. */
uint64_t hog_decode_word_at(const struct hog_decoding *dec, const void *words,
			    size_t i);

/* --- saying --- */
/* The address; the argument counts as unreadable. */
void hog_decode_unreadable(struct hog_decoding *dec, uint64_t addr);
/* The argument is these bytes; goes before its text. */
void hog_decode_is_string(struct hog_decoding *dec, const void *bytes,
			  size_t len);
/* "3</etc/hosts>" */
void hog_decode_add_fd(struct hog_decoding *dec, int fd);
/* A string of the target in quotation marks, or its address. */
void hog_decode_add_str(struct hog_decoding *dec, uint64_t addr, size_t limit);
/* len bytes of the target, cut at the limit, or their address. */
void hog_decode_add_buffer(struct hog_decoding *dec, uint64_t addr,
			   uint64_t len);
void hog_decode_add_sockaddr(struct hog_decoding *dec, uint64_t addr,
			     uint64_t len);
/* Vectors of at most total bytes (UINT64_MAX: as they say). */
void hog_decode_add_iovec(struct hog_decoding *dec, uint64_t addr, uint64_t n,
			  uint64_t total, bool contents);
void hog_decode_add_mode(struct hog_decoding *dec, uint32_t mode);
void hog_decode_add_dev(struct hog_decoding *dec, uint64_t dev);
/* "tv_sec" and "tv_nsec" or "tv_usec" at words. */
void hog_decode_add_time(struct hog_decoding *dec, const uint64_t words[2],
			 const char *fraction);
static inline void hog_decode_add(struct hog_decoding *dec, const char *text)
{
	hog_buf_add_str(dec->out, text);
}

/* Value of another argument as the kernel got it. */
uint64_t hog_decode_other(const struct hog_decoding *dec, unsigned i);

/* --- the decoders --- */
#define KIND(name, when, function)                                             \
	void hog_decode_##function(struct hog_decoding *dec, uint64_t value,   \
				   unsigned param);
#include "syscalls/kinds.inc"
#undef KIND

#endif
