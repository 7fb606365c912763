/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `hognose record` share. */
#ifndef HOG_CLI_RECORD_H
#define HOG_CLI_RECORD_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/choose.h"
#include "collect/session.h"
#include "profile/sink.h"
#include "target/launch.h"

struct hog_args;
struct hog_err;

#define HOG_RECORD_NAME_MAX 64

/* What the command line asks for. */
struct hog_record_options {
	struct hog_session_options session;
	struct hog_view view;
	const struct hog_sink_ops *format;
	struct hog_choice choice;
	char *const *program;   /* NULL: attached */
	const char *path;       /* NULL: a name is made */
	const char *stats_path; /* NULL: not asked for */
	bool per_process;
	bool quiet, verbose;
};

/* -EINVAL: bad usage. */
int hog_record_parse(const struct hog_args *args,
		     struct hog_record_options *ret, struct hog_err *err);
void hog_record_options_fini(struct hog_record_options *opt);

/* A name as a part of a file name: see below. */
void hog_record_plain_name(const char *name, char *buf, size_t cap);
/* A short name for what runs: the script or module of a Python, else the
 * program; only letters, digits and "._-" of ASCII, UTF-8 beyond. */
void hog_record_program_name(const char *const *argv, char *buf, size_t cap);
/* The same for what was chosen by --all, --name or --cgroup. */
void hog_record_choice_name(const struct hog_choice *choice, char *buf,
			    size_t cap);
/* The same for a process, from /proc; "python" when that cannot be read. */
void hog_record_process_name(pid_t pid, char *buf, size_t cap);

/* A program that record launches. */
struct hog_record_child {
	struct hog_launch launch;
	pid_t pid; /* 0: none */
};

int hog_record_child_prepare(struct hog_record_child *child, char *const *argv,
			     struct hog_err *err);
int hog_record_child_go(struct hog_record_child *child, struct hog_err *err);
/* It has ended; whatever it left running has another parent now. */
bool hog_record_child_ended(const struct hog_record_child *child);
/* Waits for its end, passing signals on.  Its status: 0..255, 128 + N. */
int hog_record_child_wait(struct hog_record_child *child);
/* Before go: it ends without having run anything. */
void hog_record_child_cancel(struct hog_record_child *child);

/* The live line on stderr. */
struct hog_record_live {
	bool on, drawn;
};

/* launched: it shares our terminal, and its words must stay whole. */
void hog_record_live_init(struct hog_record_live *live, bool launched,
			  bool quiet);
void hog_record_live_draw(struct hog_record_live *live,
			  const struct hog_progress *p);
void hog_record_live_clear(struct hog_record_live *live);
/* The line without control of the terminal, at most `columns` wide. */
void hog_record_live_format(const struct hog_progress *p, unsigned columns,
			    char *buf, size_t cap);

#endif
