/* SPDX-License-Identifier: Apache-2.0 */
#include "python/code.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fake_mem.h"
#include "python/python.h"
#include "python/stack.h"

#define TYPE 0x5000
#define CODE 0x100000
#define STRINGS 0x200000 /* filename, name, qualname: a page each */
#define LINES 0x300000
#define BYTECODE 0x400000
#define UNITS 20

static struct fake_mem fake;
static struct hog_python py;
static struct hog_pycodes *codes;

static void use(const struct hog_pylayout *lay)
{
	fake_mem_init(&fake);
	py = (struct hog_python){ .mem = &fake.mem, .lay = *lay };
	py.sym.code_type = TYPE;
	codes = hog_pycodes_new(&py);
}

static void done(void)
{
	hog_pycodes_free(codes);
	codes = NULL;
	fake_mem_fini(&fake);
}

static void put(void *at, int32_t field, uint64_t value, size_t len)
{
	if (field != HOG_NO_FIELD)
		memcpy((char *)at + field, &value, len);
}

static void add_str(uint64_t addr, const char *text)
{
	const struct hog_pylayout *lay = &py.lay;
	bool bytes = lay->strings == HOG_PYSTR_27;
	int32_t data = bytes ? lay->bytes_data : lay->str_ascii_data;
	uint32_t state = 1u << 2 | 1u << 5 | 1u << 6 | 1u << 7;
	char *p = fake_mem_add(&fake, addr, NULL,
			       (size_t)data + strlen(text) + 1);

	if (lay->strings == HOG_PYSTR_FT314)
		state = 1u << 8 | 1u << 11 | 1u << 12;
	put(p, bytes ? lay->bytes_size : lay->str_length, strlen(text), 8);
	put(p, lay->str_state, state, 4);
	strcpy(p + data, text);
}

static void add_bytes(uint64_t addr, const void *data, size_t len)
{
	char *p = fake_mem_add(&fake, addr, NULL,
			       (size_t)py.lay.bytes_data + len);

	put(p, py.lay.bytes_size, len, 8);
	memcpy(p + py.lay.bytes_data, data, len);
}

/* The object alone, at addr, with all it points to elsewhere. */
static unsigned char *add_object(uint64_t addr)
{
	const struct hog_pylayout *lay = &py.lay;
	unsigned char *p = fake_mem_add(&fake, addr, NULL,
					(size_t)lay->code_size + 2 * UNITS);

	put(p, lay->object_type - 8, 1, 8); /* references */
	put(p, lay->object_type, TYPE, 8);
	put(p, lay->code_filename, STRINGS, 8);
	put(p, lay->code_name, STRINGS + 0x1000, 8);
	put(p, lay->code_qualname, STRINGS + 0x2000, 8);
	put(p, lay->code_firstlineno, 7, 4);
	put(p, lay->code_flags, HOG_CO_GENERATOR, 4);
	put(p, lay->code_linetable, LINES, 8);
	put(p, lay->code_code, BYTECODE, 8);
	put(p, lay->code_nlocals, 3, 4);
	put(p, lay->code_nlocalsplus, 3, 4);
	put(p, lay->code_stacksize, 5, 4);
	put(p, lay->code_firsttraceable, 2, 4);
	if (lay->frames != HOG_PYFRAMES_HEAP) {
		put(p, lay->bytes_size, UNITS, 8);
		memset(p + lay->code_code_adaptive, 0x42, 2 * UNITS);
	}
	return p;
}

static void add_rest(void)
{
	static const unsigned char lnotab[] = { 0, 1, 8, 1 };
	static const unsigned char linetable[] = { 8, 1, 2 * UNITS - 8, 1 };
	/* line + 1 for 4 units, then two times line + 1 for 8 */
	static const unsigned char locations[] = { 0xdb, 1,    2, 0xdf, 3,
						   4,    0xdf, 3, 4 };
	unsigned char bytecode[2 * UNITS];

	add_str(STRINGS, "/srv/app.py");
	add_str(STRINGS + 0x1000, "run");
	add_str(STRINGS + 0x2000, "App.run");
	memset(bytecode, 0x42, sizeof(bytecode));
	if (py.lay.lines == HOG_PYLINES_LOCATIONS)
		add_bytes(LINES, locations, sizeof(locations));
	else if (py.lay.lines == HOG_PYLINES_LINETABLE_310)
		add_bytes(LINES, linetable, sizeof(linetable));
	else
		add_bytes(LINES, lnotab, sizeof(lnotab));
	if (py.lay.frames == HOG_PYFRAMES_HEAP)
		add_bytes(BYTECODE, bytecode, sizeof(bytecode));
}

