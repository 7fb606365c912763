/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any call with any arguments over a made-up memory: the input begins with the
 * machine, a limit, the number, the result and six arguments; the rest lies at
 * IMAGE.  What the call writes is there from the start, and changes once.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_image.h"
#include "syscalls/decode.h"

#define PAGE 4096u
#define MEMORY_MAX (16 * PAGE)

struct head {
	uint8_t machine, limit;
	uint16_t number;
	int32_t result;
	uint64_t args[HOG_CALL_ARGS];
};

static const unsigned machines[] = { EM_X86_64, EM_386, EM_AARCH64, EM_ARM };

static size_t name_fd(void *arg, int fd, char *buf, size_t size)
{
	(void)arg;
	memset(buf, 'f', size);
	return fd % 2 ? size : 0;
}

/* Everything that is said of an argument lies in the bytes of the call. */
static void check_argument(const struct hog_call *call,
			   const struct hog_callarg *arg)
{
	size_t len = call->bytes.len;

	if (!arg->name || !arg->type)
		abort();
	if (arg->text > len || arg->text_len > len - arg->text)
		abort();
	if (arg->kind == HOG_CALLARG_STRING &&
	    (arg->string > len || arg->string_len > len - arg->string))
		abort();
}

static void check(const struct hog_call *call)
{
	if (call->n > HOG_CALL_ARGS || call->bytes.failed)
		abort();
	for (unsigned i = 0; i < call->n; i++)
		check_argument(call, &call->args[i]);
	if (call->exited)
		check_argument(call, &call->result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct head head;
	static unsigned char memory[MEMORY_MAX];
	struct image im;
	struct hog_call call = { 0 };

	if (size < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	size -= sizeof(head);
	if (size > MEMORY_MAX)
		return 0;
	memset(memory, 0, sizeof(memory));
	memcpy(memory, data, size);
	/* Whole pages, as a process has them. */
	im = image_of(memory, (size + PAGE - 1) / PAGE * PAGE);

	const struct hog_calldecoder d = {
		.mem = &im.mem,
		.string_limit = head.limit,
		.fd = name_fd,
	};
	struct hog_syscall raw = { .machine = machines[head.machine % 4],
				   .number = head.number % 600 };

	memcpy(raw.args, head.args, sizeof(raw.args));
	hog_call_enter(&call, &d, &raw);
	check(&call);
	/* Between entry and exit the program may have changed anything. */
	if (head.machine & 0x80)
		memory[head.limit] ^= 0xff;
	hog_call_exit(&call, &d, head.result);
	check(&call);
	hog_call_fini(&call);
	return 0;
}
