/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run has seen, as small numbers: strings, functions, frames, stacks (a
 * prefix tree), processes, threads.  Equal things have equal ids, ids count up
 * and are never reused, so a recording or a sink can follow by remembering how
 * many it has seen.  Bounded: past HOG_MODEL_*_MAX new stacks end in the
 * [truncated] marker, and that is counted.
 */
#ifndef HOG_PROFILE_MODEL_H
#define HOG_PROFILE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HOG_MODEL_STACKS_MAX (1u << 21)
#define HOG_MODEL_STRING_BYTES_MAX (64u << 20)
#define HOG_MODEL_STRINGS_MAX (1u << 22)
#define HOG_MODEL_STRING_MAX (1u << 16) /* a longer string is cut, at a char */
#define HOG_MODEL_FUNCTIONS_MAX (1u << 20)
#define HOG_MODEL_FRAMES_MAX (1u << 20)
#define HOG_MODEL_PROCESSES_MAX (1u << 17)
#define HOG_MODEL_THREADS_MAX (1u << 18)
#define HOG_MODEL_DETAIL_BYTES_MAX (32u << 20) /* kept at the same time */

enum hog_frame_kind {
	HOG_FRAME_PYTHON,
	HOG_FRAME_NATIVE,
	HOG_FRAME_KERNEL,
	HOG_FRAME_MARKER, /* "[gc]", "[idle futex]", "[truncated]" ... */
};

/* Id 0 in each table is "none"; strings: "". */
struct hog_function {
	enum hog_frame_kind kind;
	uint32_t name;       /* string ids */
	uint32_t qualname;   /* = name where there is none */
	uint32_t file;       /* as the code object says, in full */
	uint32_t short_file; /* the part behind the longest sys.path entry */
	int32_t firstline;
};

struct hog_frame {
	uint32_t function;
	int32_t line, end_line;     /* 0: none */
	int32_t column, end_column; /* UTF-8 bytes from 0; -1 none */
};

struct hog_stack_node {  /* a stack is its leaf's node */
	uint32_t parent; /* stack id of the caller; 0: this is the root frame */
	uint32_t frame;
};

struct hog_process_info {
	pid_t pid, parent; /* parent 0: a target named by the user */
	uint32_t name;     /* script or module base name, else the program */
	uint32_t cmdline;  /* arguments joined by blanks */
	uint32_t python;   /* "3.12.1" */
	uint64_t start_ns; /* first seen, CLOCK_MONOTONIC */
};

struct hog_thread_info {
	uint32_t process; /* process id of the model, not the pid */
	pid_t tid;
	uint32_t name;   /* string id; the last name seen */
	uint32_t interp; /* 0: the main interpreter */
};

struct hog_model;

struct hog_model *hog_model_new(void); /* NULL: no memory */
void hog_model_free(struct hog_model *m);

/* Each returns the id (>= 1), or 0 when it could not be kept (full, no memory);
 * strings: 0 is "" as well. */
uint32_t hog_model_string(struct hog_model *m, const char *text, size_t len);
uint32_t hog_model_cstr(struct hog_model *m, const char *text);
uint32_t hog_model_function(struct hog_model *m, const struct hog_function *f);
uint32_t hog_model_frame(struct hog_model *m, const struct hog_frame *f);
/* A marker frame by its text, brackets included. */
uint32_t hog_model_marker(struct hog_model *m, const char *text);
/* The [truncated] marker's frame; every model has it. */
uint32_t hog_model_truncated(const struct hog_model *m);
/* The stack `frame` called from stack `parent` (0: root). Past the limit gives
 * the stack `parent` + [truncated], or parent itself. */
uint32_t hog_model_stack(struct hog_model *m, uint32_t parent, uint32_t frame);
/* A process is told by pid and start_ns; what else is known of it stands as
 * first said.  After an exec it is another one, with a start_ns of its own. */
uint32_t hog_model_process(struct hog_model *m,
			   const struct hog_process_info *p);
/* A thread is told by process and tid and interp; a later call with another
 * name renames it (name 0: not known this time). */
uint32_t hog_model_thread(struct hog_model *m, const struct hog_thread_info *t);

/* A detail by its bytes: profile/detail.h makes and reads them.  Unlike all
 * else, details can be forgotten: their ids still count up, but those so far
 * give nothing any more.  Who makes events decides when, by the bytes held. */
uint32_t hog_model_detail(struct hog_model *m, const void *bytes, size_t len);
void hog_model_forget_details(struct hog_model *m);
size_t hog_model_detail_bytes(const struct hog_model *m);
const void *hog_model_get_detail(const struct hog_model *m, uint32_t id,
				 size_t *ret_len);

/* Look-ups; an unknown id gives the zero entry.  Pointers and text are valid
 * until the next addition. */
const char *hog_model_text(const struct hog_model *m, uint32_t string,
			   size_t *ret_len);
const struct hog_function *hog_model_get_function(const struct hog_model *m,
						  uint32_t id);
const struct hog_frame *hog_model_get_frame(const struct hog_model *m,
					    uint32_t id);
struct hog_stack_node hog_model_get_stack(const struct hog_model *m,
					  uint32_t id);
const struct hog_process_info *hog_model_get_process(const struct hog_model *m,
						     uint32_t id);
const struct hog_thread_info *hog_model_get_thread(const struct hog_model *m,
						   uint32_t id);

struct hog_model_counts { /* ids below these are valid */
	uint32_t strings, functions, frames, stacks, processes, threads;
	uint32_t renames; /* goes up when a thread got another name */
	uint32_t details, details_from; /* ids from..details-1 are kept */
};
struct hog_model_counts hog_model_count(const struct hog_model *m);
/* Additions refused because a limit was reached. */
uint64_t hog_model_refused(const struct hog_model *m);

#endif
