/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of `hognose syscalls`: their options, and what they ask of the
 * collector. */
#ifndef HOG_CLI_SYSCALLS_CHECK_H
#define HOG_CLI_SYSCALLS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "export/check.h"
#include "syscalls/callset.h"

struct hog_args;
struct hog_calls_options;
struct hog_choice;
struct hog_err;
struct hog_sources;

/* One a line: they go into the table of options of syscalls. */
#define HOG_SYSCALLS_CHECK_OPTIONS                                             \
	{ HOG_SYSCALLS_FDS, "fds", "exit|fork|exec|signal|interval:N",         \
	  "show the open descriptors at those moments (by commas; signal: "    \
	  "SIGUSR2 to hognose; N seconds)",                                    \
	  false },                                                             \
		{ HOG_SYSCALLS_FAIL_OPEN,                                      \
		  "fail-on-open",                                              \
		  "fork|exit|exec",                                            \
		  "exit status 3 when descriptors are open then (default: "    \
		  "what --fds says, else fork)",                               \
		  false,                                                       \
		  true },                                                      \
		{ HOG_SYSCALLS_ALLOW, "allow", "PATTERN",                      \
		  "those may be open: path, address or function (repeatable)", \
		  false },                                                     \
		{ HOG_SYSCALLS_ALLOW_FILE, "allow-file", "FILE",               \
		  "patterns, one a line (repeatable)", false },                \
		{ HOG_SYSCALLS_BLOCKING,                                       \
		  "blocking",                                                  \
		  "TIME",                                                      \
		  "sum up calls that kept a thread waiting for longer "        \
		  "(default 10ms)",                                            \
		  false,                                                       \
		  true },                                                      \
		{ HOG_SYSCALLS_FAIL_BLOCKING,                                  \
		  "fail-on-blocking",                                          \
		  "TIME",                                                      \
		  "exit status 3 when one took as long (default 100ms)",       \
		  false,                                                       \
		  true },                                                      \
	{                                                                      \
		HOG_SYSCALLS_LOOP, "loop",                                     \
			"auto|asyncio|uvloop|gevent|tornado|none",             \
			"whose own wait is no blocking (default auto)", false  \
	}

struct hog_checking { /* zeroed: no check */
	bool asked;
	bool on_signal; /* --fds=signal */
	double interval_s;
	struct hog_check_options what;
	const struct hog_sink_ops *format; /* of the check */
	struct hog_check_allow *allow;     /* owned */
	char **files;                      /* owned texts of --allow-file */
	size_t n_allow, n_files;
	struct hog_sources *sources; /* owned */
};

int hog_checking_parse(const struct hog_args *args, struct hog_checking *ret,
		       struct hog_err *err);
void hog_checking_fini(struct hog_checking *c);
/* The format of a check by -f and -o; NULL: what they say is one of a trace, so
 * that goes there, and the check as text elsewhere. */
const struct hog_sink_ops *hog_checking_format(const char *format,
					       const char *path);
/* The calls that it needs: added to those of -e, or alone. */
int hog_checking_calls(const struct hog_checking *c, unsigned machine,
		       bool trace, struct hog_callset *set,
		       struct hog_err *err);
void hog_checking_ask(const struct hog_checking *c,
		      struct hog_calls_options *how);
/* Source lines as the target sees them; pid: one of them, or our own. */
void hog_checking_find_sources(struct hog_checking *c, pid_t pid);

#endif
