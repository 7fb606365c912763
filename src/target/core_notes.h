/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of a core file.  Private to core_file.c. */
#ifndef HOG_TARGET_CORE_NOTES_H
#define HOG_TARGET_CORE_NOTES_H

#include <stddef.h>

#include "target/core_file.h"

/* Takes threads, files and names out of one PT_NOTE's bytes, which stay where
 * they are (paths point into them) and end with a NUL behind len.  0, -EBADMSG
 * or -ENOMEM. */
int hog_core_parse_notes(struct hog_core *core, unsigned char *notes,
			 size_t len);

#endif
