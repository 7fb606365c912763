/* SPDX-License-Identifier: Apache-2.0 */
#include "python/value_read.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_mem.h"
#include "python/python.h"
#include "python/value_int.h"

#define OBJECT 0x10000u
#define TYPE 0x20000u
#define NAME 0x30000u
#define MORE 0x40000u

/* One object of a type, at OBJECT, in 3.12's layout. */
struct world {
	struct fake_mem fake;
	struct hog_python py;
	struct hog_pyvalues *ctx;
	struct hog_pyvalue value;
	struct hog_buf repr;
	char type[HOG_PYTYPE_NAME_MAX];
};

static void begin(struct world *w, unsigned minor, const char *type,
		  uint64_t flags)
{
	bool guess;

	memset(w, 0, sizeof(*w));
	fake_mem_init(&w->fake);
	w->py.lay = *hog_pylayout_for(3, minor, false, &guess);
	w->py.version = (uint32_t)w->py.lay.major << 24 | minor << 16;
	w->py.mem = &w->fake.mem;
	fake_mem_add(&w->fake, OBJECT, NULL, 0x1000);
	fake_mem_add(&w->fake, TYPE, NULL, 0x1000);
	fake_mem_add(&w->fake, NAME, NULL, 0x1000);
	fake_mem_poke(&w->fake, NAME, type, strlen(type) + 1);
	fake_mem_add(&w->fake, MORE, NULL, 0x1000);
	fake_mem_poke_u64(&w->fake, OBJECT + 8, TYPE);
	fake_mem_poke_u64(&w->fake, TYPE + 24, NAME);
	fake_mem_poke_u64(&w->fake, TYPE + 168, flags);
	w->ctx = calloc(1, sizeof(*w->ctx));
	w->ctx->py = &w->py;
	w->ctx->limit = 40;
}

static const char *read_it(struct world *w)
{
	cr_assert_eq(hog_pyvalue_read(w->ctx, OBJECT, 0, &w->value, &w->repr,
				      w->type),
		     0);
	hog_pyvalue_cut(&w->repr, w->ctx->limit);
	return hog_buf_str(&w->repr);
}

static void end(struct world *w)
{
	hog_pyvalue_fini(&w->value);
	hog_buf_fini(&w->repr);
	free(w->ctx);
	fake_mem_fini(&w->fake);
}

static void poke_int(struct world *w, uint64_t tag, const uint32_t *digits,
		     size_t n)
{
	fake_mem_poke_u64(&w->fake, OBJECT + 16, tag);
	for (size_t i = 0; i < n; i++)
		fake_mem_poke_u32(&w->fake, OBJECT + 24 + 4 * i, digits[i]);
}

Test(value, reads_an_int_of_any_size)
{
	const uint32_t two_to_90[] = { 0, 0, 0, 1 };
	struct world w;

	begin(&w, 12, "int", HOG_TPFLAG_LONG);
	poke_int(&w, 4 << 3 | 2, two_to_90, 4);
	cr_assert_str_eq(read_it(&w), "-1237940039285380274899124224");
	cr_assert_eq(w.value.kind, HOG_PYVALUE_OTHER);
	end(&w);
}

Test(value, keeps_what_fits_64_bits)
{
	const uint32_t least[] = { 0, 0, 8 };
	struct world w;

	begin(&w, 12, "int", HOG_TPFLAG_LONG);
	poke_int(&w, 3 << 3 | 2, least, 3);
	cr_assert_str_eq(read_it(&w), "-9223372036854775808");
	cr_assert_eq(w.value.kind, HOG_PYVALUE_INT);
	cr_assert_eq(w.value.integer, INT64_MIN);
	end(&w);
}

Test(value, shows_by_type_and_address_an_int_whose_digits_cannot_be)
{
	const uint32_t bad[] = { 0xffffffff };
	struct world w;

	begin(&w, 12, "int", HOG_TPFLAG_LONG);
	poke_int(&w, 1 << 3, bad, 1);
	cr_assert_str_eq(read_it(&w), "<int at 0x10000>");
	cr_assert_eq(w.value.kind, HOG_PYVALUE_OTHER);
	end(&w);
}

