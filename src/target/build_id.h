/* SPDX-License-Identifier: Apache-2.0 */
/* The build id among ELF notes, wherever those were read from. */
#ifndef HOG_TARGET_BUILD_ID_H
#define HOG_TARGET_BUILD_ID_H

#include <stddef.h>

#define HOG_BUILD_ID_MAX 64 /* real ones have 20 bytes or fewer */

/* NT_GNU_BUILD_ID among len bytes of notes, cut to cap.  Its length; 0: none. */
size_t hog_notes_build_id(const unsigned char *notes, size_t len,
			  unsigned char *buf, size_t cap);

#endif
