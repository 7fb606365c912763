/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signal means while record or syscalls is at work.  A handler cannot get an
 * argument, so this is the one place with state of its own.
 *
 *   recording  INT, TERM, HUP end the recording, or the waiting for what is
 *              to be recorded; the third of them gives up
 *   writing    the result is being written: a further one gives up at once
 *   waiting    for a launched program: TERM, HUP go to it once, a second one
 *              ends hognose; INT is the program's own affair (the terminal
 *              has sent it to both)
 *
 * Giving up leaves no half-written file: a format that is whole at each moment
 * (the recording) stays, any other file is removed or emptied.
 */
#ifndef HOG_CLI_SIGNALS_H
#define HOG_CLI_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

struct hog_output;

enum hog_phase {
	HOG_PHASE_RECORDING,
	HOG_PHASE_WRITING,
	HOG_PHASE_WAITING,
};

/* In a process that works for another one (cli/front.h), which passes signals on
 * and decides when to give up: nothing here ends us then.  When that one is
 * gone, however it ended, what was to be kept clean is wiped, output leads
 * nowhere, and hog_signals_asked says so. */
void hog_signals_serve(pid_t front);
bool hog_signals_alone(void); /* it is gone */
/* INT, TERM and HUP to this handler; HUP not where nohup has it ignored. */
void hog_signals_on_ends(void (*handler)(int sig));
/* Takes the signals over. */
void hog_signals_catch(void);
/* What giving up must leave clean; borrowed, until forgotten. */
void hog_signals_guard_output(const struct hog_output *out);
void hog_signals_forget_output(void);
void hog_signals_phase(enum hog_phase phase);
/* Some signal asked to end the recording. */
bool hog_signals_asked(void);
/* --fds=signal: SIGUSR2 asks for a look from now on. */
void hog_signals_catch_look(void);
/* Has it since the last time? */
bool hog_signals_look(void);
/* A descriptor that must lead nowhere when the one we serve is gone: a write to
 * it may wait for somebody for ever.  -1: none. */
void hog_signals_guard_stream(int fd);
/* Enters the phase of waiting for pid, and sends it a TERM or HUP that came
 * before. */
void hog_signals_wait_for(pid_t pid);
/* The program has ended: its pid may soon be another's. */
void hog_signals_no_child(void);

#endif