static const struct hog_pylayout *table(unsigned minor)
{
	bool guess;

	return hog_pylayout_for(3, minor, false, &guess);
}

static void setup(void)
{
	use(table(14));
	add_object(CODE);
	add_rest();
}

TestSuite(code, .init = setup, .fini = done);

static void check_all(const struct hog_pylayout *lay)
{
	const struct hog_pycode *c;
	struct hog_pyplace place;

	use(lay);
	add_object(CODE);
	add_rest();
	c = hog_pycodes_get(codes, CODE);
	cr_assert_not_null(c, "%s", lay->name);
	cr_expect_str_eq(c->filename, "/srv/app.py");
	cr_expect_str_eq(c->name, "run");
	cr_expect_str_eq(c->qualname, lay->code_qualname == HOG_NO_FIELD
					      ? "run"
					      : "App.run");
	cr_expect_eq(c->flags, HOG_CO_GENERATOR);
	cr_expect_eq(c->code_len, 2 * UNITS, "%s", lay->name);
	cr_expect_eq(c->code[c->code_len - 1], 0x42);
	cr_expect_not(c->degraded, "%s", lay->name);
	hog_pycode_place(&py, c, 10, &place);
	cr_expect_eq(place.line, 9, "%s: %d", lay->name, place.line);
	done();
}

Test(code, is_read_in_every_layout)
{
	done();
	for (size_t i = 0; hog_pylayouts[i]; i++)
		check_all(hog_pylayouts[i]);
	use(table(14));
}

Test(code, is_read_in_three_system_calls_at_most)
{
	hog_pycodes_get(codes, CODE);
	/* Each object ends with its mapping here: one more for each, which a
	 * live heap does not cost. */
	cr_expect_leq(fake.mem.reads, 3 + 5);
	fake.mem.reads = 0;
	hog_pycodes_get(codes, CODE);
	cr_expect_eq(fake.mem.reads, 0);
}

Test(code, frame_size_counts_slots_and_stack)
{
	const struct hog_pycode *c = hog_pycodes_get(codes, CODE);

	cr_expect_eq(c->frame_bytes,
		     8 * (3 + 5) + (uint32_t)py.lay.iframe_localsplus);
	cr_expect_eq(c->firsttraceable, 4);
	cr_expect_eq(c->code_start, CODE + (uint64_t)py.lay.code_code_adaptive);
}

Test(code, other_objects_are_none)
{
	fake_mem_poke_u64(&fake, CODE + (uint64_t)py.lay.object_type, 0x6000);
	cr_expect_null(hog_pycodes_get(codes, CODE));
	cr_expect_null(hog_pycodes_get(codes, 0x9999000));
}

/* The first word of freed memory is the allocator's: none, or the next block. */
Test(code, freed_objects_are_none)
{
	const uint64_t words[] = { 0, 0x7f1234567800, 0x55550000a000 };

	for (unsigned i = 0; i < 3; i++) {
		fake_mem_poke_u64(&fake,
				  CODE + (uint64_t)py.lay.object_type - 8,
				  words[i]);
		cr_expect_null(hog_pycodes_get(codes, CODE));
	}
}

/* 3.12 and later count no references of what lives for ever. */
Test(code, immortal_objects_are_held)
{
	const uint64_t words[] = { 0xffffffff, 0x3fffffff, 0x00800000c0000000 };

	for (unsigned i = 0; i < 3; i++) {
		fake_mem_poke_u64(&fake,
				  CODE + (uint64_t)py.lay.object_type - 8,
				  words[i]);
		cr_expect_not_null(hog_pycodes_get(codes, CODE));
	}
}

Test(code, absurd_counts_are_no_code_object)
{
	fake_mem_poke_u32(&fake, CODE + (uint64_t)py.lay.code_stacksize,
			  0x7fffffff);
	cr_expect_null(hog_pycodes_get(codes, CODE));
}

Test(code, unreadable_name_degrades_and_does_not_drop)
{
	const struct hog_pycode *c;

	fake_mem_poke_u64(&fake, CODE + (uint64_t)py.lay.code_name, 0x123000);
	c = hog_pycodes_get(codes, CODE);
	cr_assert_not_null(c);
	cr_expect_str_eq(c->name, "?");
	cr_expect_str_eq(c->filename, "/srv/app.py");
	cr_expect(c->degraded);
}

Test(code, long_line_table_is_read_whole)
{
	static unsigned char table[70000];
	const struct hog_pycode *c;

	for (size_t i = 0; i < sizeof(table); i += 2) {
		table[i] = 0x80;
		table[i + 1] = 0x11;
	}
	add_bytes(0x500000, table, sizeof(table));
	fake_mem_poke_u64(&fake, CODE + (uint64_t)py.lay.code_linetable,
			  0x500000);
	c = hog_pycodes_get(codes, CODE);
	cr_assert_not_null(c);
	cr_expect_eq(c->lines_len, sizeof(table));
	cr_expect_not(c->degraded);
}

