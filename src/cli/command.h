/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command is one file that ends in one constant descriptor, and a line in
 * commands.c.  The option table feeds the parser, --help and the man page check.
 */
#ifndef HOG_CLI_COMMAND_H
#define HOG_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_args;

struct hog_opt {
	int letter;        /* 'p'; above 255: only a long form */
	const char *name;  /* "pid" */
	const char *value; /* "PID"; NULL: a switch */
	const char *help;
	bool negatable; /* --no-NAME too */
	bool optional;  /* its value, given as --NAME=VALUE only */
};

struct hog_command {
	const char *name, *usage, *summary;
	const char *details;           /* paragraph(s) of --help; may be NULL */
	const char *example;           /* runs as it stands; shown by --help */
	const struct hog_opt *options; /* ends with { 0 } */
	/* Returns the exit status. */
	int (*run)(const struct hog_args *args);
};

extern const struct hog_command *const hog_commands[]; /* NULL ends it */

/* Parsed command line: options by letter, in order; what stands behind "--" or
 * is no option are the operands. */
bool hog_args_has(const struct hog_args *args, int letter);
/* Switches that can be negated: +1 given, -1 --no-, 0 not given. */
int hog_args_switch(const struct hog_args *args, int letter);
/* Value of the last use, or NULL. */
const char *hog_args_value(const struct hog_args *args, int letter);
/* Value of the i-th use of a repeatable option, or NULL. */
const char *hog_args_nth(const struct hog_args *args, int letter, size_t i);
size_t hog_args_count(const struct hog_args *args); /* operands */
const char *hog_args_operand(const struct hog_args *args, size_t i);
/* What follows "--", NULL-terminated, or NULL when there was no "--". */
char *const *hog_args_program(const struct hog_args *args);
/* The whole command line as typed, joined by blanks. */
const char *hog_args_line(const struct hog_args *args);

/* Exit statuses (interface.md). */
enum {
	HOG_EXIT_OK = 0,
	HOG_EXIT_FAIL = 1,
	HOG_EXIT_USAGE = 2,
	HOG_EXIT_CHECK = 3
};

#endif
