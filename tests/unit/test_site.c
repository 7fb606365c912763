/* SPDX-License-Identifier: Apache-2.0 */
/* Also fit.c, prove.c and symbols.c: from an image to a proven layout. */
#include "python/find.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "base/err.h"
#include "debug_headers.h"
#include "fake_elf.h"
#include "fake_mem.h"

#define BASE 0x7f0000000000
#define RUNTIME 0x2000 /* in the image */
#define TYPE 0x1800
#define CODE_TYPE 0x1a00
#define VERSION 0x1c00
#define FUNCTION 0x1d00
#define INTERP 0x100000
#define TSTATE 0x200000
#define CFRAME 0x2ff000
#define FRAME 0x300000
#define CODE 0x400000
#define NAME 0x500000

static struct fake_mem fake;
static struct fake_elf image;
static struct hog_elf *elf;
static struct hog_pysite site;
static struct hog_python py;

static void setup(void)
{
	fake_mem_init(&fake);
	fake_elf_init(&image, EM_X86_64);
	py = (struct hog_python){ .mem = &fake.mem };
}

static void teardown(void)
{
	hog_elf_close(elf);
	fake_mem_fini(&fake);
}

TestSuite(site, .init = setup, .fini = teardown);

static int open_site(void)
{
	fake_mem_add(&fake, BASE, image.bytes, sizeof(image.bytes));
	cr_assert_eq(hog_elf_open_memory(&fake.mem, BASE, &elf, NULL), 0);
	return hog_pysite_open(&fake.mem, elf, BASE, &site);
}

static void poke(uint64_t base, int32_t field, uint64_t value)
{
	fake_mem_poke_u64(&fake, base + (uint64_t)field, value);
}

/* A program of one thread, one frame and one code object. */
static void add_program(const struct hog_pylayout *lay)
{
	const int32_t data = lay->str_ascii_data;

	fake_mem_add(&fake, INTERP, NULL, (size_t)lay->interp_size);
	fake_mem_add(&fake, TSTATE, NULL, (size_t)lay->tstate_size);
	fake_mem_add(&fake, CFRAME, NULL, 64);
	fake_mem_add(&fake, FRAME, NULL, 512);
	fake_mem_add(&fake, CODE, NULL, (size_t)lay->code_size);
	fake_mem_add(&fake, NAME, NULL, 128);
	fake_mem_poke_u64(&fake,
			  BASE + RUNTIME +
				  (uint64_t)lay->runtime_interpreters_head,
			  INTERP);
	poke(INTERP, lay->interp_threads_head, TSTATE);
	poke(TSTATE, lay->tstate_interp, INTERP);
	if (lay->frames == HOG_PYFRAMES_HEAP) {
		poke(TSTATE, lay->tstate_frame, FRAME);
		poke(FRAME, lay->frame_code, CODE);
	} else {
		if (lay->frames == HOG_PYFRAMES_CFRAME) {
			poke(TSTATE, lay->tstate_cframe, CFRAME);
			poke(CFRAME, lay->cframe_current_frame, FRAME);
		} else {
			poke(TSTATE, lay->tstate_current_frame, FRAME);
		}
		poke(FRAME, lay->iframe_code, CODE);
	}
	poke(CODE, lay->object_type - 8, 1); /* references */
	poke(CODE, lay->object_type, BASE + CODE_TYPE);
	poke(CODE, lay->code_name, NAME);
	poke(CODE, lay->code_filename, NAME);
	poke(NAME, lay->str_length, 4);
	poke(NAME, lay->str_state, 1u << 2 | 1u << 5 | 1u << 6 | 1u << 7);
	fake_mem_poke(&fake, NAME + (uint64_t)data, "main", 4);
}

static void make_python(uint32_t version, int type_self)
{
	uint64_t type = BASE + TYPE;

	fake_elf_symbol(&image, "_PyRuntime", RUNTIME);
	fake_elf_symbol(&image, "PyType_Type", TYPE);
	fake_elf_symbol(&image, "PyCode_Type", CODE_TYPE);
	if (version >= 0x030b0000) {
		fake_elf_symbol(&image, "Py_Version", VERSION);
		memcpy(image.bytes + VERSION, &version, 4);
	} else {
		char text[HOG_PYVERSION_TEXT];

		hog_pyversion_format(version, false, text, sizeof(text) - 9);
		strcat(text, " (main, ");
		strcpy((char *)image.bytes + VERSION, text);
	}
	memcpy(image.bytes + TYPE + type_self, &type, 8);
	cr_assert_eq(open_site(), 0);
}