Test(code, instruction_leads_back_to_its_code)
{
	const struct hog_pycode *c = hog_pycodes_get(codes, CODE);

	cr_expect_eq(hog_pycodes_by_instr(codes, c->code_start), c);
	cr_expect_eq(hog_pycodes_by_instr(codes, c->code_start + 39), c);
	cr_expect_null(hog_pycodes_by_instr(codes, c->code_start + 40));
	cr_expect_null(hog_pycodes_by_instr(codes, c->code_start - 1));
}

Test(code, newer_code_in_the_same_memory_gets_the_instructions)
{
	const struct hog_pycode *old = hog_pycodes_get(codes, CODE), *new;
	uint64_t instr = old->code_start + 16;

	fake_mem_fini(&fake);
	fake_mem_init(&fake);
	add_object(CODE + 16);
	add_rest();
	new = hog_pycodes_get(codes, CODE + 16);
	cr_assert_not_null(new);
	cr_expect_eq(hog_pycodes_by_instr(codes, instr), new);
	cr_expect_eq(hog_pycodes_recheck(codes, 10), 1);
	cr_expect_eq(hog_pycodes_by_instr(codes, instr), new);
}

Test(code, recheck_forgets_what_holds_something_else)
{
	uint32_t serial;

	add_object(CODE + 0x1000);
	add_object(CODE + 0x2000);
	for (uint64_t i = 0; i < 3; i++)
		cr_assert_not_null(hog_pycodes_get(codes, CODE + i * 0x1000));
	serial = hog_pycodes_peek(codes, CODE + 0x1000)->serial;
	cr_expect_eq(hog_pycodes_recheck(codes, 100), 0);
	fake_mem_poke_u32(&fake,
			  CODE + 0x1000 + (uint64_t)py.lay.code_firstlineno, 8);
	cr_expect_eq(hog_pycodes_recheck(codes, 100), 1);
	cr_expect_eq(hog_pycodes_epoch(codes), 1);
	cr_expect_null(hog_pycodes_peek(codes, CODE + 0x1000));
	cr_expect_not_null(hog_pycodes_peek(codes, CODE + 0x2000));
	cr_expect_gt(hog_pycodes_get(codes, CODE + 0x1000)->serial, serial);
}

Test(code, recheck_takes_entries_in_turn)
{
	const int32_t line = py.lay.code_firstlineno;
	unsigned forgotten = 0;

	for (uint64_t i = 1; i < 10; i++)
		add_object(CODE + i * 0x1000);
	for (uint64_t i = 0; i < 10; i++)
		hog_pycodes_get(codes, CODE + i * 0x1000);
	fake_mem_poke_u32(&fake, CODE + 0x9000 + (uint64_t)line, 8);
	for (unsigned i = 0; i < 5; i++)
		forgotten += hog_pycodes_recheck(codes, 2);
	cr_expect_eq(forgotten, 1);
}

Test(code, unmapped_entry_does_not_hide_those_behind_it)
{
	add_object(CODE + 0x1000);
	hog_pycodes_get(codes, CODE);
	hog_pycodes_get(codes, CODE + 0x1000);
	fake.segs[0].addr = 0x7000000; /* CODE is gone */
	cr_expect_eq(hog_pycodes_recheck(codes, 10), 1);
	cr_expect_null(hog_pycodes_peek(codes, CODE));
	cr_expect_not_null(hog_pycodes_peek(codes, CODE + 0x1000));
}

Test(code, verify_forgets_a_dead_entry)
{
	const struct hog_pycode *c = hog_pycodes_get(codes, CODE);

	cr_expect(hog_pycodes_verify(codes, c));
	usleep(1000);
	fake_mem_poke_u64(&fake, CODE + (uint64_t)py.lay.code_name,
			  STRINGS + 0x2000);
	cr_expect_not(hog_pycodes_verify(codes, c));
	cr_expect_null(hog_pycodes_peek(codes, CODE));
}

static bool confirm(const struct hog_pycode *c, uint64_t now, uint64_t *due)
{
	const struct hog_pyframe frames[] = { { c, 0, 0 }, { c, 2, 0 } };

	return hog_pycodes_confirm(codes, frames, 2, now, due);
}

