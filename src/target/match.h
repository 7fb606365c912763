/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes named by what they are instead of by their ids: all, by words of
 * their command line, by their control group.
 */
#ifndef HOG_TARGET_MATCH_H
#define HOG_TARGET_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_err;
struct hog_match;

struct hog_criteria { /* names and cgroups: both must fit, if both are given */
	const char *const *names; /* one of them: extended regular expressions,
				   * found anywhere in the command line */
	size_t n_names;
	const char *const *cgroups; /* one of them; see target/cgroup.h */
	size_t n_cgroups;
};

/* Everything, when neither is given.  -EINVAL, -ENOENT: err says which of them
 * cannot be meant. */
int hog_match_new(const struct hog_criteria *criteria, struct hog_match **ret,
		  struct hog_err *err);
void hog_match_free(struct hog_match *m);
/* Takes every process. */
bool hog_match_is_all(const struct hog_match *m);
/* Looks at the process.  One that has ended fits nothing. */
bool hog_match_fits(struct hog_match *m, pid_t pid);
/* In words: "--name 'x'", for messages. */
void hog_match_describe(const struct hog_match *m, char *buf, size_t cap);

/* 0: it has ended. */
pid_t hog_pid_parent(pid_t pid);
/* By its name: for those whose memory may not be read. */
bool hog_pid_looks_python(pid_t pid);
/* Numbers that stand for the program that it runs, and for all program files it
 * has mapped; 0: not known. */
uint64_t hog_pid_program(pid_t pid);
uint64_t hog_pid_images(pid_t pid);
/* Pages of its address space: whoever maps a file changes it.  0: a kernel
 * thread or a zombie; -errno. */
int64_t hog_pid_size(pid_t pid);

#endif
