/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where one build of CPython keeps its things: plain data.  2.7-3.12 come from
 * generated tables; from 3.13 on the table of the nearest known micro version
 * is overlaid with what the target's own _Py_DebugOffsets says.  What differs
 * between versions is data here, not an `if` in the readers.
 */
#ifndef HOG_PYTHON_LAYOUT_H
#define HOG_PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "python/layout_fields.h"

/* This build has no such field. */
#define HOG_NO_FIELD (-1)

enum hog_pyframes {                    /* how frames are kept and linked */
		    HOG_PYFRAMES_HEAP, /* 2.7-3.10: PyFrameObject, tstate.frame, f_back */
		    HOG_PYFRAMES_CFRAME, /* 3.11, 3.12: data stack, tstate.cframe */
		    HOG_PYFRAMES_CURRENT, /* 3.13+: data stack, tstate.current_frame */
};

enum hog_pylines { /* the format of the line table */
		   HOG_PYLINES_LNOTAB_UNSIGNED, /* 2.7 */
		   HOG_PYLINES_LNOTAB,          /* 3.6-3.9 */
		   HOG_PYLINES_LINETABLE_310,
		   HOG_PYLINES_LOCATIONS, /* 3.11+ */
};

enum hog_pystrings {
	HOG_PYSTR_27,    /* names are bytes objects */
	HOG_PYSTR_WSTR,  /* 3.6-3.11 */
	HOG_PYSTR_312,   /* 3.12+, 3.13t */
	HOG_PYSTR_FT314, /* free-threaded 3.14+: kind starts at bit 8 */
};

struct hog_pylayout {
	const char *name;     /* "3.12", "3.13t": of the table */
	uint8_t major, minor; /* of the table */
	bool free_threaded;   /* object header of 32 bytes, no one GIL */
	bool tagged_refs;     /* 3.14+: low bits of iframe_code and slots */
	bool traced_refs;     /* Py_TRACE_REFS: objects shifted by 16 */
	enum hog_pyframes frames;
	enum hog_pylines lines;
	enum hog_pystrings strings;
	uint8_t lasti_scale; /* bytes per unit of frame_lasti: 1; 3.10: 2 */
	uint8_t owner_shim;  /* iframe.owner >= this is no Python frame */
#define X(field, group, keys) int32_t field;
	HOG_PYLAYOUT_FIELDS(X)
#undef X
};

/* All generated tables, oldest first; NULL ends the list. */
extern const struct hog_pylayout *const hog_pylayouts[];

/* The table for a minor version and flavour.  Exact minor, or with *ret_guess
 * set the newest known one for a later minor.  NULL: nothing fits. */
const struct hog_pylayout *hog_pylayout_for(unsigned major, unsigned minor,
					    bool free_threaded,
					    bool *ret_guess);
/* A copy with every object field moved by 16 (Py_TRACE_REFS, debug <= 3.7). */
void hog_pylayout_trace_refs(struct hog_pylayout *lay);
/* Overlays what a _Py_DebugOffsets image (bytes at _PyRuntime, 3.13+) says.
 * 0; -EBADMSG: not one, or its numbers cannot be. */
int hog_pylayout_overlay(struct hog_pylayout *lay, const void *image,
			 uint32_t len);

#endif