Test(code, new_code_is_confirmed_at_once_and_old_code_rarely)
{
	const struct hog_pycode *c = hog_pycodes_get(codes, CODE);
	uint64_t reads = fake.mem.reads, now = hog_now_ns(), due = 0;

	cr_expect(confirm(c, now, &due));
	cr_expect_eq(fake.mem.reads, reads + 1);
	cr_expect_eq(due, now + 1);
	/* Code was read just now: all that is young is looked at. */
	cr_expect(confirm(c, now + 1000, &due));
	cr_expect_eq(fake.mem.reads, reads + 2);
	now += HOG_NS_PER_SEC;
	cr_expect(confirm(c, now, &due));
	cr_expect(confirm(c, now + 1, &due));
	cr_expect_eq(fake.mem.reads, reads + 3);
	cr_expect_gt(due, now + HOG_NS_PER_SEC / 100);
	cr_expect_leq(due, now + HOG_NS_PER_SEC / 20);
}

Test(code, a_new_name_where_the_old_one_lay_is_noticed)
{
	const struct hog_pycode *c = hog_pycodes_get(codes, CODE);
	uint64_t now = hog_now_ns(), due;
	uint32_t serial = c->serial;

	cr_expect(confirm(c, now, &due));
	/* Another object of the same shape: only the text differs. */
	fake_mem_poke(&fake, STRINGS + 0x1000 + py.lay.str_ascii_data, "g", 1);
	cr_expect_eq(hog_pycodes_doubt(codes), 0);
	cr_expect_not(confirm(c, now + 1, &due));
	cr_expect_eq(hog_pycodes_doubt(codes),
		     0); /* no stack had it unchecked */
	cr_expect_not(confirm(c, now + 2, &due)); /* still to be pointed to */
	cr_expect_null(hog_pycodes_peek(codes, CODE));
	cr_expect_gt(hog_pycodes_get(codes, CODE)->serial, serial);
	cr_expect_eq(hog_pycodes_reap(codes), 1);
	cr_expect_eq(hog_pycodes_reap(codes), 0);
}

Test(code, stacks_between_the_last_check_and_the_death_are_in_doubt)
{
	const struct hog_pycode *c = hog_pycodes_get(codes, CODE);
	uint64_t now = hog_now_ns() + 100 * HOG_NS_PER_SEC, due;

	for (unsigned i = 0; i < 12; i++)
		cr_expect(confirm(c, now + i, &due));
	fake_mem_poke_u32(&fake, CODE + (uint64_t)py.lay.code_firstlineno, 8);
	cr_expect_not(confirm(c, now + HOG_NS_PER_SEC, &due));
	cr_expect_float_eq(hog_pycodes_doubt(codes), 5, 0.6);
	cr_expect_eq(hog_pycodes_doubt(codes), 0);
}

Test(code, after_a_death_old_code_is_looked_at_more_often)
{
	const struct hog_pycode *c = hog_pycodes_get(codes, CODE), *other;
	uint64_t now = hog_now_ns() + 100 * HOG_NS_PER_SEC, due;

	add_object(CODE + 0x1000);
	other = hog_pycodes_get(codes, CODE + 0x1000);
	cr_expect(confirm(c, now, &due));
	cr_expect(confirm(c, now + 1, &due));
	cr_expect_geq(due, now + HOG_NS_PER_SEC / 20);
	fake_mem_poke_u32(&fake,
			  CODE + 0x1000 + (uint64_t)py.lay.code_firstlineno, 8);
	cr_expect_not(confirm(other, now + 2, &due));
	cr_expect(confirm(c, now + 3, &due));
	cr_expect_leq(due, now + HOG_NS_PER_SEC / 100);
}

Test(code, trim_drops_the_least_recently_checked)
{
	size_t span = (size_t)py.lay.code_size + 2 * UNITS;
	unsigned char *one = add_object(0x700000);
	uint64_t base = 0x10000000;
	unsigned forgotten;

	/* Many copies back to back, in one mapping. */
	unsigned char *all =
		fake_mem_add(&fake, base, NULL, span * (HOG_PYCODES_MAX + 1));

	for (size_t i = 0; i <= HOG_PYCODES_MAX; i++)
		memcpy(all + i * span, one, span);
	for (size_t i = 0; i <= HOG_PYCODES_MAX; i++)
		cr_assert_not_null(hog_pycodes_get(codes, base + i * span));
	hog_pycodes_verify(codes, hog_pycodes_peek(codes, base));
	forgotten = hog_pycodes_trim(codes);
	cr_expect_gt(forgotten, 0);
	cr_expect_eq(hog_pycodes_epoch(codes), forgotten);
	cr_expect_not_null(hog_pycodes_peek(codes, base));
	cr_expect_null(hog_pycodes_peek(codes, base + span));
	cr_expect_eq(hog_pycodes_trim(codes), 0);
}