Test(value, tells_the_size_of_an_int_too_long_to_print)
{
	struct world w;

	begin(&w, 12, "int", HOG_TPFLAG_LONG);
	poke_int(&w, (uint64_t)2000 << 3, NULL, 0);
	cr_assert_str_eq(read_it(&w), "<int of 60000 bits>");
	end(&w);
}

static void poke_str(struct world *w, const char *text)
{
	fake_mem_poke_u64(&w->fake, OBJECT + 16, strlen(text));
	fake_mem_poke_u32(&w->fake, OBJECT + 32, 1 << 2 | 1 << 5 | 1 << 6);
	fake_mem_poke(&w->fake, OBJECT + 40, text, strlen(text));
}

Test(value, quotes_as_python_does)
{
	static const char *const texts[][2] = {
		{ "it's", "\"it's\"" },
		{ "say \"it's\"", "'say \"it\\'s\"'" },
		{ "a\n\t\r\\\x01\x7f", "'a\\n\\t\\r\\\\\\x01\\x7f'" },
	};

	for (size_t i = 0; i < 3; i++) {
		struct world w;

		begin(&w, 12, "str", HOG_TPFLAG_STR);
		poke_str(&w, texts[i][0]);
		cr_assert_str_eq(read_it(&w), texts[i][1]);
		cr_assert_str_eq(w.value.text, texts[i][0]);
		end(&w);
	}
}

Test(value, cuts_a_long_text_at_the_limit)
{
	char text[200];
	struct world w;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	begin(&w, 12, "str", HOG_TPFLAG_STR);
	poke_str(&w, text);
	cr_assert_eq(strlen(read_it(&w)), 40);
	cr_assert_str_eq((char *)w.repr.data + 37, "...");
	cr_assert(w.value.cut);
	end(&w);
}

Test(value, does_not_follow_a_text_longer_than_memory)
{
	struct world w;

	begin(&w, 12, "str", HOG_TPFLAG_STR);
	poke_str(&w, "spam");
	fake_mem_poke_u64(&w.fake, OBJECT + 16, (uint64_t)1 << 39);
	cr_assert_str_eq(read_it(&w), "<str at 0x10000>");
	end(&w);
}

Test(value, opens_a_list_one_level_only)
{
	struct world w;

	begin(&w, 12, "list", HOG_TPFLAG_LIST);
	fake_mem_poke_u64(&w.fake, OBJECT + 16, 1);
	fake_mem_poke_u64(&w.fake, OBJECT + 24, MORE);
	fake_mem_poke_u64(&w.fake, MORE, OBJECT); /* it holds itself */
	cr_assert_str_eq(read_it(&w), "[<list at 0x10000>]");
	cr_assert_eq(w.value.n_items, 1);
	end(&w);
}

Test(value, prints_a_subclass_by_type_and_address)
{
	struct world w;

	begin(&w, 12, "Flag", HOG_TPFLAG_LONG | HOG_TPFLAG_HEAPTYPE);
	poke_int(&w, 1 << 3, (const uint32_t[]){ 5 }, 1);
	cr_assert_str_eq(read_it(&w), "<Flag at 0x10000>");
	end(&w);
}

Test(value, says_so_when_nothing_can_be_read)
{
	struct world w;

	begin(&w, 12, "int", HOG_TPFLAG_LONG);
	w.fake.fail = -EFAULT;
	cr_assert_str_eq(read_it(&w), "<? at 0x10000>");
	end(&w);
}

Test(value, writes_the_shortest_float_that_reads_back)
{
	static const struct {
		double value;
		const char *text;
	} floats[] = {
		{ 0.1, "0.1" },
		{ 1.0, "1.0" },
		{ 1e15, "1000000000000000.0" },
		{ 1e16, "1e+16" },
		{ 1e22, "1e+22" },
		{ 0.0001, "0.0001" },
		{ 0.00001, "1e-05" },
		{ -0.0, "-0.0" },
		{ 5e-324, "5e-324" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ 0x1p-44, "5.684341886080802e-14" },
		{ 9007199254740993.0, "9007199254740992.0" },
		{ INFINITY, "inf" },
		{ -INFINITY, "-inf" },
		{ NAN, "nan" },
	};

	for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
		struct hog_buf out = { 0 };

		hog_pyvalue_float(floats[i].value, &out);
		cr_assert_str_eq(hog_buf_str(&out), floats[i].text);
		hog_buf_fini(&out);
	}
}