static const struct hog_pylayout *table(unsigned minor)
{
	bool guess;

	return hog_pylayout_for(3, minor, false, &guess);
}

static int read_site(struct hog_err *err)
{
	return hog_pysite_read(&site, NULL, 0, &py, err);
}

Test(site, image_without_python_has_none)
{
	fake_elf_symbol(&image, "main", 0x1000);
	cr_expect_eq(open_site(), -ENOENT);
	cr_expect_eq(hog_pysite_scan(&fake.mem, elf, BASE, &site), -ENOENT);
}

/* The address of a scan's last piece must not start anew at 0. */
Test(site, scan_ends_at_the_end_of_memory, .timeout = 20)
{
	Elf64_Phdr *load = (void *)(image.bytes + sizeof(Elf64_Ehdr));

	((Elf64_Ehdr *)(void *)image.bytes)->e_phnum = 3;
	load[0].p_flags = PF_R;
	load[2] = (Elf64_Phdr){ .p_type = PT_LOAD,
				.p_flags = PF_R | PF_W,
				.p_vaddr = UINT64_MAX - 0x1fff,
				.p_memsz = 0x1ff0 };
	open_site();
	cr_expect_eq(hog_pysite_scan(&fake.mem, elf, BASE, &site), -ENOENT);
}

Test(site, version_is_told_by_its_symbol)
{
	make_python(0x030c01f0, 8);
	add_program(table(12));
	cr_assert_eq(read_site(NULL), 0);
	cr_expect_str_eq(py.version_text, "3.12.1");
	cr_expect_eq(py.runtime_addr, BASE + RUNTIME);
	cr_expect_eq(py.sym.code_type, BASE + CODE_TYPE);
	cr_expect_not(py.guessed_layout);
}

Test(site, version_is_told_by_the_buffer_of_sys_version)
{
	make_python(0x03090ff0, 8);
	add_program(table(9));
	cr_assert_eq(read_site(NULL), 0);
	cr_expect_str_eq(py.version_text, "3.9.15");
	cr_expect_not(py.lay.traced_refs);
}

Test(site, heads_of_two_more_pointers_show_trace_refs)
{
	struct hog_pylayout lay = *table(8);

	make_python(0x03080ff0, 24);
	hog_pylayout_trace_refs(&lay);
	add_program(&lay);
	cr_assert_eq(read_site(NULL), 0);
	cr_expect(py.lay.traced_refs);
}

Test(site, early_37_has_a_smaller_gil)
{
	make_python(0x030702f0, 8);
	add_program(table(7));
	cr_assert_eq(read_site(NULL), 0);
	cr_expect_eq(py.lay.runtime_tstate_current, 1392);
	cr_expect_eq(py.lay.gil_switch_cond, HOG_NO_FIELD);
}

Test(site, header_of_a_later_minor_makes_a_guess)
{
	memcpy(image.bytes + RUNTIME, header_315, sizeof(header_315));
	image.bytes[RUNTIME + 10] = 17;
	make_python(0, 8);
	add_program(table(15));
	cr_assert_eq(read_site(NULL), 0);
	cr_expect(py.guessed_layout);
	cr_expect(py.debug_offsets);
	cr_expect_str_eq(py.version_text, "3.17.2");
}

Test(site, header_alone_is_found_by_its_cookie)
{
	memcpy(image.bytes + RUNTIME + 0x100, header_314, sizeof(header_314));
	cr_assert_eq(open_site(), -ENOENT);
	cr_assert_eq(hog_pysite_scan(&fake.mem, elf, BASE, &site), 0);
	cr_expect_eq(site.runtime, BASE + RUNTIME + 0x100);
}

Test(site, python_that_has_not_started_is_to_be_asked_again)
{
	struct hog_err err = { 0 };

	make_python(0x030c01f0, 8);
	cr_expect_eq(read_site(&err), -EAGAIN);
	cr_expect_not_null(err.hint);
	add_program(table(12));
	poke(INTERP, table(12)->interp_threads_head, 0);
	cr_expect_eq(read_site(&err), -EAGAIN);
}

