/* SPDX-License-Identifier: Apache-2.0 */
#include "python/greenlets.h"

/*
 * From the debug information of the wheels of greenlet 2.0.0-3.5.6 for CPython
 * 2.7 and 3.6-3.15 (tools/gen_greenlets.py prints such rows).  Rows of one
 * Python differ in `self` or `main`, which the greenlets themselves prove; those
 * with `self` at 8 come first, as the others could be taken for them.  3.0.0-3.0.2
 * on 3.12 cut the links between frames while a greenlet is parked: not here.
 */
const struct hog_greenlet_layout hog_greenlet_layouts[] = {
	/* python, free-threaded, greenlet,
	 * self, start, top_frame, frame, chunk, main, thread */
	{ 307, 309, false, "3.1+", 8, 72, 120, 0, 0, 136, 144 },
	{ 310, 310, false, "3.1+", 8, 72, 120, 0, 0, 152, 160 },
	{ 311, 312, false, "3.1+", 8, 56, 104, 136, 144, 168, 176 },
	{ 313, 313, false, "3.1-3.4", 8, 56, 104, 128, 136, 160, 168 },
	{ 313, 314, false, "3.5+; 3.2", 8, 56, 104, 136, 144, 168, 176 },
	{ 314, 314, false, "3.3-3.4", 8, 56, 104, 144, 152, 176, 184 },
	{ 314, 315, false, "3.5+", 8, 56, 104, 152, 160, 184, 192 },
	{ 313, 313, true, "3.1", 8, 56, 104, 128, 136, 160, 168 },
	{ 314, 314, true, "3.3+", 8, 56, 104, 152, 160, 184, 192 },
	{ 207, 306, false, "2.0", 104, 48, 88, 0, 0, 112, 112 },
	{ 307, 309, false, "2.0-3.0", 128, 64, 112, 0, 0, 136, 136 },
	{ 310, 310, false, "2.0-3.0", 144, 64, 112, 0, 0, 152, 152 },
	{ 311, 312, false, "2.0.2-3.0.3", 160, 48, 96, 128, 136, 168, 168 },
	{ 0 },
};
