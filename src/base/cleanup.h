/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope guards: a local marked with one of these is released when its scope is
 * left, on every path.  hog_move() hands a guarded value over to a new owner.
 */
#ifndef HOG_BASE_CLEANUP_H
#define HOG_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void hog_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void hog_cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void hog_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_free_ __attribute__((cleanup(hog_cleanup_free)))
#define _cleanup_close_ __attribute__((cleanup(hog_cleanup_close)))
#define _cleanup_fclose_ __attribute__((cleanup(hog_cleanup_fclose)))

/* The pointer's value; the guarded variable is NULL from here on. */
#define hog_move(p)                                                            \
	__extension__({                                                        \
		__typeof__(p) moved_ = (p);                                    \
		(p) = NULL;                                                    \
		moved_;                                                        \
	})

/* The same for a file descriptor, which is -1 from here on. */
static inline int hog_move_fd(int *fd)
{
	int moved = *fd;

	*fd = -1;
	return moved;
}

#endif
