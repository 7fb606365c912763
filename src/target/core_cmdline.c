/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A core's auxiliary vector and command line.  The notes hold 80 bytes of the
 * latter at most (gcore: less), with blanks for the ends of words.  The words
 * themselves stand where the kernel put them at exec, at the stack's far end:
 * argc, argv, NULL, environment, NULL, auxiliary vector, strings.
 */
#include "target/core_file.h"

#include <elf.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/cursor.h"
#include "target/impl.h"

#define STACK_TOP_MAX (8u << 20) /* of the stack's end that is looked at */
#define WORDS_MAX 65536
#define WORD_MAX 131072 /* the kernel's MAX_ARG_STRLEN */

uint64_t hog_core_auxv(const struct hog_core *core, uint64_t type)
{
	struct hog_cursor cur;

	hog_cursor_init(&cur, core->auxv, core->auxv_len);
	while (hog_cursor_left(&cur) >= 16) {
		uint64_t key = hog_cursor_u64(&cur);
		uint64_t value = hog_cursor_u64(&cur);

		if (key == type)
			return value;
		if (key == AT_NULL)
			break;
	}
	return 0;
}

static uint64_t word_at(const unsigned char *stack, size_t index)
{
	uint64_t value;

	memcpy(&value, stack + index * 8, 8);
	return le64toh(value);
}

/* Index of argv[0] in a piece of stack whose word `aux` begins the auxiliary
 * vector, and argc.  false: it does not look like the kernel's layout. */
static bool find_argv(const unsigned char *stack, size_t aux, size_t *ret_first,
		      size_t *ret_n)
{
	size_t at = aux, n = 0;

	if (at == 0 || word_at(stack, --at) != 0)
		return false;
	while (at > 0 && word_at(stack, --at) != 0)
		; /* the environment */
	while (at > 0 && word_at(stack, at - 1) != n) {
		if (word_at(stack, at - 1) == 0 || n == WORDS_MAX)
			return false;
		at--;
		n++;
	}
	if (at == 0 || n == 0)
		return false;
	*ret_first = at;
	*ret_n = n;
	return true;
}

static bool add_word(const struct hog_core *core, uint64_t addr,
		     struct hog_buf *out)
{
	char piece[256];
	size_t len = 0;

	while (len < WORD_MAX) {
		size_t got =
			hog_core_copy(core, addr + len, piece, sizeof(piece));
		const char *nul = memchr(piece, '\0', got);

		if (got == 0)
			return false;
		if (nul) {
			hog_buf_add(out, piece, (size_t)(nul - piece) + 1);
			return true;
		}
		hog_buf_add(out, piece, got);
		len += got;
	}
	return false;
}

static bool cmdline_of_stack(const struct hog_core *core, struct hog_buf *out)
{
	const struct hog_core_segment *seg =
		hog_core_segment(core, hog_core_auxv(core, AT_EXECFN));
	_cleanup_free_ unsigned char *stack = NULL;
	size_t len, first, n, aux = 0;
	uint64_t from;

	if (!seg || core->auxv_len < 32)
		return false;
	len = seg->filled < STACK_TOP_MAX ? (size_t)seg->filled : STACK_TOP_MAX;
	from = seg->start + ((seg->filled - len) & ~7ULL);
	stack = malloc(len + 8);
	if (!stack)
		return false;
	len = hog_core_copy(core, from, stack, len);
	while ((aux + 4) * 8 <= len &&
	       memcmp(stack + aux * 8, core->auxv, 32) != 0)
		aux++;
	if ((aux + 4) * 8 > len || !find_argv(stack, aux, &first, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!add_word(core, word_at(stack, first + i), out))
			return false;
	return true;
}

char **hog_core_cmdline(const struct hog_core *core)
{
	struct hog_buf words = { 0 };
	char **list;

	if (!cmdline_of_stack(core, &words)) {
		size_t len = strlen(core->args);

		hog_buf_clear(&words);
		while (len > 0 && core->args[len - 1] == ' ')
			len--;
		for (size_t i = 0; i < len; i++)
			hog_buf_add_u8(&words, core->args[i] == ' '
						       ? 0
						       : core->args[i]);
	}
	list = words.failed ? NULL
			    : hog_split_cmdline((char *)words.data, words.len);
	hog_buf_fini(&words);
	return list;
}
