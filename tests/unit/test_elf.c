/* SPDX-License-Identifier: Apache-2.0 */
#include "native/elf.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "fake_mem.h"
#include "real_kernel.h"
#include "target/target.h"

/* This very program is the ELF file at hand: it has a .symtab, and libc mapped
 * beside it has a .dynsym and, installed, no .symtab. */
int elf_test_marker = 77;
int elf_test_function(void);

int elf_test_function(void)
{
	return elf_test_marker;
}

static struct hog_target *self;

static void setup(void)
{
	needs_real_kernel();
	cr_assert_eq(hog_target_open_pid(getpid(), &self, NULL), 0);
}

static void teardown(void)
{
	hog_target_close(self);
}

TestSuite(elf, .init = setup, .fini = teardown);

/* The lowest mapping of the file that holds an address of ours. */
static const struct hog_map *file_of(const void *addr)
{
	const struct hog_map *hit =
		hog_maps_find(&self->maps, (uint64_t)(uintptr_t)addr);

	cr_assert_not_null(hit);
	for (size_t i = 0; i < self->maps.n; i++)
		if (strcmp(self->maps.v[i].path, hit->path) == 0)
			return &self->maps.v[i];
	return hit;
}

static struct hog_elf *open_file_of(const void *addr)
{
	struct hog_elf *elf = NULL;
	int fd = hog_target_open_map(self, file_of(addr));

	cr_assert_geq(fd, 0);
	cr_assert_eq(hog_elf_open(fd, &elf, NULL), 0);
	return elf;
}

Test(elf, finds_a_variable_of_this_program_at_its_address)
{
	struct hog_elf *elf = open_file_of(&elf_test_marker);
	const struct hog_map *map = file_of(&elf_test_marker);
	struct hog_elfsym sym;
	int value = 0;

	cr_assert_eq(hog_elf_symbol(elf, "elf_test_marker", &sym), 0);
	cr_assert_eq(sym.size, sizeof(int));
	cr_assert_not(sym.is_tls);
	cr_assert_eq(sym.value + hog_elf_bias(elf, map->start, map->offset),
		     (uint64_t)(uintptr_t)&elf_test_marker);
	cr_assert_eq(hog_elf_read(elf, sym.value, &value, sizeof(value)), 0);
	cr_assert_eq(value, 77, "as it is on disk");

	uint64_t lo, hi;

	cr_assert_eq(hog_elf_writable(elf, &lo, &hi), 0);
	cr_assert(sym.value >= lo && sym.value < hi);
	hog_elf_close(elf);
}

Test(elf, finds_many_names_at_once_and_leaves_others_zero)
{
	static const char *const names[] = { "elf_test_marker", "no_such_name",
					     "elf_test_function" };
	struct hog_elf *elf = open_file_of(&elf_test_marker);
	struct hog_elfsym syms[3];
	struct hog_elfsect text;

	cr_assert_eq(hog_elf_symbols(elf, names, 3, syms), 2);
	cr_assert_neq(syms[0].value, 0);
	cr_assert_eq(syms[1].value, 0);
	cr_assert_neq(syms[2].value, 0);
	cr_assert_eq(hog_elf_section(elf, ".text", &text), 0);
	cr_assert(syms[2].value - text.addr < text.size);
	cr_assert_eq(hog_elf_section(elf, ".nonesuch", &text), -ENOENT);
	hog_elf_close(elf);
}

Test(elf, reads_an_image_in_memory_as_the_file)
{
	const struct hog_map *map = file_of((const void *)(uintptr_t)&strtol);
	struct hog_elf *file = open_file_of((const void *)(uintptr_t)&strtol);
	struct hog_elf *image;
	struct hog_elfsym a, b;
	unsigned char id_a[20], id_b[20];

	cr_assert_eq(hog_elf_open_memory(self->mem, map->start, &image, NULL),
		     0);
	cr_assert(hog_elf_is_memory(image));
	cr_assert_eq(hog_elf_symbol(file, "strtol", &a), 0);
	cr_assert_eq(hog_elf_symbol(image, "strtol", &b), 0);
	cr_assert_eq(a.value, b.value);
	cr_assert_eq(hog_elf_bias(file, map->start, map->offset),
		     hog_elf_bias(image, map->start, map->offset));
	cr_assert_str_eq(hog_elf_soname(file), hog_elf_soname(image));
	cr_assert_gt(strlen(hog_elf_soname(file)), 0);
	cr_assert_eq(hog_elf_build_id(file, id_a, 20),
		     hog_elf_build_id(image, id_b, 20));
	cr_assert_eq(memcmp(id_a, id_b, 20), 0);
	cr_assert_eq(hog_elf_symbol(image, "no_such_name", &b), -ENOENT);
	cr_assert_eq(hog_elf_machine(file), hog_elf_machine(image));
	hog_elf_close(image);
	hog_elf_close(file);
}

Test(elf, knows_thread_local_symbols)
{
	struct hog_elf *elf = open_file_of((const void *)(uintptr_t)&strtol);
	struct hog_elfsym sym;

	if (hog_elf_symbol(elf, "errno", &sym) < 0)
		cr_skip_test("this libc shows no thread-local symbol");
	cr_assert(sym.is_tls);
	hog_elf_close(elf);
}

Test(elf, refuses_what_is_no_elf)
{
	struct hog_err err = { 0 };
	struct hog_elf *elf;
	int fd = memfd_create("x", MFD_CLOEXEC);

	cr_assert_eq(write(fd, "#!/bin/sh\n", 10), 10);
	cr_assert_eq(hog_elf_open(fd, &elf, &err), -EBADMSG);
	cr_assert_eq(fcntl(fd, F_GETFD), -1, "closed, as promised");
	cr_assert_eq(hog_elf_open(open("/", O_RDONLY), &elf, &err), -EBADMSG);
}

Test(elf, refuses_an_image_whose_numbers_lie)
{
	struct fake_mem fake;
	struct hog_elf *elf;
	Elf64_Ehdr head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
					 ELFDATA2LSB, EV_CURRENT },
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 60000,
			    .e_phoff = UINT64_MAX - 8 };

	fake_mem_init(&fake);
	fake_mem_add(&fake, 0x1000, &head, sizeof(head));
	cr_assert_eq(hog_elf_open_memory(&fake.mem, 0x1000, &elf, NULL),
		     -EBADMSG);
	head.e_phnum = 3;
	fake_mem_poke(&fake, 0x1000, &head, sizeof(head));
	cr_assert_eq(hog_elf_open_memory(&fake.mem, 0x1000, &elf, NULL),
		     -EFAULT);
	fake_mem_fini(&fake);
}
