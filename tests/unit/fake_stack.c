/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE 0x30000
#define STRINGS 0x40000
#define CODES 0x200000
#define FUNCTIONS 0x300000
#define RETURN_VALUE 36 /* 3.13 */
#define CALL 53
#define NLOCALS 2
#define STACKSIZE 4
#define TRIES 3

static void put(unsigned char *at, int32_t field, uint64_t value, size_t len)
{
	memcpy(at + field, &value, len);
}

static void add_string(struct fake_stack *f, uint64_t addr, const char *text)
{
	const struct hog_pylayout *lay = &f->py.lay;
	unsigned char *p = fake_mem_add(&f->mem, addr, NULL, 256);

	put(p, lay->str_length, strlen(text), 8);
	put(p, lay->str_state, 1u << 2 | 1u << 5 | 1u << 6, 4);
	memcpy(p + lay->str_ascii_data, text, strlen(text));
}

static void add_code(struct fake_stack *f, unsigned i)
{
	const struct hog_pylayout *lay = &f->py.lay;
	uint64_t addr = CODES + i * 0x1000, strings = STRINGS + i * 0x1000;
	unsigned char *p = fake_mem_add(
		&f->mem, addr, NULL, (size_t)lay->code_size + FAKE_CODE_BYTES);
	char name[8];

	snprintf(name, sizeof(name), "f%u", i);
	add_string(f, strings, "app.py");
	add_string(f, strings + 0x400, name);
	put(p, lay->object_type - 8, 1, 8); /* references */
	put(p, lay->object_type, TYPE, 8);
	put(p, lay->bytes_size, FAKE_CODE_BYTES / 2, 8);
	put(p, lay->code_filename, strings, 8);
	put(p, lay->code_name, strings + 0x400, 8);
	put(p, lay->code_qualname, strings + 0x400, 8);
	put(p, lay->code_firstlineno, i + 1, 4);
	put(p, lay->code_nlocalsplus, NLOCALS, 4);
	put(p, lay->code_stacksize, STACKSIZE, 4);
	p[lay->code_code_adaptive + FAKE_AT_CALL] = CALL;
	p[lay->code_code_adaptive + FAKE_AT_RETURN] = RETURN_VALUE;
	f->code[i] = addr;
}

void fake_stack_init(struct fake_stack *f)
{
	bool guess;

	memset(f, 0, sizeof(*f));
	fake_mem_init(&f->mem);
	f->py.mem = &f->mem.mem;
	f->py.lay = *hog_pylayout_for(3, 13, false, &guess);
	f->py.sym.code_type = TYPE;
	for (unsigned i = 0; i < FAKE_CODES; i++)
		add_code(f, i);
	fake_mem_add(&f->mem, FAKE_TSTATE, NULL, (size_t)f->py.lay.tstate_size);
	fake_mem_add(&f->mem, FAKE_CHUNK, NULL, FAKE_CHUNK_SIZE);
	fake_mem_poke_u64(&f->mem, FAKE_TSTATE + f->py.lay.tstate_interp,
			  FAKE_INTERP);
	fake_mem_poke_u64(&f->mem,
			  FAKE_TSTATE + f->py.lay.tstate_datastack_chunk,
			  FAKE_CHUNK);
	fake_mem_poke_u64(&f->mem, FAKE_CHUNK + f->py.lay.chunk_size,
			  FAKE_CHUNK_SIZE);
	if (hog_pystacks_init(&f->stacks, &f->py) < 0)
		abort();
	f->reader = hog_pyreader_new(&f->stacks, FAKE_TSTATE);
}

void fake_stack_fini(struct fake_stack *f)
{
	hog_pyreader_free(f->reader);
	hog_pystacks_fini(&f->stacks);
	fake_mem_fini(&f->mem);
}

static uint64_t frame_bytes(const struct fake_stack *f)
{
	return (uint64_t)f->py.lay.iframe_localsplus +
	       8 * (NLOCALS + STACKSIZE);
}

uint64_t fake_stack_frame(struct fake_stack *f, uint64_t addr,
			  const struct fake_frame *frame)
{
	const struct hog_pylayout *lay = &f->py.lay;
	unsigned char bytes[256] = { 0 };

	put(bytes, lay->iframe_code, f->code[frame->code], 8);
	put(bytes, lay->iframe_func, FUNCTIONS + frame->code * 0x100, 8);
	put(bytes, lay->iframe_previous, frame->previous, 8);
	put(bytes, lay->iframe_instr,
	    f->code[frame->code] + (uint64_t)lay->code_code_adaptive +
		    (uint64_t)frame->at,
	    8);
	put(bytes, lay->iframe_stacktop, (uint32_t)frame->stacktop, 4);
	put(bytes, lay->iframe_return_offset, 8, 2);
	if (frame->callee >= 0)
		put(bytes, lay->iframe_localsplus + 8 * frame->stacktop,
		    FUNCTIONS + (uint64_t)frame->callee * 0x100, 8);
	fake_mem_poke(&f->mem, addr, bytes, frame_bytes(f));
	return addr + frame_bytes(f);
}

uint64_t fake_stack_addr(const struct fake_stack *f, unsigned i)
{
	return FAKE_CHUNK + (uint64_t)f->py.lay.chunk_data + 8 +
	       i * frame_bytes(f);
}

void fake_stack_chain(struct fake_stack *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		bool leaf = i + 1 == n;
		struct fake_frame frame = {
			.code = i,
			.previous = i ? fake_stack_addr(f, i - 1) : 0,
			.at = FAKE_AT_CALL,
			.stacktop = leaf ? -1 : NLOCALS,
			.callee = leaf ? -1 : (int)i + 1,
		};

		fake_stack_frame(f, fake_stack_addr(f, i), &frame);
	}
	fake_mem_poke_u64(&f->mem, FAKE_TSTATE + f->py.lay.tstate_current_frame,
			  fake_stack_addr(f, n - 1));
}

enum hog_pyverdict fake_stack_sample(struct fake_stack *f,
				     struct hog_pystack *ret)
{
	return hog_pyreader_sample(f->reader, TRIES, ret, NULL);
}
