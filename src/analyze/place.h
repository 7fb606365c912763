/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line to blame for what a stack did: the innermost line of Python that is
 * not of the standard library.  socket.socket() is made in socket.py, and
 * subprocess waits in subprocess.py, but that is not where one looks.
 */
#ifndef HOG_ANALYZE_PLACE_H
#define HOG_ANALYZE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct hog_model;

struct hog_place {
	uint32_t frame;     /* of the model; 0: no Python in the stack */
	uint32_t innermost; /* Python frame; the same, or in the library */
	const char *name;   /* qualified where that is known; "" */
	const char *file;   /* in full */
	const char *short_file;
	int32_t line;
};

struct hog_place hog_place_of(const struct hog_model *m, uint32_t stack);
/* The same of one frame. */
struct hog_place hog_place_of_frame(const struct hog_model *m, uint32_t frame);
/* By where it lies: .../lib/python3.12/socket.py, <frozen os>. */
bool hog_place_is_library(const char *file);

#endif
