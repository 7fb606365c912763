/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of the whole machine: which there are, and which come and go.
 * The kernel's process events tell at once where they are allowed (root, or
 * kernels that give them to everybody, and not in a container); else, and now
 * and then in any case, /proc is listed.
 */
#ifndef HOG_TARGET_NEWBORN_H
#define HOG_TARGET_NEWBORN_H

#include <stdbool.h>
#include <stddef.h>

#include "target/launch.h"

struct hog_births;
struct hog_err;
struct hog_newborn;

int hog_newborn_new(struct hog_newborn **ret, struct hog_err *err);
void hog_newborn_free(struct hog_newborn *nb);
/* "connector" or "scan": the way in force. */
const char *hog_newborn_way(const struct hog_newborn *nb);
/* As hog_offspring_fd. */
int hog_newborn_fd(const struct hog_newborn *nb);
/* As hog_offspring_poll.  Those that were there before are told first, with the
 * first call, as forked by nobody (parent 0).  EXEC is told by events only. */
int hog_newborn_poll(struct hog_newborn *nb, struct hog_birth *ret, int max);

/* The kernel's process events.  Private to target/. */
struct hog_connector;

/* 0, or -errno: not here. */
int hog_connector_new(struct hog_connector **ret);
void hog_connector_free(struct hog_connector *con);
int hog_connector_fd(const struct hog_connector *con);
/* Appends what is new.  false: some was lost. */
bool hog_connector_look(struct hog_connector *con, struct hog_births *births);
/* One message as it came, for the tests.  false: it is none of interest. */
bool hog_connector_parse(const unsigned char *bytes, size_t len,
			 struct hog_birth *ret);

#endif
