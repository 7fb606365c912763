/* SPDX-License-Identifier: Apache-2.0 */
/* What a call waited for, in words: a path, a peer, a lock, a child. */
#ifndef HOG_ANALYZE_WAITED_H
#define HOG_ANALYZE_WAITED_H

struct hog_buf;
struct hog_callview;

/* Appends it; nothing when it is not known. */
void hog_waited_for(struct hog_buf *buf, const struct hog_callview *v);

#endif
