/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program under a seccomp filter needs its tracer to the end: its calls fail
 * without one.  So hognose is two processes while it launches such a program.
 * The front is the one that the user sees: it passes signals on to the worker
 * and gives back the program's status.  The worker does all the work, and when
 * the front is killed it goes on, to let every call go its way.
 */
#ifndef HOG_CLI_FRONT_H
#define HOG_CLI_FRONT_H

struct hog_err;

struct hog_front {
	int fd; /* the worker's: to tell the front; -1: there is none */
};

enum hog_front_word {
	HOG_FRONT_WRITING = 'w', /* the result is being written */
	HOG_FRONT_WAITING = 'p', /* it is, the program runs on */
	HOG_FRONT_STATUS = 's',  /* the front may go, with this status */
};

/* Before any thread is made.  0: this is the worker, and *ret is set; 1: this
 * is the front, all is over and *ret_status is its exit status. */
int hog_front_split(const char *command, struct hog_front *ret, int *ret_status,
		    struct hog_err *err);
/* In the worker, when the program has been launched: what the terminal sends
 * is for the front and the program. */
void hog_front_leave_terminal(const struct hog_front *front);
void hog_front_tell(const struct hog_front *front, enum hog_front_word word,
		    int status);
/* The front may end and nobody shall wait for us: lets go of the terminal and
 * of standard streams. */
void hog_front_release(struct hog_front *front, int status);

#endif
