/* SPDX-License-Identifier: Apache-2.0 */
#include "target/build_id.h"

#include <elf.h>
#include <string.h>

size_t hog_notes_build_id(const unsigned char *notes, size_t len,
			  unsigned char *buf, size_t cap)
{
	size_t at = 0;

	while (len - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		size_t name, desc;

		memcpy(&note, notes + at, sizeof(note));
		at += sizeof(note);
		name = ((size_t)note.n_namesz + 3) & ~(size_t)3;
		desc = ((size_t)note.n_descsz + 3) & ~(size_t)3;
		if (name > len - at || desc > len - at - name)
			return 0;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp(notes + at, "GNU", 4) == 0) {
			size_t n = note.n_descsz < cap ? note.n_descsz : cap;

			memcpy(buf, notes + at + name, n);
			return n;
		}
		at += name + desc;
	}
	return 0;
}