Test(site, layout_that_does_not_fit_is_refused)
{
	make_python(0x030c01f0, 8);
	add_program(table(12));
	poke(TSTATE, table(12)->tstate_interp, INTERP + 8);
	cr_expect_eq(read_site(NULL), -ENOTSUP);
	poke(TSTATE, table(12)->tstate_interp, INTERP);
	cr_expect_eq(read_site(NULL), 0);
	poke(CODE, table(12)->object_type, 0x1234);
	cr_expect_eq(read_site(NULL), -ENOTSUP);
}

Test(site, thread_without_frames_is_no_misfit)
{
	make_python(0x030c01f0, 8);
	add_program(table(12));
	poke(CFRAME, table(12)->cframe_current_frame, 0);
	cr_expect_eq(read_site(NULL), 0);
}

Test(site, loops_end)
{
	make_python(0x030c01f0, 8);
	add_program(table(12));
	poke(INTERP, table(12)->interp_next, INTERP);
	cr_expect_eq(read_site(NULL), -ENOTSUP);
	poke(INTERP, table(12)->interp_next, 0);
	poke(CODE, table(12)->object_type, 0x1234);
	poke(FRAME, table(12)->iframe_previous, FRAME);
	poke(TSTATE, table(12)->tstate_next, TSTATE);
	cr_expect_eq(read_site(NULL), -ENOTSUP);
}

Test(site, unknown_version_is_named)
{
	struct hog_err err = { 0 };

	make_python(0x030501f0, 8);
	cr_expect_eq(read_site(&err), -ENOTSUP);
	cr_expect_not_null(strstr(err.text, "3.5.1"));
}

Test(site, dead_target_is_said_to_be_dead)
{
	make_python(0x030c01f0, 8);
	add_program(table(12));
	fake.fail = -ESRCH;
	cr_expect_neq(read_site(NULL), 0);
}

static uint64_t load_of(unsigned machine, const void *code, size_t len)
{
	image.bytes[18] = (unsigned char)machine;
	fake_elf_symbol(&image, "_PyThreadState_Current", 0x1f00);
	fake_elf_symbol(&image, "PyInterpreterState_Head", FUNCTION);
	memcpy(image.bytes + FUNCTION, code, len);
	cr_assert_eq(open_site(), 0);
	return hog_pysite_load_target(&fake.mem, &site,
				      "PyInterpreterState_Head");
}

Test(site, x86_64_function_shows_its_static)
{
	static const unsigned char code[] = { 0x48, 0x8b, 0x05, 0x00,
					      0x01, 0x00, 0x00, 0xc3 };

	cr_expect_eq(load_of(EM_X86_64, code, sizeof(code)),
		     BASE + FUNCTION + 7 + 0x100);
}

Test(site, x86_64_function_with_endbr_and_frame_shows_its_static)
{
	static const unsigned char code[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x55,
					      0x48, 0x89, 0xe5, 0x48, 0x8b,
					      0x05, 0xf0, 0xff, 0xff, 0xff };

	cr_expect_eq(load_of(EM_X86_64, code, sizeof(code)),
		     BASE + FUNCTION + 15 - 16);
}

Test(site, other_x86_64_function_shows_nothing)
{
	static const unsigned char code[] = { 0x31, 0xc0, 0xc3 };

	cr_expect_eq(load_of(EM_X86_64, code, sizeof(code)), 0);
}

Test(site, aarch64_function_shows_its_static)
{
	/* adrp x0, . + 0x2000; ldr x0, [x0, #0x128] */
	static const uint32_t code[] = { 0xd0000000, 0xf9409400, 0xd65f03c0 };

	cr_expect_eq(load_of(EM_AARCH64, code, sizeof(code)),
		     BASE + 0x1000 + 0x2000 + 0x128);
}

Test(site, aarch64_page_before_the_function_is_negative)
{
	/* bti c; adrp x1, . - 0x1000; ldr x2, [x1, #8] */
	static const uint32_t code[] = { 0xd503245f, 0xf0ffffe1, 0xf9400422 };

	cr_expect_eq(load_of(EM_AARCH64, code, sizeof(code)),
		     BASE + 0x1000 - 0x1000 + 8);
}
