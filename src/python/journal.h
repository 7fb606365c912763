/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading with a witness: every read that goes through a journal is noted with
 * its bytes.  To read all of it again in one call and find the same bytes says
 * two things at once: what was read belongs together, though the target ran
 * meanwhile; and what was made of it earlier still holds.
 */
#ifndef HOG_PYTHON_JOURNAL_H
#define HOG_PYTHON_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/mem.h"

#define HOG_NOTES_MAX 32768
#define HOG_NOTES_BYTES_MAX (4u << 20)

struct hog_note {
	uint64_t addr;
	uint32_t len, at; /* its bytes are [at, at + len) of all */
};

struct hog_notes {
	struct hog_note *v;   /* owned */
	unsigned char *bytes; /* owned */
	uint32_t n, cap, len, cap_bytes;
	bool full;   /* more was read than is kept: never equal */
	bool sealed; /* the bytes are gone, their hash is kept */
	uint64_t hash;
};

/* Takes zeroed or used. */
void hog_notes_fini(struct hog_notes *notes);
/* Empties it, keeps the memory. */
void hog_notes_clear(struct hog_notes *notes);
/* A copy that takes little room: of the bytes only their hash is kept. */
int hog_notes_seal(const struct hog_notes *from, struct hog_notes *ret);

/* Reads all of them again.  1 nothing has changed, 0 something has, or can no
 * longer be read; -errno: the target is gone. */
int hog_notes_check(const struct hog_notes *notes, struct hog_mem *mem);
/* The same for n of them, with as few calls as they fit into. */
int hog_notes_check_all(const struct hog_notes *const *notes, unsigned n,
			struct hog_mem *mem, bool *ret_same);

/* Objects of one program lie close together: small reads are served from pages
 * copied before, until those are forgotten.  That what was read is still so,
 * and belongs together, the notes must tell. */
#define HOG_JOURNAL_PAGE 4096u
#define HOG_JOURNAL_PAGES 256 /* kept at once */

struct hog_journal_page {
	uint64_t addr;
	uint64_t age; /* good while it is the journal's */
	unsigned char bytes[HOG_JOURNAL_PAGE];
};

struct hog_journal {
	struct hog_mem mem;             /* what to read through */
	struct hog_mem *of;             /* borrowed */
	struct hog_notes *notes;        /* borrowed; NULL: nothing is noted */
	struct hog_journal_page *pages; /* owned; NULL: none are kept */
	uint64_t age;
};

/* The journal must stay where it is. */
void hog_journal_init(struct hog_journal *j, struct hog_mem *of);
void hog_journal_fini(struct hog_journal *j);
/* As hog_notes_check, but out of the journal's pages: for many that share most
 * of what they note.  Their bytes may be of different moments, so only "the
 * same" is an answer: anything else must be read again. */
bool hog_journal_confirms(struct hog_journal *j, const struct hog_notes *notes);
/* What is read from here on is read now. */
void hog_journal_forget(struct hog_journal *j);

#endif
