/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind greenlets.h share. */
#ifndef HOG_PYTHON_GREENLETS_PRIV_H
#define HOG_PYTHON_GREENLETS_PRIV_H

#include "python/greenlets.h"
#include "python/python.h"

/* A greenlet object: head, weak references, dict, C++ object. */
static inline uint64_t hog_greenlet_dict_at(const struct hog_python *py)
{
	return (uint64_t)py->lay.object_type + 16;
}

static inline uint64_t hog_greenlet_impl_at(const struct hog_python *py)
{
	return (uint64_t)py->lay.object_type + 24;
}

/* Is there a layout for this Python? */
bool hog_greenlets_served(const struct hog_python *py);
void hog_greenlets_look_free(struct hog_greenlets_look *look);

#endif
