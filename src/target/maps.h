/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing lists of mappings.  Private to target/, and to its tests. */
#ifndef HOG_TARGET_MAPS_H
#define HOG_TARGET_MAPS_H

#include <stddef.h>

#include "target/target.h"

/* More text than any kernel lets a process have mappings for. */
#define HOG_MAPS_TEXT_MAX (256u << 20)

/* Parses the text of /proc/PID/maps.  Takes over text (malloc'ed, len bytes
 * and one more to write to), also on failure.  -EBADMSG: not such a text. */
int hog_maps_parse(char *text, size_t len, struct hog_maps *ret);

#endif
